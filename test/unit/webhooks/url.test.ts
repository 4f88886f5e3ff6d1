import { describe, expect, test } from '@jest/globals';
import { webhookUrlProblem } from '../../../src/webhooks/url.ts';

describe('an address for webhooks', () => {
  test.each([
    'https://example.com/hooks',
    'https://example.com:8443/hooks?source=reelgraph',
    'https://93.184.216.34/hooks',
    'https://[2606:4700::1111]/hooks',
  ])('may be %s', (url) => {
    expect(webhookUrlProblem(url, false)).toBeNull();
  });

  test.each([
    ['http://example.com/hooks', 'WEBHOOK_URL_INVALID'],
    ['ftp://example.com/hooks', 'WEBHOOK_URL_INVALID'],
    ['example.com/hooks', 'WEBHOOK_URL_INVALID'],
    ['', 'WEBHOOK_URL_INVALID'],
    ['https://', 'WEBHOOK_URL_INVALID'],
    ['https://exa mple.com', 'WEBHOOK_URL_INVALID'],
    ['https://user:secret@example.com/hooks', 'WEBHOOK_URL_INVALID'],
    ['https://example.com/hooks#there', 'WEBHOOK_URL_INVALID'],
    ['https://example.com:22/hooks', 'WEBHOOK_URL_INVALID'],
    [`https://example.com/${'a'.repeat(2_000)}`, 'WEBHOOK_URL_INVALID'],
    ['https://localhost/hooks', 'WEBHOOK_URL_NOT_PUBLIC'],
    ['https://printer/hooks', 'WEBHOOK_URL_NOT_PUBLIC'],
    ['https://db.internal/hooks', 'WEBHOOK_URL_NOT_PUBLIC'],
    ['https://127.0.0.1/hooks', 'WEBHOOK_URL_NOT_PUBLIC'],
    ['https://2130706433/hooks', 'WEBHOOK_URL_NOT_PUBLIC'],
    ['https://0x7f.1/hooks', 'WEBHOOK_URL_NOT_PUBLIC'],
    ['https://0/hooks', 'WEBHOOK_URL_NOT_PUBLIC'],
    ['https://169.254.169.254/latest/meta-data', 'WEBHOOK_URL_NOT_PUBLIC'],
    ['https://100.64.0.1/hooks', 'WEBHOOK_URL_NOT_PUBLIC'],
    ['https://[::1]/hooks', 'WEBHOOK_URL_NOT_PUBLIC'],
    ['https://[::ffff:127.0.0.1]/hooks', 'WEBHOOK_URL_NOT_PUBLIC'],
    ['https://[64:ff9b::a00:1]/hooks', 'WEBHOOK_URL_NOT_PUBLIC'],
  ])('may not be %s', (url, code) => {
    expect(webhookUrlProblem(url, false)?.code).toBe(code);
  });

  test('may be anywhere in development, but still without credentials', () => {
    expect(webhookUrlProblem('http://localhost:80/hooks', true)).toBeNull();
    expect(webhookUrlProblem('http://user@localhost/hooks', true)?.code).toBe(
      'WEBHOOK_URL_INVALID',
    );
    expect(webhookUrlProblem('file:///etc/passwd', true)?.code).toBe('WEBHOOK_URL_INVALID');
  });
});

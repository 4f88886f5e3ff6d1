import { describe, expect, test } from '@jest/globals';
import { isProxyUrl, proxyFor } from '../../../src/network/proxies.ts';

const http = 'http://plain.proxy:3128';
const https = 'http://secure.proxy:3128';

describe('the proxy for an origin', () => {
  test('is that of its scheme', () => {
    expect(proxyFor('https://api.minimax.io', { http, https, never: [] })?.host).toBe(
      'secure.proxy:3128',
    );
    expect(proxyFor('http://gateway.lan', { http, https, never: [] })?.host).toBe(
      'plain.proxy:3128',
    );
    expect(proxyFor('https://api.minimax.io', { http, never: [] })).toBeNull();
    expect(proxyFor('http://gateway.lan', { https, never: [] })).toBeNull();
  });

  test.each([
    'http://localhost:4000',
    'http://localhost.',
    'http://a.localhost',
    'http://127.0.0.1:1',
    'http://127.1.2.3',
    'https://[::1]:4000',
    'https://[::ffff:127.0.0.1]',
  ])('is none for this machine: %s', (origin) => {
    expect(proxyFor(origin, { http, https, never: [] })).toBeNull();
  });

  test.each<[string, string, boolean]>([
    ['*', 'https://api.minimax.io', true],
    ['*:443', 'https://api.minimax.io', true],
    ['*:443', 'http://api.minimax.io', false],
    ['https://api.minimax.io', 'https://api.minimax.io', true],
    ['http://10.1.2.3:8080/', 'http://10.1.2.3:8080', true],
    ['minimax.io', 'https://minimax.io', true],
    ['minimax.io', 'https://api.minimax.io', true],
    ['.minimax.io', 'https://api.minimax.io', true],
    ['*.minimax.io', 'https://api.minimax.io', true],
    ['API.MiniMax.IO', 'https://api.minimax.io', true],
    ['api.minimax.io.', 'https://api.minimax.io', true],
    ['inimax.io', 'https://api.minimax.io', false],
    ['api.minimax.io.evil.com', 'https://api.minimax.io', false],
    ['api.minimax.io:443', 'https://api.minimax.io', true],
    ['api.minimax.io:8443', 'https://api.minimax.io', false],
    ['api.minimax.io:8443', 'https://api.minimax.io:8443', true],
    ['minimax.io:80', 'http://api.minimax.io', true],
    ['10.0.0.0/8', 'http://10.1.2.3', true],
    ['10.0.0.0/8', 'http://11.1.2.3', false],
    ['10.0.0.0/8', 'http://[2001:db8::1]', false],
    ['10.0.0.0/99', 'http://10.1.2.3', false],
    ['10.1.2.3', 'http://10.1.2.3:8080', true],
    ['10.1.2.3:80', 'http://10.1.2.3:8080', false],
    ['2001:db8::1', 'http://[2001:db8::1]', true],
    ['[2001:db8::1]:8443', 'https://[2001:DB8:0::1]:8443', true],
    ['[2001:db8::1]:8443', 'https://[2001:db8::1]', false],
    ['2001:db8::/32', 'http://[2001:db8:1::5]', true],
    ['.', 'https://api.minimax.io', false],
    [':', 'https://api.minimax.io', false],
    ['127.0.0.1', 'https://api.minimax.io', false],
  ])('with NO_PROXY=%s for %s: excepted %s', (entry, origin, isExcepted) => {
    const proxy = proxyFor(origin, { http, https, never: ['other.example', entry] });
    expect(proxy === null).toBe(isExcepted);
  });
});

test.each<[string, boolean]>([
  ['http://proxy.example.com:3128', true],
  ['http://proxy.example.com:3128/', true],
  ['https://user:p%40ss@proxy.example.com', true],
  ['http://[2001:db8::1]:3128', true],
  ['proxy.example.com:3128', false],
  ['proxy', false],
  ['socks5://proxy.example.com', false],
  ['http://proxy.example.com/path', false],
  ['http://proxy.example.com?x=1', false],
  ['http://user:%zz@proxy.example.com', false],
  ['http://', false],
])('%s can be the address of a proxy: %s', (text, can) => {
  expect(isProxyUrl(text)).toBe(can);
});

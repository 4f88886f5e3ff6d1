import { describe, expect, test } from '@jest/globals';
import { linkExpiry } from '../../../../src/minimax/link-expiry.ts';
import { redactor } from '../../../../src/minimax/redact.ts';
import { randomFrom } from '../../../support/random-operations.ts';
import { parseAnswer } from '../../../../src/minimax/answer-body.ts';
import { quoteLongIntegers } from '../../../../src/minimax/values.ts';

describe('long integers', () => {
  test.each([
    ['{"a":1234567890123456}', '{"a":"1234567890123456"}'],
    ['[1234567890123456,-1234567890123456]', '["1234567890123456","-1234567890123456"]'],
    ['{"a": 123456789012345 }', '{"a": 123456789012345 }'],
    ['{"a":1234567890123456.5}', '{"a":1234567890123456.5}'],
    ['{"a":1.2345678901234567e3}', '{"a":1.2345678901234567e3}'],
    ['{"a":"x: 1234567890123456"}', '{"a":"x: 1234567890123456"}'],
    [
      '{"a":"\\"task_id\\": 1234567890123456, \\\\"}',
      '{"a":"\\"task_id\\": 1234567890123456, \\\\"}',
    ],
    ['{"a":"unterminated 1234567890123456', '{"a":"unterminated 1234567890123456'],
  ])('of %s become text', (json, expected) => {
    expect(quoteLongIntegers(json)).toBe(expected);
  });

  test('of a megabyte are found in linear time', () => {
    const json = `[${'1234567890123456,'.repeat(60_000)}0]`;
    expect(JSON.parse(quoteLongIntegers(json))).toHaveLength(60_001);
  });
});

test('an answer without base_resp has no status code, which is not 0', () => {
  expect(parseAnswer('{"task_id":"1"}')).toMatchObject({ statusCode: null });
  expect(parseAnswer('{"base_resp":null}')).toMatchObject({ statusCode: null });
  expect(parseAnswer('{"base_resp":{"status_code":"x","status_msg":"m"}}')).toMatchObject({
    statusCode: null,
    statusMessage: 'm',
  });
});

test('an OpenAI-style error gives its message', () => {
  const json = '{"error":{"message":"m","type":"t","code":12},"request_id":"r"}';
  expect(parseAnswer(json)).toMatchObject({
    statusMessage: 'm',
    error: { message: 'm', type: 't', code: '12' },
    requestId: 'r',
  });
  expect(parseAnswer('{"error":"plain"}')).toMatchObject({ statusMessage: 'plain' });
});

describe('a signed link', () => {
  const now = new Date('2026-11-18T09:00:00Z');
  const hours = (count: number) => new Date(now.getTime() + count * 3_600_000).toISOString();
  const seconds = now.getTime() / 1000;
  test.each([
    ['Expires in seconds', `?Expires=${seconds + 6 * 3600}&Signature=x`, hours(6)],
    ['Expires in milliseconds', `?expires=${(seconds + 3600) * 1000}`, hours(1)],
    ['X-Oss-Date and X-Oss-Expires', '?x-oss-date=20261118T080000Z&x-oss-expires=10800', hours(2)],
    ['X-Oss-Expires alone', '?X-Oss-Expires=7200', hours(2)],
    ['X-Amz-Date and X-Amz-Expires', '?X-Amz-Date=20261118T090000Z&X-Amz-Expires=1800', hours(0.5)],
    ['X-Tos-Date and X-Tos-Expires', '?X-Tos-Date=20261118T090000Z&X-Tos-Expires=900', hours(0.25)],
    ['X-Goog-Expires', '?X-Goog-Date=20261118T090000Z&X-Goog-Expires=3600', hours(1)],
    ['se', '?sv=2024&se=2026-11-18T12%3A00%3A00Z&sig=x', hours(3)],
    ['se with an offset', '?se=2026-11-18T12%3A00%3A00%2B00%3A00&sig=x', hours(3)],
    ['se whose + is not encoded', '?se=2026-11-18T12:00:00+01:00&sig=x', hours(2)],
    ['q-sign-time', `?q-sign-time=${seconds}%3B${seconds + 1800}`, hours(0.5)],
    ['nothing', '', null],
    ['nonsense', '?Expires=tomorrow&se=soon&q-sign-time=now', null],
    ['a time that has passed', `?Expires=${seconds - 7200}`, hours(-2)],
    ['a time far away', '?Expires=99999999999', hours(7 * 24)],
    ['an unreadable date', '?X-Amz-Date=20269999T000000Z&X-Amz-Expires=7200', null],
    ['another unreadable date', '?X-Goog-Date=today&X-Goog-Expires=7200', null],
  ])('with %s ends when it says', (_name, query, expected) => {
    const end = linkExpiry(`https://cdn.example/v.mp4${query}`, now);
    expect(end?.toISOString() ?? null).toBe(expected);
  });
});

describe('a text of MiniMax', () => {
  const redact = redactor(['secret-key-1'], 'proxy.example.com');
  test.each([
    ['key secret-key-1!', 'key [redacted]!'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [redacted]'],
    ['sk-api-1234567890', '[redacted]'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', '[redacted]'],
    ['see https://h.io/p.mp4?Signature=s&b=1 now', 'see https://h.io/p.mp4?[redacted] now'],
    ['data:image/png;base64,AAAA==', '[image]'],
    ['data:image\\/png;base64,\\/9j\\/4AAQ', '[image]'],
    [
      String.raw`{"u":"https:\/\/h.io\/p.mp4?Signature=s"}`,
      String.raw`{"u":"https:\/\/h.io\/p.mp4?[redacted]"}`,
    ],
    ['https%3A%2F%2Fh.io%2Fp.mp4%3FSignature%3Ds', 'https%3A%2F%2Fh.io%2Fp.mp4?[redacted]'],
    ['https%3a%2f%2fh.io%2fp.mp4%3fSignature%3ds', 'https%3a%2f%2fh.io%2fp.mp4?[redacted]'],
    ['https://h.io/p.mp4\\u003fSignature=s', 'https://h.io/p.mp4?[redacted]'],
    ['https://me:pass@h.io/p.mp4', 'https://h.io/p.mp4'],
    ['h.io/p.mp4?Expires=1&Signature=s', 'h.io/p.mp4?[redacted]'],
    ['Expires=1&X-Amz-Signature=s&a=1', 'Expires=1&X-Amz-Signature=[redacted]&a=1'],
    ['really? yes', 'really? yes'],
    ['daily quota exhausted', 'daily quota exhausted'],
    ['proxy.example.com:8443 is busy', '[address] is busy'],
    ['no answer from Proxy.example.com.', 'no answer from [address].'],
    ['my-proxy.example.com.au', 'my-proxy.example.com.au'],
    ['dial tcp 10.1.2.3:443: i/o timeout', 'dial tcp [address]: i/o timeout'],
  ])('%s is kept as %s', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  test.each([
    ['https://video.example.com/callbacks/minimax/TOKEN'],
    [String.raw`https:\/\/video.example.com\/callbacks\/minimax\/TOKEN`],
    [String.raw`https:\\\/\\\/video.example.com\\\/callbacks\\\/minimax\\\/TOKEN`],
    ['https%3A%2F%2Fvideo.example.com%2Fcallbacks%2Fminimax%2FTOKEN'],
    ['https%253a%252f%252fvideo.example.com%252fcallbacks%252fminimax%252fTOKEN'],
    [String.raw`"\u002fcallbacks\u002fminimax\u002fTOKEN"`],
    ['/callbacks&#x2F;minimax&#47;TOKEN'.replace('/', '&#x2F;')],
  ])('tells no token of a callback, as in %s', (form) => {
    const token = 'c8LytTdj_W0-a5o1v2k3m4n5p6q7r8s9';
    const shown = redact(`fail to check ${form.replace('TOKEN', token)}, at once`);
    expect(shown).not.toContain(token.slice(0, 4));
    expect(shown).toMatch(/callbacks.*minimax.*\[redacted\].*at once$/);
  });

  test('tells no secret, however it is written', () => {
    const secret = 'ab+c/D-e_f=g/h.12345/678+9';
    const hide = redactor([secret, 'c8LytTdj_W0-a5o1v2k3m4n5p6q7r8s9']);
    const slashes = secret.replaceAll('/', '\\/');
    const forms = [
      ...[secret, encodeURIComponent(secret), encodeURIComponent(encodeURIComponent(secret))],
      ...[slashes, JSON.stringify(slashes).slice(1, -1), secret.replaceAll('/', '\\u002f')],
      encodeURIComponent(secret).toLowerCase().replace('d-e', 'D-e'),
      'c8LytTdj_W0-a5o1v2k3m4n5p6q7r8s9',
    ];
    for (const form of forms) expect(hide(`<${form}>`)).toBe('<[redacted]>');
    for (const before of ['', 'a', 'ab', 'Bearer ']) {
      const bytes = Buffer.from(`${before}${secret}`);
      for (const form of [bytes.toString('base64'), bytes.toString('base64url')]) {
        const shown = hide(`"${form}"`);
        expect(shown).toMatch(/^"\w{0,12}\[redacted\]\w{0,2}={0,2}"$/);
      }
      expect(hide(encodeURIComponent(bytes.toString('base64')))).toContain('[redacted]');
    }
  });

  test('of a megabyte takes no time', () => {
    const startedAt = performance.now();
    const hide = redactor(['/secret/key+1', 'c8LytTdj_W0-a5o1v2k3m4n5p6q7r8s9']);
    for (const part of ['\\', '/', '/secret', '%25', 'https://', 'callbacks/', 'signature', '?a'])
      hide(part.repeat(1_000_000 / part.length));
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  test('keeps words that are also the name of a host, and the host of MiniMax', () => {
    const ofService = redactor(['key-1'], 'minimax');
    expect(ofService('minimax says: minimax:8080 is busy')).toBe('minimax says: [address] is busy');
    expect(redactor(['key-1'], 'api.minimax.io')('ask api.minimax.io')).toBe('ask api.minimax.io');
    expect(redactor([''], '')('as it is')).toBe('as it is');
  });

  test('tells nothing of what is to be hidden by a single word either', () => {
    expect(redactor(['secret'])('success')).toBe('success');
    expect(redactor(['secret'])('secret')).toBe('[redacted]');
    const inBase64 = Buffer.from('a secretly').toString('base64url');
    expect(redactor(['secretly'])(inBase64)).toContain('[redacted]');
    const words = [
      'eyJabcdefghijkl',
      'EYJabcdefghijkl',
      'skapi',
      'Bearer',
      'localhost',
      'a'.repeat(80),
    ];
    // With a sign before it each is looked through as any text is.
    for (const word of words) expect(`! ${redact(word)}`).toBe(redact(`! ${word}`));
    const random = randomFrom(Date.now());
    const pieces = ['eyJ', 'EYJ', 'sk', 'secretly', 'localhost', 'Bearer', 'signature', inBase64];
    const piece = () => (random() < 0.5 ? 'aQz' : pieces[Math.floor(random() * pieces.length)]!);
    const hide = redactor(['secretly'], 'localhost');
    for (let round = 0; round < 2_000; round++) {
      const word = Array.from({ length: 1 + Math.floor(random() * 12) }, piece).join('');
      expect([word, `! ${hide(word)}`]).toEqual([word, hide(`! ${word}`)]);
    }
  });

  test('is cut to 500 characters', () => {
    expect(redact('x '.repeat(400))).toBe(`${'x '.repeat(249)}x…`);
  });
});

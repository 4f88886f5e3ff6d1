import { expect, test } from '@jest/globals';
import { parseUrl } from '../../../src/network/parse-url.ts';

test('letters beyond ASCII are no reason to refuse a URL, however often it is asked', () => {
  // `URL.canParse` of Node 20 refuses this one after some thousand calls.
  const hosts = new Set<string | undefined>();
  for (let calls = 0; calls < 100_000; calls++) {
    hosts.add(parseUrl('https://münchen.example.com/ä.png')?.hostname);
  }
  expect([...hosts]).toEqual(['xn--mnchen-3ya.example.com']);
});

test.each(['', 'x', '/a', 'http://', 'https://a b.example.com'])('"%s" is none', (text) => {
  expect(parseUrl(text)).toBeNull();
});

import { expect, test } from '@jest/globals';
import { withoutAddresses } from '../../../src/network/without-addresses.ts';

test.each([
  ['dial tcp 10.1.2.3:443: i/o timeout', 'dial tcp [address]: i/o timeout'],
  ['read tcp 10.0.0.5:51234->203.0.113.7:443: reset', 'read tcp [address]->[address]: reset'],
  ['from 192.168.1.1.', 'from [address].'],
  ['connect ECONNREFUSED ::1:8080', 'connect ECONNREFUSED [address]'],
  ['dial tcp [fd00::1]:443: refused', 'dial tcp [address]: refused'],
  ['at fe80::1%eth0 now', 'at [address]%eth0 now'],
  ['::ffff:10.0.0.1 said no', '[address] said no'],
  [
    'Post "http://internal-proxy:8080/v1/video_generation": EOF',
    'Post "http://[address]/v1/video_generation": EOF',
  ],
  ['http://user:word@gateway.internal/x', 'http://[address]/x'],
  ['see https://platform.minimax.io/docs', 'see https://platform.minimax.io/docs'],
  ['https://127.0.0.1/x', 'https://[address]/x'],
  ['getaddrinfo ENOTFOUND internal-proxy', 'getaddrinfo ENOTFOUND [address]'],
  [
    'lookup internal-proxy on 10.0.0.2:53: no such host',
    'lookup [address] on [address]: no such host',
  ],
  [
    'Connection refused|remote address:10.1.2.3:8443',
    'Connection refused|remote address:[address]',
  ],
  ['UNKNOWN: ipv4:10.1.2.3:443: Failed', 'UNKNOWN: ipv4:[address]: Failed'],
  ['remote address:fd00::1.', 'remote address:[address].'],
  ['node-10.0.0.5_8080 is away', 'node-[address] is away'],
  ['STD::10.0.0.5', 'STD::[address]'],
  ['connect 127.1:4399', 'connect [address]'],
  ['redis://cache.internal:6379/0', 'redis://[address]/0'],
  ['grpc://minimax-egress:50051', 'grpc://[address]'],
  ['//egress.corp.lan:80/x', '//[address]/x'],
  ['"https:\\/\\/egress:80\\/x"', '"https:\\/\\/[address]\\/x"'],
  ['by egress.corp.local:3128', 'by [address]'],
  ['ip-10-0-0-5.ec2.internal', '[address]'],
  ['Via: 1.1 squid01.corp.example.lan', 'Via: 1.1 [address]'],
  ['to egress-proxy:3128 and squid01:3128', 'to [address] and [address]'],
  ['ENOTFOUND egress.internal egress.internal:443', 'ENOTFOUND [address]'],
  ['lookup egress.svc.cluster.local', 'lookup [address]'],
])('%s is shown as %s', (text, shown) => {
  expect(withoutAddresses(text)).toBe(shown);
});

test.each([
  'invalid params, duration: 7 is not one of 6, 10',
  'at 12:30:45 or 2026-11-23T12:00:00.000Z',
  'version 1.2.3 of 4.5',
  'a ratio of 16:9:1',
  'trace 0123456789abcdef',
  'std::string is a word',
  'insufficient balance (1008)',
  'lookup failed',
  'error code:1008, retry in 12:30',
  'half // of it',
  'well-formed: yes',
])('%s is shown as it is', (text) => {
  expect(withoutAddresses(text)).toBe(text);
});

test('a long text takes no time', () => {
  for (const part of [
    '1.',
    '10.0.0.',
    ':',
    'a:',
    '[',
    'http://',
    '::ffff:',
    'a-',
    'a.',
    'http://a:!:!',
    '//',
    '1:',
  ])
    withoutAddresses(part.repeat(4_000));
  // As long as a prompt may be.
  const startedAt = performance.now();
  for (const part of ['.', 'a', '_']) withoutAddresses(part.repeat(40_000));
  expect(performance.now() - startedAt).toBeLessThan(500);
});

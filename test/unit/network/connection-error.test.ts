import { expect, test } from '@jest/globals';
import { describeConnectionError } from '../../../src/network/connection-error.ts';

const coded = (code: string) =>
  Object.assign(new Error(`connect ${code} 10.1.2.3:443 internal-proxy`), { code });

test.each([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset'],
  ['EPIPE', 'connection reset'],
  ['UND_ERR_SOCKET', 'the other side closed the connection'],
  ['ENOTFOUND', 'the host name was not found'],
  ['EAI_AGAIN', 'the host name could not be looked up'],
  ['ESERVFAIL', 'the host name could not be looked up'],
  ['ETIMEDOUT', 'timed out'],
  ['UND_ERR_CONNECT_TIMEOUT', 'timed out'],
  ['EHOSTUNREACH', 'there is no way to the host'],
  ['EMFILE', 'no more connections can be opened here'],
  ['CERT_HAS_EXPIRED', 'the TLS certificate has expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'the TLS certificate is for another host'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'the TLS certificate is not trusted'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'the TLS certificate is not trusted'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS failed'],
  ['HPE_INVALID_CONSTANT', 'the answer is no HTTP'],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'the answer broke off'],
  ['HPE_INVALID_EOF_STATE', 'the answer broke off'],
  ['EWHATEVER', 'the connection failed'],
  ['toString', 'the connection failed'],
])('%s is told as: %s', (code, words) => {
  expect(describeConnectionError(coded(code))).toBe(words);
  expect(describeConnectionError(new AggregateError([coded(code)], 'all of them'))).toBe(words);
  expect(describeConnectionError(new Error('outer', { cause: coded(code) }))).toBe(words);
});

test.each([[undefined], [null], ['10.1.2.3'], [{ code: 5 }], [new Error('at 10.1.2.3:443')]])(
  'what has no code is told without a word of it: %s',
  (error) => {
    expect(describeConnectionError(error)).toBe('the connection failed');
  },
);

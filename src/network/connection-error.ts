/** By code, or by the beginning of one that ends in `*`. */
const reasons: readonly (readonly [reason: string, ...codes: string[]])[] = [
  ['connection refused', 'ECONNREFUSED'],
  ['connection reset', 'ECONNRESET', 'ECONNABORTED', 'EPIPE'],
  ['the other side closed the connection', 'UND_ERR_SOCKET'],
  ['the host name was not found', 'ENOTFOUND', 'ENODATA', 'EAI_NONAME', 'EAI_NODATA'],
  ['the host name could not be looked up', 'EAI_*', 'ESERVFAIL', 'EREFUSED', 'ETIMEOUT'],
  ['there is no connection to the proxy', 'PROXY_UNREACHABLE'],
  ['the proxy refused to connect', 'PROXY_REFUSED'],
  ['the proxy asks for other credentials', 'PROXY_UNAUTHORIZED'],
  ['timed out', 'ETIMEDOUT', 'UND_ERR_*_TIMEOUT'],
  ['there is no way to the host', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
  ['no more connections can be opened here', 'EMFILE', 'ENFILE', 'ENOBUFS', 'EADDRNOTAVAIL'],
  ['the TLS certificate has expired', 'CERT_HAS_EXPIRED'],
  ['the TLS certificate is for another host', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [
    'the TLS certificate is not trusted',
    'CERT_*',
    'DEPTH_ZERO_*',
    'SELF_SIGNED_*',
    'UNABLE_TO_*',
    'INVALID_CA',
  ],
  ['TLS failed', 'EPROTO', 'ERR_SSL_*', 'ERR_TLS_*'],
  ['the answer broke off', 'HPE_INVALID_EOF_STATE', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'],
  ['the answer is no HTTP', 'HPE_*', 'UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_*_MISMATCH'],
];

const patterns = reasons.flatMap(([reason, ...codes]) =>
  codes.map((code) => ({ reason, pattern: new RegExp(`^${code.replace('*', '.*')}$`) })),
);

/**
 * Why there was no connection, or no whole answer, in words that name no address: the messages of
 * Node and of undici name hosts, ports and names of this network, and callers read this.
 *
 * They are for the log; whoever calls this has `error` written there.
 */
export function describeConnectionError(error: unknown): string {
  const code = codeOf(error);
  return patterns.find(({ pattern }) => pattern.test(code))?.reason ?? 'the connection failed';
}

/** The innermost one: Node gathers the errors of several addresses, and some errors are wrapped. */
function codeOf(error: unknown): string {
  const { errors, cause } = (error ?? {}) as Record<string, unknown>;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  return codeIn(first) ?? codeIn(error) ?? codeIn(cause) ?? '';
}

function codeIn(error: unknown): string | undefined {
  const { code, name } = (error ?? {}) as Record<string, unknown>;
  // undici's own; its code may be missing.
  if (name === 'HTTPParserError') return 'HPE_';
  return typeof code === 'string' ? code : undefined;
}

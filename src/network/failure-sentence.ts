/** What callers may know of a failed connection, by the error's code: messages name hosts and ports. */
const sentences: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ECONNABORTED: 'connection aborted',
  EPIPE: 'connection closed',
  UND_ERR_SOCKET: 'connection closed',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name not found',
  EHOSTUNREACH: 'not reachable',
  ENETUNREACH: 'not reachable',
  ETIMEDOUT: 'timed out',
  UND_ERR_CONNECT_TIMEOUT: 'timed out',
};

/** Why a connection failed, in words that hold no address; the error itself is for the log. */
export function failureSentence(error: unknown): string {
  const code = codeOf(error);
  if (code === null) return 'connection failed';
  if (/CERT|TLS|SSL/.test(code)) return `no trusted connection (${code})`;
  return sentences[code] ?? `connection failed (${code})`;
}

/** The innermost code: undici wraps some errors, and Node gathers those of several addresses. */
function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null;
  const { code, errors, cause } = error as Record<string, unknown>;
  const inner = Array.isArray(errors) ? codeOf(errors[0]) : codeOf(cause);
  if (inner !== null) return inner;
  return typeof code === 'string' && /^[A-Z][A-Z\d_]*$/.test(code) ? code : null;
}

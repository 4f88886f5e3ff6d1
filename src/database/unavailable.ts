/** Prisma's: not reachable, timed out, closed, no free connection, no transaction begun or ended in time, given up for another one. */
const prismaCodes = new Set([
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
  'P2034',
  'P2037',
]);

/** The system's, of a socket. */
const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/**
 * PostgreSQL's: connection (08), out of connections, memory or disk (53), shut down or starting
 * (57P); given up since two waited for each other (40P01); read-only, as a server is that another one has taken over from; a transaction that took too
 * long to go on, a lock that was not to be had in time, a statement that took too long.
 */
const serverCodes = /^((08|53|57P)[\dA-Z]+|25006|25P03|40P01|55P03|57014)$/;

/** What `pg` and its pool throw without a code. */
const messages =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|Cannot use a pool after calling end)|is not currently accepting connections$/;

/**
 * Whether a query failed because the database does not answer now, so that the same one may succeed
 * in a moment. It may have been carried out all the same when the connection broke after it was sent.
 */
export function isUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, syscall, meta, message, cause: reason } = error as Failure;
  if (typeof code === 'string' && (prismaCodes.has(code) || socketCodes.has(code))) return true;
  if (typeof code === 'string' && serverCodes.test(code)) return true;
  // A server's socket file that is gone; other files are not the database's.
  if (code === 'ENOENT' && syscall === 'connect') return true;
  // A raw query's error is P2010, whatever was the matter.
  const cause = meta?.driverAdapterError?.cause;
  if (cause?.kind === 'DatabaseNotReachable' || cause?.kind === 'ConnectionClosed') return true;
  if (cause?.originalCode !== undefined && serverCodes.test(cause.originalCode)) return true;
  return messages.test(message ?? '') || isUnavailable(reason);
}

/** Whether PostgreSQL gave a statement up because it took too long: also in the midst of a regular expression. */
export function isTooSlow(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, meta, cause: reason } = error as Failure;
  const found = meta?.driverAdapterError?.cause?.originalCode ?? code;
  return found === '57014' || found === '2201B' || isTooSlow(reason);
}

/** Whether PostgreSQL could not compute what a statement asks of a row: the value has no such result, or is too large. */
export function isOfData(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { meta } = error as Failure;
  return /^(0A000|22|54|XX000)/.test(meta?.driverAdapterError?.cause?.originalCode ?? '');
}

interface Failure {
  code?: unknown;
  syscall?: string;
  message?: string;
  cause?: unknown;
  meta?: DriverMeta;
}

/** What Prisma's adapter adds to an error. */
interface DriverMeta {
  driverAdapterError?: { cause?: { kind?: string; originalCode?: string } };
}

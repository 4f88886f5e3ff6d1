import type { Socket } from 'node:net';

const headEnd = '\r\n\r\n';
const longestHeadBytes = 16 * 1024;

/**
 * Takes interim answers (RFC 9110, 15.2) out of what is read from a connection. Some gateways send a
 * `100 Continue` that nobody asked for, and undici hangs up on it, while a task may be made and paid.
 *
 * Gives a function that says that a further request goes out: the next bytes begin its answer.
 */
export function skipInterim(socket: Socket): () => void {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  let held: Buffer = Buffer.alloc(0);
  let hasBegun = false;
  socket.read = (size?: number): Buffer | null => {
    const chunk = read(size);
    if (hasBegun || chunk === null) return chunk;
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    while (held.length > 0 && isInterim(held)) {
      const end = held.indexOf(headEnd);
      if (end < 0 && held.length < longestHeadBytes) return null;
      if (end < 0) break;
      held = held.subarray(end + headEnd.length);
    }
    if (held.length === 0) return null;
    hasBegun = true;
    const begun = held;
    held = Buffer.alloc(0);
    return begun;
  };
  return () => (hasBegun = false);
}

/** The same of a connection over which one request goes after the other, each with one write. */
export function skipEachInterim(socket: Socket): void {
  const goesOut = skipInterim(socket);
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  socket.write = (...args: unknown[]): boolean => {
    goesOut();
    return write(...args);
  };
}

/** As far as it has come; 101 is none, for after it something other than HTTP is spoken. */
function isInterim(bytes: Buffer): boolean {
  const begun = bytes.toString('latin1', 0, 'HTTP/1.1 100'.length).replace('HTTP/1.0', 'HTTP/1.1');
  return 'HTTP/1.1 1'.startsWith(begun) || /^HTTP\/1\.1 1(?!01)/.test(begun);
}

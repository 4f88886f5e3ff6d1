import type { Socket } from 'node:net';

const status = 'HTTP/1.1 100';
const headEnd = '\r\n\r\n';
const longestHeadBytes = 16 * 1024;

/**
 * Takes `100 Continue` out of what is read from a connection, until its answer begins. Some gateways
 * send one that nobody asked for (RFC 9110, 15.2, has clients expect that), and undici hangs up on it,
 * while a task may be made and paid.
 */
export function skipContinue(socket: Socket): void {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  let held = Buffer.alloc(0);
  let hasBegun = false;
  socket.read = (size?: number): Buffer | null => {
    const chunk = read(size);
    if (hasBegun || chunk === null) return chunk;
    held = Buffer.concat([held, chunk]);
    while (held.length > 0 && isContinue(held)) {
      const end = held.indexOf(headEnd);
      if (end < 0 && held.length < longestHeadBytes) return null;
      if (end < 0) break;
      held = held.subarray(end + headEnd.length);
    }
    if (held.length === 0) return null;
    hasBegun = true;
    return held;
  };
}

/** As far as it has come. */
function isContinue(bytes: Buffer): boolean {
  const head = bytes.toString('latin1', 0, status.length);
  return status.startsWith(head.replace(/^HTTP\/1\.0/, 'HTTP/1.1'));
}

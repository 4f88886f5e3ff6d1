import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import proxyAddr from 'proxy-addr';
import type { Caller } from './caller.ts';
import type { Context } from './context.ts';

/** What a request tells of itself, before its caller is known. */
export type Sender = Pick<Context, 'requestId' | 'ip' | 'userAgent' | 'idempotencyKey' | 'onGone'>;

/** Who sent a request with this `Authorization` header; throws UNAUTHENTICATED when nobody may. */
export type Authenticate = (authorization: string | undefined, sender: Sender) => Promise<Caller>;

export type ReadSender = (request: IncomingMessage) => Sender;

const requestIdPattern = /^[\w.:-]{1,128}$/;

/**
 * Reads the sender of an HTTP request, or of the one that opened a WebSocket.
 *
 * `X-Forwarded-For` is believed as far as `trustedProxies` wrote it: each appends the address it
 * heard from. With 0, and where the entry is no address, it is who is connected to us.
 */
export function senderReader(trustedProxies: number): ReadSender {
  return (request) => {
    const { headers, socket } = request;
    const requestId = headers['x-request-id'];
    const idempotencyKey = headers['idempotency-key'];
    const isKnownId = typeof requestId === 'string' && requestIdPattern.test(requestId);
    const address = socket.remoteAddress
      ? proxyAddr(request, (_address, hop) => hop < trustedProxies)
      : '';
    return {
      requestId: isKnownId ? requestId : randomUUID(),
      idempotencyKey: typeof idempotencyKey === 'string' ? idempotencyKey : null,
      ip: isIP(address) ? address : (socket.remoteAddress ?? null),
      userAgent: headers['user-agent']?.slice(0, 256) ?? null,
      onGone(listener) {
        if (socket.destroyed) listener();
        socket.once('close', listener);
        return () => socket.off('close', listener);
      },
    };
  };
}

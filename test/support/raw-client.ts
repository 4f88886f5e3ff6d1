import { randomUUID } from 'node:crypto';
import { request } from 'undici';
import WebSocket from 'ws';
import { ApiKeys } from '../../src/access/api-keys.ts';
import type { TestApp } from './app.ts';

export interface Answer {
  id: string;
  codes: string[];
  text: string;
}

/** Ways to ask the app of a test file word for word, as no client would. */
export function rawClient(app: () => TestApp) {
  async function post(body: object, headers: Record<string, string> = {}) {
    const answer = await request(`${app().url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, codes: codesOf(text) };
  }

  /** A WebSocket that speaks graphql-ws word for word, to say what its client would not. */
  async function openSocket(
    params?: object,
    headers: Record<string, string> = {},
  ): Promise<WebSocket> {
    const url = `${app().url.replace('http', 'ws')}/graphql`;
    const socket = new WebSocket(url, 'graphql-transport-ws', { headers });
    const acknowledged = new Promise<void>((done) => {
      socket.once('message', () => done());
      socket.once('close', () => done());
    });
    await new Promise<void>((done) => socket.once('open', () => done()));
    socket.send(JSON.stringify({ type: 'connection_init', payload: params }));
    await acknowledged;
    return socket;
  }

  async function key(callerId: string, role: 'CLIENT' | 'ADMIN' = 'CLIENT'): Promise<string> {
    const { database, clock } = app();
    // Nothing is recorded, so that the audit log has only what a test does.
    const record = () => Promise.resolve();
    const keys = new ApiKeys({ prisma: database.prisma, now: clock.now, record });
    const named = { callerId, name: callerId, role, tenant: null, expiresAt: null };
    return (await keys.create(named, null)).secret;
  }

  return { post, openSocket, key };
}

export const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

export function codesOf(text: string): string[] {
  const { errors = [] } = JSON.parse(text) as { errors?: { extensions: { code: string } }[] };
  return errors.map(({ extensions }) => extensions.code);
}

/**
 * The first answer to an operation; a `payload` that is text is sent as it is. A subscription that
 * has nothing to tell for `quietMs` gives an empty one.
 */
export async function ask(
  socket: WebSocket,
  payload: object | string,
  quietMs?: number,
): Promise<Answer> {
  const id = randomUUID();
  return await new Promise((done, fail) => {
    if (socket.readyState !== WebSocket.OPEN) throw new Error('not open');
    const onClose = (code: number) => fail(new Error(`closed with ${code}`));
    socket.once('close', onClose);
    const quiet =
      quietMs === undefined
        ? undefined
        : setTimeout(() => {
            socket.off('message', hear).off('close', onClose);
            done({ id, text: '', codes: [] });
          }, quietMs);
    const hear = (data: Buffer) => {
      const message = JSON.parse(data.toString()) as {
        id: string;
        type: string;
        payload: { errors?: object[] } | object[];
      };
      if (message.id !== id) return;
      // It had nothing to tell: that of a final one that is known already.
      if (message.type === 'complete' && quietMs === undefined) return;
      socket.off('message', hear).off('close', onClose);
      clearTimeout(quiet);
      const text = JSON.stringify(
        Array.isArray(message.payload) ? { errors: message.payload } : (message.payload ?? {}),
      );
      done({ id, text, codes: codesOf(text) });
    };
    socket.on('message', hear);
    const json = typeof payload === 'string' ? payload : JSON.stringify(payload);
    socket.send(`{"id":"${id}","type":"subscribe","payload":${json}}`);
  });
}

export async function closeCodeOf(socket: WebSocket): Promise<number> {
  return (await closeOf(socket)).code;
}

export async function closeOf(socket: WebSocket): Promise<{ code: number; reason: string }> {
  return await new Promise((done) =>
    socket.once('close', (code, reason) => done({ code, reason: reason.toString() })),
  );
}

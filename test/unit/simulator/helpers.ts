import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSimulator } from '../../../src/simulator/simulator.ts';
import type { SimulatorOptions } from '../../../src/simulator/simulator.ts';

export const startOfTest = Date.UTC(2026, 10, 1, 12, 0, 0, 250);

/** An answer read as JSON; the assertions on it are its type. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Json = any;

/** What `call` gives `count` times in turn. */
export async function inTurn<T>(count: number, call: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  while (results.length < count) results.push(await call());
  return results;
}

const open: (() => Promise<void>)[] = [];

/** A server on a free port; `closeAll` ends it. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function closeAll(): Promise<void> {
  for (const close of open.splice(0)) await close();
}

/** A clock that only moves when told. */
export class Clock {
  ms = startOfTest;
  readonly now = () => this.ms;
}

export const aSubmit = (fields: Record<string, unknown> = {}) => ({
  model: 'MiniMax-Hailuo-2.3',
  prompt: 'A cat on a surfboard',
  ...fields,
});

/** A simulator that answers at once and whose tasks take 1000 ms of the clock, with the calls a client makes. */
export async function startSimulator(options: SimulatorOptions = {}) {
  const clock = new Clock();
  const url = await serve(
    createSimulator({ latencyMs: 0, renderMs: 1000, now: clock.now, ...options }),
  );
  const headers = { Authorization: 'Bearer any-key' };
  const get = (path: string, init: RequestInit = {}) =>
    fetch(`${url}${path}`, { headers, ...init });
  const post = (body: unknown, init: RequestInit = {}) =>
    fetch(`${url}/v1/video_generation`, {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...init,
    });
  const json = async (answer: Promise<Response>): Promise<Json> => (await answer).json();
  return {
    url,
    clock,
    get,
    post,
    submit: (fields?: Record<string, unknown>) => json(post(aSubmit(fields))),
    query: (taskId: string) => json(get(`/v1/query/video_generation?task_id=${taskId}`)),
    retrieve: (fileId: string) => json(get(`/v1/files/retrieve?file_id=${fileId}`)),
  };
}

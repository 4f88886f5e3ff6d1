import { expect } from '@jest/globals';
import { request } from 'undici';
import { openApiDocument } from '../../src/drop-in/openapi.ts';
import { keysOf, type TestApp } from './app.ts';
import { ajv } from './drop-in-client.ts';

export const createPath = '/v2/video_generation';
export const queryPath = '/v2/query/video_generation';

export const text = {
  model: 'MiniMax-H3',
  content: [{ type: 'text', text: 'A paper boat crosses a puddle' }],
  resolution: '768P',
  duration: 5,
  ratio: '16:9',
};
export const item = (role: string | null, url: string, type = 'image_url') => ({
  type,
  [type]: { url },
  ...(role !== null && { role }),
});
export const withFiles = (...files: object[]) => ({
  ...text,
  content: [...text.content, ...files],
});

const callers = {
  studio: ['CLIENT', 'acme'],
  colleague: ['CLIENT', 'acme'],
  stranger: ['CLIENT', null],
  audit: ['AUDITOR', null],
} as const;
export type CallerId = keyof typeof callers;

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

type Operations = Record<
  string,
  { responses: Record<string, { content: { 'application/json': { schema: object } } }> }
>;

/** Whether the OpenAPI document tells of such an answer of this operation. */
function expectTold(method: string, path: string, { status, body }: Answer): void {
  const route = path.split('?')[0]!.replace(/[^/]*-[^/]*$/, '{task_id}');
  const operations = (openApiDocument.paths as Record<string, Operations>)[route];
  const told = operations?.[method.toLowerCase()]?.responses[status];
  expect(told).toBeDefined();
  const schema = JSON.parse(
    JSON.stringify(told!.content['application/json'].schema).replaceAll('"#/', '"api#/'),
  ) as object;
  expect({ valid: ajv.validate(schema, body), errors: ajv.errors }).toMatchObject({ valid: true });
}

/** What callers ask of the second generation's routes of a test's app. */
export function secondCallersOf(app: () => TestApp) {
  const secrets = new Map<string, string>();
  async function keyOf(callerId: CallerId): Promise<string> {
    const [role, tenant] = callers[callerId];
    const place = `${callerId} of ${app().url}`;
    const grant = { callerId, name: callerId, role, tenant, expiresAt: null };
    const secret = secrets.get(place) ?? (await keysOf(app()).create(grant, null)).secret;
    secrets.set(place, secret);
    return secret;
  }

  async function call(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    options: { caller?: CallerId | null; headers?: Record<string, string>; body?: unknown } = {},
  ): Promise<Answer> {
    const { caller = 'studio', headers, body } = options;
    const response = await request(`${app().url}/minimax${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(caller !== null && { authorization: `Bearer ${await keyOf(caller)}` }),
        ...headers,
      },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    const { statusCode: status } = response;
    const answer = { status, headers: response.headers, body: await response.body.json() };
    expect(answer.headers['trace-id']).toBe(answer.headers['x-request-id']);
    if (status !== 404 && path.startsWith('/v2/')) expectTold(method, path, answer);
    return answer;
  }

  const create = async (body: unknown = text, options: Parameters<typeof call>[2] = {}) =>
    await call('POST', createPath, { body, ...options });
  /** One of the first generation. */
  const createFirst = async () =>
    await call('POST', '/v1/video_generation', {
      body: { model: 'MiniMax-Hailuo-02', prompt: 'A boat' },
    });
  const idOf = async (body?: unknown) => (await create(body)).body.task_id as string;
  const query = async (id: string, caller: CallerId = 'studio') =>
    await call('GET', `${queryPath}/${id}`, { caller });
  const cancel = async (id: string, caller: CallerId = 'studio') =>
    await call('DELETE', `${createPath}/${id}`, { caller });

  return { keyOf, call, create, createFirst, idOf, query, cancel };
}

export function expectRefusal(
  { status, body }: Answer,
  expected: number,
  type: string,
  said: string | RegExp,
): void {
  expect({ status, body }).toEqual({
    status: expected,
    body: {
      type: 'error',
      error: { type, message: expect.stringMatching(said), http_code: String(expected) },
      request_id: expect.any(String),
    },
  });
}
export const invalidTask = /^invalid params, invalid task_id \(2013\)$/;

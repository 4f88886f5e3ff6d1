import { expect } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { request } from 'undici';
import { openApiDocument } from '../../src/drop-in/openapi.ts';
import { keysOf, type TestApp } from './app.ts';

/** The example of MiniMax's page, with values in the place of `string` and 0. */
export const example = {
  model: 'MiniMax-Hailuo-02',
  prompt: 'A paper boat crosses a puddle',
  duration: 6,
  first_frame_image: 'https://images.example.com/boat.jpg',
  resolution: '768P',
  'prompt_optimizer ': true,
};
export const text = { model: 'MiniMax-Hailuo-02', prompt: 'A paper boat crosses a puddle' };
export const success = { status_code: 0, status_msg: 'success' };

export const submitPath = '/v1/video_generation';
export const queryPath = '/v1/query/video_generation';
export const retrievePath = '/v1/files/retrieve';

export const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
ajv.addSchema(openApiDocument, 'api');
export const schemaOf: Record<string, ValidateFunction> = Object.fromEntries(
  Object.entries({
    [submitPath]: 'SubmitAnswer',
    [queryPath]: 'QueryAnswer',
    [retrievePath]: 'RetrieveAnswer',
  }).map(([path, name]) => [path, ajv.compile({ $ref: `api#/components/schemas/${name}` })]),
);

/** The responses that the OpenAPI document tells of, by HTTP status. */
export function responsesOf(path: string) {
  const operations: Record<
    string,
    Record<string, { responses: Responses }>
  > = openApiDocument.paths;
  return Object.values(operations[path]!)[0]!.responses;
}
type Responses = Record<string, { content: { 'application/json': { example: object } } }>;

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

/** Asks the app of a test file as a client of MiniMax's first API does. */
export function dropInClient(app: () => TestApp) {
  /** Sends a request to the drop-in; each answer must be one that its OpenAPI document tells of. */
  async function call(
    method: 'GET' | 'POST',
    path: string,
    options: { key?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Answer> {
    const { key, headers, body } = options;
    const { statusCode, ...response } = await request(`${app().url}/minimax${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...headers,
      },
      body: body ?? null,
    });
    const answer = {
      status: statusCode,
      headers: response.headers,
      body: await response.body.json(),
    };
    expect(answer.headers['trace-id']).toBe(answer.headers['x-request-id']);
    const route = path.split('?')[0]!;
    const validate = schemaOf[route];
    if (validate) {
      validate(answer.body);
      expect(validate.errors ?? []).toEqual([]);
      expect(Object.keys(responsesOf(route))).toContain(String(statusCode));
    }
    return answer;
  }

  async function submit(
    body: object = text,
    options: { key?: string; idempotencyKey?: string } = {},
  ) {
    const { key, idempotencyKey } = options;
    return await call('POST', submitPath, {
      ...(key !== undefined && { key }),
      headers: idempotencyKey ? { 'idempotency-key': idempotencyKey } : {},
      body: JSON.stringify(body),
    });
  }

  const query = async (taskId: string, key?: string) =>
    await call('GET', `${queryPath}?${new URLSearchParams({ task_id: taskId }).toString()}`, {
      ...(key !== undefined && { key }),
    });

  const retrieve = async (fileId: string, key?: string) =>
    await call('GET', `${retrievePath}?${new URLSearchParams({ file_id: fileId }).toString()}`, {
      ...(key !== undefined && { key }),
    });

  async function keyOf(
    callerId: string,
    role: 'CLIENT' | 'AUDITOR' | 'ADMIN' = 'CLIENT',
  ): Promise<string> {
    const grant = { callerId, name: callerId, role, tenant: null, expiresAt: null };
    return (await keysOf(app()).create(grant, null)).secret;
  }

  return { call, submit, query, retrieve, keyOf };
}

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { keysOf, startTestApp, type TestApp } from '../../support/app.ts';

let app: TestApp;
let authorization: string;
beforeAll(async () => {
  app = await startTestApp({ env: { OPEN_ACCESS: 'off' } });
  const { secret } = await keysOf(app).create(
    { callerId: 'page', name: 'page', role: 'CLIENT', tenant: null, expiresAt: null },
    null,
  );
  authorization = `Bearer ${secret}`;
});
afterAll(async () => await app.stop());

const query = '{ me { callerId } }';

interface Asked {
  method?: 'GET';
  path?: string;
  headers: Record<string, string>;
  body?: string | Buffer;
}

async function ask(options: Asked) {
  const { method = 'POST', path = '/graphql', headers, body = JSON.stringify({ query }) } = options;
  const answer = await request(`${app.url}${path}`, {
    method,
    headers: { authorization, ...headers },
    ...(method === 'POST' && { body }),
  });
  return { status: answer.statusCode, text: await answer.body.text() };
}

const json = { 'content-type': 'application/json' };

describe('a client that asks for an event stream at /graphql', () => {
  test.each(['POST', 'GET'] as const)('by %s is told where they are', async (method) => {
    const headers = { ...json, accept: 'text/event-stream' };
    const path = method === 'GET' ? `/graphql?query=${encodeURIComponent(query)}` : '/graphql';
    const { status, text } = await ask({ ...(method === 'GET' && { method }), path, headers });
    expect(status).toBe(406);
    expect(JSON.parse(text).errors[0].message).toContain('/graphql/stream');
  });

  test.each([
    'text/event-stream, application/json',
    'text/event-stream;q=0.5, application/graphql-response+json',
    'text/event-stream, */*',
    'text/event-stream, application/json;charset=utf-8',
  ])('or for JSON (%s) is answered with JSON', async (accept) => {
    const { status, text } = await ask({ headers: { ...json, accept } });
    expect(status).toBe(200);
    expect(JSON.parse(text).data).toEqual({ me: { callerId: 'page' } });
  });
});

describe('a client that could not be given the answer', () => {
  const mutation =
    'mutation { createVideoGeneration(input: { model: "MiniMax-Hailuo-02", prompt: "x" }) { generation { id } } }';
  const send = async (path: string, accept: string) => {
    const { statusCode, body } = await request(`${app.url}${path}`, {
      method: 'POST',
      headers: { authorization, ...json, accept },
      body: JSON.stringify({ query: mutation }),
    });
    await body.dump();
    return statusCode;
  };

  test.each(['text/html', 'text/*', 'image/png', 'application/json;charset=iso-8859-1'])(
    'since it accepts %s is refused before anything is done',
    async (accept) => {
      expect(await send('/graphql', accept)).toBe(406);
      expect(await app.database.prisma.videoGeneration.count()).toBe(0);
    },
  );

  test.each(['/graphql/x', '/graphql//'])('finds nothing at %s', async (path) => {
    expect(await send(path, 'text/event-stream')).toBe(404);
    expect(await send(path, 'application/json')).toBe(404);
    expect(await app.database.prisma.videoGeneration.count()).toBe(0);
  });
});

describe('a client that names its character set', () => {
  test.each([
    'application/json; charset=UTF8',
    'application/json;charset=utf8',
    'application/json; charset="utf8"',
    'application/json; charset=UTF-8',
    'application/json; charset=utf-8; odata=verbose',
  ])('as %s is understood', async (type) => {
    const headers = { 'content-type': type };
    expect((await ask({ headers })).status).toBe(200);
    const stream = await ask({
      path: '/graphql/stream',
      headers: { ...headers, accept: 'text/event-stream' },
    });
    expect(stream.text).toContain('"callerId":"page"');
    const rest = await ask({ path: '/minimax/v1/video_generation', headers });
    expect(JSON.parse(rest.text).base_resp.status_msg).toContain('model');
  });
});

test.each([
  ['utf-8', Buffer.from(JSON.stringify({ query: '{ me { callerId } } # é' }), 'latin1')],
  [
    'utf-16le',
    Buffer.concat([Buffer.from(JSON.stringify({ query }), 'utf16le'), Buffer.from([9])]),
  ],
])('a body that is no valid %s is refused', async (charset, body) => {
  const headers = { 'content-type': `application/json; charset=${charset}` };
  const { status, text } = await ask({ headers, body });
  expect(status).toBe(400);
  expect(JSON.parse(text).errors[0].message).toBe(
    `The body is not valid ${charset.toUpperCase()}.`,
  );
  const rest = await ask({ path: '/minimax/v1/video_generation', headers, body });
  expect(JSON.parse(rest.text).base_resp).toEqual({
    status_code: 2013,
    status_msg: `invalid params, the body is not valid ${charset.toUpperCase()}`,
  });
});

describe('a query by GET', () => {
  const path = `/graphql?query=${encodeURIComponent(query)}`;

  test('with an Authorization header is served, as urql sends it', async () => {
    const { status, text } = await ask({ method: 'GET', path, headers: {} });
    expect(status).toBe(200);
    expect(JSON.parse(text).data).toEqual({ me: { callerId: 'page' } });
  });

  test('changes nothing: mutations are refused', async () => {
    const mutation = 'mutation { cancelVideoGeneration(id: "x") { userErrors { code } } }';
    const address = `/graphql?query=${encodeURIComponent(mutation)}`;
    expect((await ask({ method: 'GET', path: address, headers: {} })).status).toBe(405);
  });
});

test('a query by GET that any page could have a browser send is refused', async () => {
  const open = await startTestApp();
  const path = `/graphql?query=${encodeURIComponent(query)}`;
  // A browser adds a password that it remembers by itself.
  for (const headers of [{}, { authorization: 'Basic dXNlcjpwYXNz' }]) {
    const answer = await request(`${open.url}${path}`, { headers });
    expect(answer.statusCode).toBe(400);
    expect(await answer.body.text()).toContain('CSRF');
  }
  await open.stop();
});

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildSchema } from 'graphql';
import type WebSocket from 'ws';
import { startTestApp, type TestApp } from '../../support/app.ts';
import { randomFrom, randomRequest } from '../../support/random-operations.ts';
import { ask, bearer, rawClient } from '../../support/raw-client.ts';

const schema = buildSchema(
  await readFile(new URL('../../../schema.graphql', import.meta.url), 'utf8'),
);

let app: TestApp;
const { post, openSocket, key } = rawClient(() => app);

describe('random operations', () => {
  let sockets: WebSocket[];
  let secret: string;
  beforeAll(async () => {
    app = await startTestApp({
      env: { OPEN_ACCESS: 'off', RATE_LIMIT_PER_MINUTE: '0', CREATE_WAIT_MS: '0' },
    });
    secret = await key('anybody', 'ADMIN');
    const params = { Authorization: `Bearer ${secret}` };
    sockets = await Promise.all(Array.from({ length: workers }, () => openSocket(params)));
  });
  afterAll(async () => {
    for (const socket of sockets) socket.close();
    await app.stop();
  });

  const workers = 4;
  // "npm run bench:operations" asks for 10,000.
  const count = Number(process.env['RANDOM_OPERATIONS'] || 1_000);
  const seed = Number(process.env['RANDOM_SEED'] || 42);

  test(`${count} of them, valid or not, are answered without a mistake of ours`, async () => {
    const random = randomFrom(seed);
    const seen = new Map<string, number>();
    const { generation } = await app
      .graphql(
        `mutation { createVideoGeneration(input: { model: "MiniMax-Hailuo-02", prompt: "A boat" }) { generation { id } } }`,
        {},
        bearer(secret),
      )
      .then(({ data }) => data.createVideoGeneration);
    const problems: string[] = [];
    const logOf = (text: string) => {
      const id = /"errorId":"([^"]+)/.exec(text)?.[1];
      return app.logLines.filter((line) => id && line.includes(id)).join('');
    };
    let left = count;
    const work = async (socket: WebSocket) => {
      while (left-- > 0) {
        const { kind, ...payload } = randomRequest(schema, random, [generation.id]);
        const body = JSON.stringify(payload);
        const byWebSocket = kind === 'subscription' ? random() < 0.9 : random() < 0.2;
        // What is no message of its protocol, or too long for one, ends a WebSocket.
        const isMessage =
          body.length < 1_000_000 &&
          ['string', 'undefined'].includes(typeof (payload.operationName ?? undefined)) &&
          typeof (payload.variables ?? {}) === 'object' &&
          !Array.isArray(payload.variables);
        const { id, status, codes, text } =
          byWebSocket && isMessage
            ? {
                status: 200,
                ...(await ask(socket, payload, kind === 'subscription' ? 250 : undefined)),
              }
            : { id: '', ...(await post(payload, bearer(secret))) };
        // A subscription that goes on is ended.
        if (byWebSocket && isMessage) socket.send(JSON.stringify({ id, type: 'complete' }));
        if (
          status >= 500 ||
          codes.includes('INTERNAL_SERVER_ERROR') ||
          codes.includes(undefined!)
        ) {
          problems.push(`${status} ${text}\n${body.slice(0, 2_000)}\n${logOf(text)}`);
        }
        for (const code of codes.length > 0 ? codes : ['none'])
          seen.set(code, (seen.get(code) ?? 0) + 1);
        app.logLines.splice(0, app.logLines.length - 1_000);
      }
    };
    await Promise.all(sockets.map(work));
    expect(problems.slice(0, 10)).toEqual([]);
    expect(seen.get('none')).toBeGreaterThan(count / 10);
    expect(seen.get('GRAPHQL_VALIDATION_FAILED')).toBeGreaterThan(count / 20);
    expect(seen.get('BAD_USER_INPUT')).toBeGreaterThan(count / 50);
  }, 600_000);
});

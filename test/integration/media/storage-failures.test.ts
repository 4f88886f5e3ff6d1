import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { request, type Dispatcher } from 'undici';
import { startTestApp, usualInput, type TestApp } from '../../support/app.ts';
import { startBucketServer, type BucketServer } from '../../support/bucket-server.ts';
import { aPng, asDataUrl } from '../../support/images.ts';
import { until } from '../../support/until.ts';

let bucket: BucketServer;
let app: TestApp;

beforeAll(async () => {
  bucket = await startBucketServer();
  app = await startTestApp({ env: bucket.env() });
});
afterEach(() => {
  bucket.mishap = undefined;
});
afterAll(async () => {
  await app.stop();
  await bucket.close();
});

async function send(
  method: Dispatcher.HttpMethod,
  path: string,
  headers: Record<string, string> = {},
  body: Buffer | string = '',
) {
  const answer = await request(`${app.url}${path}`, { method, headers, body });
  const told = await text(answer.body);
  const json = told === '' ? null : JSON.parse(told);
  return { status: answer.statusCode, headers: answer.headers, json };
}

/** Larger than a part (storage-bucket.ts), so that it would go up in several. */
const large = Buffer.concat([aPng(), Buffer.alloc(6 * 1024 * 1024)]);

const create = `mutation ($input: CreateVideoGenerationInput!) {
  createVideoGeneration(input: $input) { generation { id } userErrors { code } } }`;

test.each<[BucketServer['mishap'] & (object | string), RegExp]>([
  ['hangUp', /socket hang up|ECONNRESET/],
  [{ status: 500, code: 'InternalError' }, /InternalError/],
  [{ status: 503, code: 'SlowDown' }, /SlowDown/],
  [{ status: 403, code: 'AccessDenied' }, /AccessDenied/],
  [{ status: 404, code: 'NoSuchBucket' }, /NoSuchBucket/],
])(
  'a bucket that fails (%j) is told as the storage’s fault everywhere',
  async (mishap, reason) => {
    const { prisma } = app.database;
    const begun = await send('POST', '/media/uploads', { 'upload-length': '100' });
    const piece = String(begun.headers['location']);
    const json = { 'content-type': 'application/json' };
    const presigned = await send('POST', '/media/presigned', json, '{"bytes":5}');
    bucket.mishap = mishap;
    app.logLines.length = 0;
    const firstFrameImage = asDataUrl(aPng({ width: 701 }));
    // Each is tried three times, with pauses: some at once, as many as there are places for.
    const answers = [
      ...(await Promise.all([
        send('POST', '/media', {}, aPng()),
        send('POST', '/media', {}, large),
        send('PATCH', piece, { 'upload-offset': '0' }, Buffer.alloc(50)),
      ])),
      ...(await Promise.all([
        send('POST', presigned.json.complete),
        app
          .graphql(create, { input: { ...usualInput, firstFrameImage } })
          .then(({ errors, ...answer }) => ({ ...answer, json: { errors } })),
      ])),
    ];
    for (const { status, headers, json: told } of answers) {
      expect([status, headers['retry-after']]).toEqual([503, '2']);
      expect(told.errors).toEqual([
        {
          message: expect.stringContaining('storage of media does not answer'),
          ...(told.errors[0].path && { path: ['createVideoGeneration'] }),
          extensions: { code: 'STORAGE_UNAVAILABLE', retryAfterSeconds: 2 },
        },
      ]);
    }
    const lines = app.logLines
      .map((line) => JSON.parse(line))
      .filter(({ msg }) => msg === 'the storage of media failed');
    expect(lines).toHaveLength(5);
    // What is asked by HEAD is refused without a word.
    const reasons = lines.map(({ error }) => JSON.stringify(error));
    expect(reasons.filter((told) => reason.test(told)).length).toBeGreaterThanOrEqual(4);
    expect(reasons.join()).not.toContain('AbortError');
    bucket.mishap = undefined;
    expect(await prisma.storedObject.count()).toBe(0);
    expect(await prisma.videoGeneration.count()).toBe(0);
    expect(app.upstream.submits).toHaveLength(0);
    expect((await send('PATCH', piece, { 'upload-offset': '0' }, Buffer.alloc(50))).status).toBe(
      204,
    );
    for (const path of [piece, presigned.json.complete.replace('/complete', '')])
      expect((await send('DELETE', path)).status).toBe(204);
  },
  60_000,
);

test('whoever hung up while a bucket hangs soon holds no place any more', async () => {
  app.logLines.length = 0;
  bucket.mishap = 'hang';
  const left = new AbortController();
  const abandoned = [1, 2, 3, 4].map((more) =>
    request(`${app.url}/media`, {
      ...{ method: 'POST', body: aPng({ width: 700 + more }), signal: left.signal },
    }).catch((error: unknown) => error),
  );
  await until(() => bucket.unanswered >= 4);
  const refused = await send('POST', '/media', {}, aPng());
  expect(refused.json.errors[0].extensions.code).toBe('SERVICE_BUSY');
  left.abort();
  await Promise.all(abandoned);
  bucket.mishap = undefined;
  // Each try of three would wait for half a minute.
  await until(async () => (await send('POST', '/media', {}, aPng())).status === 201, 60_000);
  const bad = app.logLines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50);
  expect(bad).toEqual([]);
});

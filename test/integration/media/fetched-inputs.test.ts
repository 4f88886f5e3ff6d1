import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { startTestApp, type TestApp, type TestAppOptions } from '../../support/app.ts';
import { anMp4 } from '../../support/clips.ts';
import { aPng } from '../../support/images.ts';
import { startVideoServer, type Mishap, type VideoServer } from '../../support/video-server.ts';

const picture = aPng();

let folder: string;
let files: VideoServer;
let app: TestApp;

beforeAll(async () => {
  files = await startVideoServer(picture);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelgraph-fetched-'));
  files.requests.length = 0;
  files.video = picture;
  files.each = undefined;
  files.next();
});
afterEach(async () => {
  await app.stop();
  await rm(folder, { recursive: true });
});
afterAll(() => files.close());

/** With the host `files.example.com`, which is on this machine. */
async function start(env: Record<string, string> = {}, options: TestAppOptions = {}) {
  app = await startTestApp({
    resolveHost: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
    ...options,
    env: {
      ...{ MEDIA_DIR: folder, MEDIA_FETCH_INPUTS: 'on', WEBHOOK_ALLOW_PRIVATE: 'on' },
      ...env,
    },
  });
}

const urlOf = (path = 'boat.png') =>
  `http://files.example.com:${new URL(files.url).port}/${path}?signature=secret`;

async function storedFiles(): Promise<string[]> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile() && /inputs/.test(entry.parentPath))
    .map(({ name }) => name);
}

async function refusal(input: object) {
  const { generation, userErrors } = await app.create(input);
  expect(generation).toBeNull();
  expect(app.upstream.submits).toHaveLength(0);
  return userErrors as { field: string[]; code: string; message: string }[];
}

describe('a URL that is fetched', () => {
  test('is measured, kept with where it is from, and sent as the bytes that were measured', async () => {
    await start();
    const { generation, userErrors } = await app.create({ firstFrameImage: urlOf() });
    expect(userErrors).toEqual([]);
    expect(generation.firstFrameImage).toMatch(/^urn:sha256:[\da-f]{64}$/);
    expect(files.requests).toHaveLength(1);
    const [submit] = app.upstream.submits;
    const sent = JSON.stringify(submit!.body);
    expect(sent).toContain(picture.toString('base64'));
    const uses = await app.database.prisma.mediaUse.findMany({ include: { object: true } });
    expect(uses.map(({ sourceUrls }) => sourceUrls)).toEqual([[urlOf()]]);
    const { sha256 } = uses[0]!.object;
    expect(generation.firstFrameImage).toBe(`urn:sha256:${sha256}`);
    const { data } = await app.graphql(
      'query ($id: ID!) { generation(id: $id) { inputFiles { sha256 mediaType bytes sourceUrls thumbnailUrl } } }',
      { id: generation.id },
    );
    const [{ thumbnailUrl, ...file }, ...others] = data.generation.inputFiles;
    expect(others).toEqual([]);
    expect(file).toEqual({
      ...{ sha256, mediaType: 'image/png', bytes: picture.length, sourceUrls: [urlOf()] },
    });
    const thumbnail = await request(thumbnailUrl);
    await thumbnail.body.dump();
    expect([thumbnail.statusCode, thumbnail.headers['content-type']]).toEqual([200, 'image/webp']);
    const [{ size }] = await app.database.prisma.$queryRaw<[{ size: number }]>`
      SELECT (sum(pg_column_size(generation)) + (SELECT sum(pg_column_size(event)) FROM audit_event AS event))::int AS size
      FROM video_generation AS generation`;
    expect(size).toBeLessThan(8_192);
    expect(app.logLines.join('\n')).not.toContain('signature=secret');
  });

  test('is fetched once, however often it is given and the request is repeated', async () => {
    await start();
    const input = { firstFrameImage: urlOf(), lastFrameImage: urlOf(), idempotencyKey: 'k-1' };
    const first = await app.create(input);
    expect(first.userErrors).toEqual([]);
    // What is there has changed, and gone: the repetition is of what was there.
    files.each = () => ({ status: 404 });
    const again = await app.create(input);
    expect(again).toMatchObject({ replayed: true, generation: { id: first.generation.id } });
    expect(files.requests).toHaveLength(1);
    const other = await app.create({ ...input, firstFrameImage: urlOf('other.png') });
    expect(other.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }]);
    expect(files.requests).toHaveLength(1);
  });

  test('is retried with what was kept, and forgotten with its generation', async () => {
    await start();
    app.upstream.onSubmit({ json: { base_resp: { status_code: 1026, status_msg: 'sensitive' } } });
    const { generation } = await app.create({ firstFrameImage: urlOf() });
    expect(generation.status).toBe('FAILED');
    files.each = () => ({ status: 404 });
    const { data } = await app.graphql(
      'mutation ($id: ID!) { retryVideoGeneration(id: $id) { generation { id } userErrors { code } } }',
      { id: generation.id },
    );
    expect(data.retryVideoGeneration.userErrors).toEqual([]);
    const sources = () => app.database.prisma.mediaUse.findMany({ select: { sourceUrls: true } });
    expect(await sources()).toEqual([{ sourceUrls: [urlOf()] }, { sourceUrls: [urlOf()] }]);
    await app.graphql(
      'mutation ($id: ID!) { redactVideoGeneration(id: $id, reason: "asked for") { userErrors { code } } }',
      { id: generation.id },
    );
    expect(await sources()).toHaveLength(1);
  });

  test('is left alone by a check, by a request that is refused anyway, and unless it is wanted', async () => {
    await start();
    const input = { model: 'MiniMax-Hailuo-02', prompt: 'A boat', firstFrameImage: urlOf() };
    const { data } = await app.graphql(
      `query ($input: CreateVideoGenerationInput!) {
        validateVideoGeneration(input: $input) { userErrors { code } } }`,
      { input: { ...input, duration: 6, resolution: '768P' } },
    );
    expect(data.validateVideoGeneration.userErrors).toEqual([]);
    expect(await refusal({ ...input, duration: 7 })).toHaveLength(1);
    expect(files.requests).toHaveLength(0);
    await app.stop();
    await start({ MEDIA_FETCH_INPUTS: 'off' });
    const { generation } = await app.create({ firstFrameImage: urlOf() });
    expect(generation.firstFrameImage).toBe(urlOf());
    expect(files.requests).toHaveLength(0);
  });
});

const metadata = { location: 'http://169.254.169.254/latest/meta-data' };
const script = Buffer.from('<?php system($_GET[0]); ?>');
const bomb = aPng({ width: 30_000, height: 30_000 }, []);
const packedBomb = deflateSync(Buffer.alloc(10_000_000));
const patient = { idleMs: 20_000, minBytesPerSecond: 1, slowAfterMs: 20_000, timeoutMs: 60_000 };

describe('what is at a URL is refused before anything is paid, each with its own message:', () => {
  test.each<[string, Mishap[], string, string, Partial<typeof patient>?]>([
    ['nothing', [{ status: 404 }], 'INPUT_NOT_FETCHED', 'There is no file at the URL'],
    ['an error', [{ status: 500 }], 'INPUT_NOT_FETCHED', 'HTTP 500'],
    [
      'a redirect to a metadata address',
      [{ status: 302, headers: metadata }],
      ...(['INPUT_NOT_FETCHED', 'leads on to elsewhere'] as const),
    ],
    ['zero bytes', [{ body: Buffer.alloc(0) }], 'IMAGE_INVALID', 'empty'],
    [
      'an SVG',
      [{ body: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>') }],
      ...(['IMAGE_FORMAT_UNSUPPORTED', 'SVG'] as const),
    ],
    [
      'a text',
      [{ body: Buffer.from('not here') }],
      'IMAGE_FORMAT_UNSUPPORTED',
      'nothing that MiniMax takes',
    ],
    ['half a picture', [{ body: picture.subarray(0, 60) }], 'IMAGE_INVALID', 'whole'],
    ['a polyglot', [{ body: Buffer.concat([picture, script]) }], 'IMAGE_INVALID', 'as well'],
    ['a bomb', [{ body: bomb }], 'IMAGE_DIMENSIONS_UNSUPPORTED', 'pixels'],
    [
      'a packed bomb',
      [{ body: packedBomb, headers: { 'content-encoding': 'deflate' } }],
      ...(['INPUT_NOT_FETCHED', 'packed'] as const),
    ],
    [
      'a length that is too large',
      [{ body: picture, headers: { 'content-length': '60000000' } }],
      ...(['IMAGE_TOO_LARGE', '52428800 bytes'] as const),
    ],
    [
      'a length that says more than comes',
      Array.from({ length: 5 }, () => ({ cutAfter: 0 })),
      ...(['INPUT_NOT_FETCHED', 'could not be fetched'] as const),
    ],
    [
      'a length that says less than comes',
      [{ body: picture, headers: { 'content-length': '60' } }],
      ...(['IMAGE_INVALID', 'whole'] as const),
    ],
    ['endless', [{ endless: true }], 'IMAGE_TOO_LARGE', '52428800 bytes'],
    [
      'a drip',
      Array.from({ length: 5 }, () => ({ dripAfter: 10 })),
      ...(['INPUT_NOT_FETCHED', 'too slowly'] as const),
      { slowAfterMs: 200, minBytesPerSecond: 9_999 },
    ],
    ['silence', [{ hang: true }], 'INPUT_NOT_FETCHED', 'in time', { idleMs: 200 }],
    ['a drip for long', [{ dripAfter: 10 }], 'INPUT_NOT_FETCHED', 'in time', { timeoutMs: 300 }],
  ])('%s', async (_what, mishaps, code, message, patience = {}) => {
    await start({}, { fetchPatience: { ...patient, ...patience } });
    files.next(...mishaps);
    const [problem, ...others] = await refusal({ firstFrameImage: urlOf() });
    expect(problem).toEqual({
      ...{ field: ['firstFrameImage'], code, message: expect.stringContaining(message) },
    });
    expect(others).toEqual([]);
    expect(await storedFiles()).toEqual([]);
  });

  const publicAddress = { address: '93.184.216.34', family: 4 };
  const privateAddress = { address: '10.0.0.7', family: 4 };
  test.each([
    ['http', 'http://files.example.com/a.png', [[publicAddress]]],
    ['a port below 1024', 'https://files.example.com:22/a.png', [[publicAddress]]],
    ['a name with a private address', 'https://files.example.com/a.png', [[privateAddress]]],
    ['one private address of two', 'https://a.example.com/a', [[publicAddress, privateAddress]]],
  ])('%s', async (_what, url, answers) => {
    const asked = answers.values();
    const resolveHost = () => Promise.resolve(asked.next().value!);
    await start({ WEBHOOK_ALLOW_PRIVATE: 'off' }, { resolveHost });
    expect(await refusal({ firstFrameImage: url })).toMatchObject([
      { code: 'INPUT_NOT_FETCHED', message: expect.stringContaining('allowed address') },
    ]);
  });

  test('a name whose answer changes: what was checked is what is connected to', async () => {
    let asked = 0;
    const resolveHost = () => {
      asked += 1;
      // Nothing listens there.
      return Promise.resolve([asked === 1 ? privateAddress : publicAddress]);
    };
    await start({ WEBHOOK_ALLOW_PRIVATE: 'off' }, { resolveHost });
    const url = 'https://rebind.example.com:8443/a.png';
    expect(await refusal({ firstFrameImage: url })).toMatchObject([
      { message: expect.stringContaining('allowed address') },
    ]);
    expect(asked).toBe(1);
  });
});

test('a file of another kind than its field takes is refused by what it is', async () => {
  await start();
  files.video = anMp4();
  expect(await refusal({ firstFrameImage: urlOf() })).toMatchObject([
    { field: ['firstFrameImage'], code: 'IMAGE_FORMAT_UNSUPPORTED' },
  ]);
});

test('each of several problems is named at its field', async () => {
  await start({}, { fetchPatience: patient });
  files.each = ({ url }) => {
    if (url!.startsWith('/a')) return { status: 500 };
    return { body: url!.startsWith('/b') ? Buffer.alloc(0) : picture };
  };
  const video = { model: 'MiniMax-H3', duration: 6, resolution: '768P' };
  const problems = await refusal({
    ...{ ...video, referenceImages: [urlOf('a'), urlOf('c')] },
    referenceVideos: [{ url: urlOf('b') }],
  });
  expect(problems.map(({ field, code }) => [field.join('.'), code])).toEqual([
    ['referenceImages.0', 'INPUT_NOT_FETCHED'],
    ['referenceVideos.0.url', 'REFERENCE_INVALID'],
  ]);
});

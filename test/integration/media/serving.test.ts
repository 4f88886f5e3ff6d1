import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import type { TestApp } from '../../support/app.ts';
import { startBucketServer, type BucketServer } from '../../support/bucket-server.ts';
import { aFinishedVideo, startMediaApp } from '../../support/media-app.ts';
import { startVideoServer, video, type VideoServer } from '../../support/video-server.ts';

const etag = `"${createHash('sha256').update(video).digest('hex')}"`;
const last = video.length - 1;

let folder: string;
let files: VideoServer;
let bucketServer: BucketServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelgraph-serving-'));
  files = await startVideoServer(video);
  bucketServer = await startBucketServer();
});
afterAll(async () => {
  await files.close();
  await bucketServer.close();
  await rm(folder, { recursive: true });
});

async function urlOf(app: TestApp, id: string): Promise<string> {
  const asked = await app.graphql('query ($id: ID!) { generation(id: $id) { videoUrl } }', { id });
  return asked.data.generation.videoUrl;
}

async function get(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const answer = await request(url, { method: method as 'GET', headers });
  const body = Buffer.from(await answer.body.arrayBuffer());
  return { status: answer.statusCode, headers: answer.headers, body };
}

describe.each([
  { from: 'a directory', env: () => ({ MEDIA_DIR: join(folder, 'media') }) },
  { from: 'a bucket', env: () => bucketServer.env() },
])('a video that is kept in $from', ({ env }) => {
  let app: TestApp;
  let id: string;
  let url: string;
  beforeAll(async () => {
    const origins = { CORS_ORIGINS: 'https://studio.example.com' };
    app = await startMediaApp(files, { ...env(), ...origins });
    id = await aFinishedVideo(app);
    await app.archive.runOnce();
    url = await urlOf(app, id);
  });
  afterAll(() => app.stop());

  test('is given whole, as what it is, under its name', async () => {
    const { status, headers, body } = await get(url);
    expect([status, body.equals(video)]).toEqual([200, true]);
    expect(headers).toMatchObject({
      ...{ 'accept-ranges': 'bytes', 'content-length': String(video.length), etag },
      ...{ 'content-type': 'video/mp4', 'content-disposition': `inline; filename="${id}.mp4"` },
      'cache-control': expect.stringMatching(/^private, max-age=\d+$/),
      'last-modified': expect.stringContaining('GMT'),
      ...{ 'cross-origin-resource-policy': 'cross-origin', 'x-content-type-options': 'nosniff' },
    });
  });

  test('is told of by HEAD, without a byte', async () => {
    const { status, headers, body } = await get(url, {}, 'HEAD');
    expect([status, body.length, headers['content-length']]).toEqual([
      200,
      0,
      String(video.length),
    ]);
    const part = await get(url, { range: 'bytes=1-4' }, 'HEAD');
    expect([part.status, part.headers['content-range']]).toEqual([206, `bytes 1-4/${last + 1}`]);
  });

  test.each([
    ['bytes=0-1', 0, 1],
    ['bytes=100-199', 100, 199],
    [`bytes=${last}-`, last, last],
    ['bytes=-5', last - 4, last],
    ['bytes=-999999999', 0, last],
    ['bytes=20000-999999999', 20_000, last],
    // Next to each other: one part.
    ['bytes=0-9,10-19', 0, 19],
  ])('is given in part, by %s', async (range, start, end) => {
    const { status, headers, body } = await get(url, { range });
    expect(status).toBe(206);
    expect(headers['content-range']).toBe(`bytes ${start}-${end}/${video.length}`);
    expect(body.equals(video.subarray(start, end + 1))).toBe(true);
  });

  test('is given in several parts at once', async () => {
    const { status, headers, body } = await get(url, { range: 'bytes=1-4,1000-1002,-3' });
    expect(status).toBe(206);
    expect(Number(headers['content-length'])).toBe(body.length);
    const type = String(headers['content-type']);
    const boundary = /^multipart\/byteranges; boundary=([\w-]+)$/.exec(type)![1]!;
    const parts = body.toString('latin1').split(`--${boundary}`);
    expect(parts).toHaveLength(5);
    expect(parts.at(-1)).toBe('--\r\n');
    const seen = parts.slice(1, -1).map((part) => {
      const [head, ...rest] = part.split('\r\n\r\n');
      return [/Content-Range: (.*)/.exec(head!)![1], rest.join('\r\n\r\n').slice(0, -2)];
    });
    const cut = (start: number, end: number) => [
      `bytes ${start}-${end}/${video.length}`,
      video.toString('latin1', start, end + 1),
    ];
    expect(seen).toEqual([cut(1, 4), cut(1_000, 1_002), cut(last - 2, last)]);
  });

  test.each([
    ['no unit that is known', { range: 'seconds=1-2' }, 200],
    ['what makes no sense', { range: 'bytes=a-b' }, 200],
    [
      'too many parts',
      { range: `bytes=${[...Array(12).keys()].map((n) => `${n * 9}-${n * 9 + 1}`).join(',')}` },
      200,
    ],
    ['a part of what is the same', { range: 'bytes=1-2', 'if-range': etag }, 206],
    ['a part of what was another', { range: 'bytes=1-2', 'if-range': '"other"' }, 200],
    ['a part of an older one', { range: 'bytes=1-2', 'if-range': new Date(0).toUTCString() }, 200],
    ['what lies behind its end', { range: 'bytes=99999999-' }, 416],
    ['what the caller has', { 'if-none-match': etag }, 304],
    ['what the caller has another of', { 'if-none-match': '"other"' }, 200],
    ['what came since', { 'if-modified-since': new Date(0).toUTCString() }, 200],
    ['what came since tomorrow', { 'if-modified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' }, 304],
    ['the file that it is', { 'if-match': `"other", ${etag}` }, 200],
    ['another file', { 'if-match': '"other"', range: 'bytes=1-2' }, 412],
    ['an older one only', { 'if-unmodified-since': new Date(0).toUTCString() }, 412],
    ['one no newer', { 'if-unmodified-since': 'Fri, 01 Jan 2100 00:00:00 GMT' }, 200],
  ])('asked for %s', async (_what, headers, expected) => {
    const answer = await get(url, { ...headers });
    expect(answer.status).toBe(expected);
    if (expected === 200) expect(answer.body.equals(video)).toBe(true);
    if (expected === 416) expect(answer.headers['content-range']).toBe(`bytes */${video.length}`);
  });

  test('is not given under an address that was changed, made up, or has ended', async () => {
    const other = '0197bbbb-0000-7000-8000-000000000000';
    const later = url.replace(/expires=(\d+)/, (_all, at: string) => `expires=${Number(at) + 9}`);
    const changed = [url.replace(id, other), later, url.slice(0, -1), url.split('?')[0]!];
    for (const wrong of changed) expect((await get(wrong)).status).toBe(404);
    app.clock.advance(60 * 60_000);
    const ended = await get(url);
    expect(ended.status).toBe(410);
    expect(JSON.parse(ended.body.toString()).errors[0].extensions.code).toBe('VIDEO_URL_EXPIRED');
    // Whoever may see the generation gets another one, and the same as long as it holds for half an hour.
    const fresh = await urlOf(app, id);
    expect(fresh).not.toBe(url);
    expect(await urlOf(app, id)).toBe(fresh);
    expect((await get(fresh)).status).toBe(200);
    url = fresh;
  });

  test('may be read by pages of the origins that are allowed', async () => {
    const from = async (origin: string, method = 'GET') =>
      (await get(url, { origin, 'access-control-request-method': 'GET' }, method)).headers;
    const allowed = 'https://studio.example.com';
    expect((await from(allowed))['access-control-allow-origin']).toBe(allowed);
    expect((await from(allowed, 'OPTIONS'))['access-control-allow-methods']).toBe('GET,HEAD');
    expect((await from('https://other.example.com'))['access-control-allow-origin']).not.toBe(
      'https://other.example.com',
    );
  });
});

test('a bucket that hangs up is told of at once', async () => {
  const app = await startMediaApp(files, bucketServer.env());
  const id = await aFinishedVideo(app);
  await app.archive.runOnce();
  const url = await urlOf(app, id);
  bucketServer.mishap = 'hangUp';
  // Taken for the watcher's, the end of that connection would leave him waiting for a minute.
  const { status, headers, body } = await get(url);
  bucketServer.mishap = undefined;
  expect(status).toBe(503);
  expect(headers['content-type']).toBe('application/json; charset=utf-8');
  expect(JSON.parse(body.toString()).errors[0].extensions.code).toBe('STORAGE_UNAVAILABLE');
  expect((await get(url)).body.equals(video)).toBe(true);
  await app.stop();
});

test('a video that the bucket does not give for now is no bad one, and is not fetched again', async () => {
  const app = await startMediaApp(files, bucketServer.env());
  const id = await aFinishedVideo(app);
  const archived = async () => {
    await app.archive.runOnce();
    app.clock.advance(40 * 60_000);
    const query = 'query ($id: ID!) { generation(id: $id) { archive { state error } } }';
    return (await app.graphql(query, { id })).data.generation.archive;
  };
  files.requests.length = 0;
  bucketServer.mishap = 'cutReads';
  for (let attempt = 1; attempt <= 4; attempt++)
    expect(await archived()).toEqual({
      ...{ state: 'PENDING', error: 'The storage does not take it for now.' },
    });
  bucketServer.mishap = undefined;
  expect(await archived()).toEqual({ state: 'STORED', error: null });
  expect(files.requests).toHaveLength(1);
  expect((await get(await urlOf(app, id))).body.equals(video)).toBe(true);
  await app.stop();
});

test('an address leads on to the bucket where that is wanted', async () => {
  const app = await startMediaApp(files, { ...bucketServer.env(), MEDIA_REDIRECT: 'on' });
  const id = await aFinishedVideo(app);
  await app.archive.runOnce();
  const url = await urlOf(app, id);
  const { status, headers } = await get(url);
  expect([status, headers['cache-control']]).toEqual([302, 'no-store']);
  // There it would be refused: the address is signed for GET.
  const told = await get(url, {}, 'HEAD');
  expect([told.status, told.headers['content-length']]).toEqual([200, String(video.length)]);
  const there = await get(String(headers.location), { range: 'bytes=1-9' });
  expect([there.status, there.body.equals(video.subarray(1, 10))]).toEqual([206, true]);
  expect(there.headers).toMatchObject({ 'content-disposition': `inline; filename="${id}.mp4"` });
  await app.stop();
});

test('a client of MiniMax’s own API is given the kept video, also when MiniMax has none any more', async () => {
  const app = await startMediaApp(files, { MEDIA_DIR: join(folder, 'drop-in') });
  const id = await aFinishedVideo(app);
  await app.archive.runOnce();
  await app.upstream.close();
  const answer = await get(`${app.url}/minimax/v1/files/retrieve?file_id=${id}`);
  const { file } = JSON.parse(answer.body.toString());
  expect((await get(file.download_url)).body.equals(video)).toBe(true);
  await app.stop();
});

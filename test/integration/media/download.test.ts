import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  download,
  DownloadError,
  type DownloadOptions,
  type LinkSource,
} from '../../../src/media/download.ts';
import { TooLargeError } from '../../../src/media/storage.ts';
import { startVideoServer, type Mishap, type VideoServer } from '../../support/video-server.ts';

const video = randomBytes(300_000);
let server: VideoServer;

beforeAll(async () => {
  server = await startVideoServer(video);
});
beforeEach(() => {
  server.requests.length = 0;
  server.sentBytes = 0;
  server.each = undefined;
  server.next();
});
afterAll(() => server.close());

const options: DownloadOptions = {
  what: 'video',
  maxBytes: 1_000_000,
  idleMs: 20_000,
  minBytesPerSecond: 1,
  slowAfterMs: 20_000,
  allowPrivate: true,
  resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]),
  tunnel: () => undefined,
};

/** Each link it is asked for is another one. */
function links(): LinkSource & { given: number } {
  const source = Object.assign(
    () => {
      source.given += 1;
      return Promise.resolve(`${server.url}/video.mp4?link=${source.given}`);
    },
    { given: 0 },
  );
  return source;
}

const fetched = (source: LinkSource, change: Partial<DownloadOptions> = {}) =>
  buffer(download(source, { ...options, ...change }, new AbortController().signal));

test('what comes whole is asked for once', async () => {
  expect((await fetched(links())).equals(video)).toBe(true);
  expect(server.requests).toEqual([{ path: '/video.mp4?link=1', range: undefined }]);
});

test('a link with blanks or a fragment leads where a browser would go', async () => {
  const link = `${server.url}/my video.mp4?of=a b#t=1`;
  expect((await fetched(() => Promise.resolve(link))).equals(video)).toBe(true);
  expect(server.requests).toEqual([{ path: '/my%20video.mp4?of=a%20b', range: undefined }]);
});

describe('what breaks off', () => {
  test('goes on where it stopped, and no byte is fetched twice', async () => {
    server.next({ cutAfter: 100_000 }, { cutAfter: 50_000 }, { status: 503 });
    expect((await fetched(links())).equals(video)).toBe(true);
    const ranges = server.requests.map(({ range }) => range);
    expect(ranges).toEqual([undefined, 'bytes=100000-', 'bytes=150000-', 'bytes=150000-']);
    expect(server.sentBytes).toBe(video.length);
  });

  test('goes on with a fresh link where the old one has ended', async () => {
    server.next({ cutAfter: 100_000 }, { status: 403 });
    const source = links();
    expect((await fetched(source)).equals(video)).toBe(true);
    expect(server.requests.map(({ path }) => path.at(-1))).toEqual(['1', '1', '2']);
    expect(server.sentBytes).toBe(video.length);
  });

  test('is given up when it keeps breaking off, or another file is there', async () => {
    const down = Array.from({ length: 4 }, (): Mishap => ({ status: 500 }));
    server.next({ cutAfter: 1_000 }, ...down);
    await expect(fetched(links())).rejects.toThrow('HTTP 500');
    server.next({ cutAfter: 1_000 }, ...down.map(() => ({ body: video })));
    await expect(fetched(links())).rejects.toBeInstanceOf(DownloadError);
  });
});

describe('is refused or given up, with a reason of its own:', () => {
  const deadTwice: Mishap[] = [{ status: 403 }, { status: 404 }, { status: 403 }];
  const metadata = { location: 'http://169.254.169.254/latest/meta-data' };
  test.each<[string, Mishap[], Partial<DownloadOptions>, string]>([
    ['links that do not work', deadTwice, {}, 'link to the video does not work any more'],
    ['a redirect', [{ status: 302, headers: metadata }], {}, 'leads on to elsewhere'],
    ['an error', [{ status: 500 }], {}, 'HTTP 500'],
    [
      'what trickles',
      Array.from({ length: 4 }, () => ({ dripAfter: 10 })),
      { slowAfterMs: 200, minBytesPerSecond: 9_999 },
      'slowly',
    ],
    ['what never answers', [{ hang: true }], { idleMs: 200 }, 'in time'],
    ['what says that it is too large', [], { maxBytes: 1_000 }, 'more than 1000 bytes'],
    [
      'what is packed',
      [{ body: video, headers: { 'content-encoding': 'gzip' } }],
      {},
      'came packed',
    ],
  ])('%s', async (_what, mishaps, change, message) => {
    server.next(...mishaps);
    await expect(fetched(links(), change)).rejects.toThrow(message);
  });

  test('a length that lies', async () => {
    const said = { 'content-length': '400000' };
    server.each = () => ({ body: video, headers: said });
    await expect(fetched(links())).rejects.toBeInstanceOf(DownloadError);
    const none = { 'transfer-encoding': 'chunked' };
    server.each = () => ({ body: video, headers: none });
    // Where nothing is said it is counted as it comes (storage.ts).
    expect((await fetched(links())).equals(video)).toBe(true);
    expect(new TooLargeError(1).message).toContain('1');
  });

  const elsewhere: [string, string, string[]][] = [
    ['http', 'http://files.example.com/v.mp4', ['93.184.216.34']],
    ['credentials', 'https://user:word@files.example.com/v.mp4', ['93.184.216.34']],
    ['a port below 1024', 'https://files.example.com:22/v.mp4', ['93.184.216.34']],
    ['a private address', 'https://10.0.0.7/v.mp4', []],
    ['a name of this network', 'https://files.internal/v.mp4', []],
    ['a name with a private address', 'https://files.example.com/v.mp4', ['192.168.0.4']],
    ['a name with one private address', 'https://a.example.com/v', ['93.184.216.34', '127.0.0.1']],
  ];
  test.each(elsewhere)('a link with %s', async (_what, url, found) => {
    const resolve = () => Promise.resolve(found.map((address) => ({ address, family: 4 })));
    const asked = fetched(() => Promise.resolve(url), { allowPrivate: false, resolve });
    await expect(asked).rejects.toThrow('not lead to an allowed address');
  });

  test('a name that is public when it is looked at and private when it is connected to', async () => {
    let asked = 0;
    const resolve = () => {
      asked += 1;
      return Promise.resolve([{ address: asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }]);
    };
    const url = 'https://rebind.example.com:8443/v.mp4';
    const attempt = fetched(() => Promise.resolve(url), { allowPrivate: false, resolve });
    await expect(attempt).rejects.toThrow('not lead to an allowed address');
    // What was checked is what is connected to: there is no second question to answer otherwise.
    expect(asked).toBe(1);
  });
});

test('ends when it is told to', async () => {
  server.next({ dripAfter: 1_000 });
  const stop = new AbortController();
  const asked = buffer(download(links(), options, stop.signal));
  const reason = new Error('stopping');
  while (server.requests.length === 0) await new Promise((done) => setTimeout(done, 5));
  stop.abort(reason);
  await expect(asked).rejects.toThrow();
});

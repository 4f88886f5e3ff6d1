import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { createLogger, type Logger } from '../../../src/logger.ts';
import { BucketStorage } from '../../../src/media/storage-bucket.ts';
import { StorageError } from '../../../src/media/storage.ts';

const id = '01a225d0-a0d6-783d-b274-3457cdbf6062';
const ours = [`kept/videos/62/${id}`, `kept/inputs/62/${id}`, `kept/uploads/62/${id}/direct`];
const foreign = ['kept/readme.txt', 'kept/videos/62/other.mp4'];

/** One upload a page, as a bucket tells of them. */
function page(keys: readonly string[], from: string | null): string {
  const at = from === null ? 0 : keys.indexOf(from) + 1;
  const started = at === 1 ? '2026-11-29T00:00:00Z' : '2026-11-20T00:00:00Z';
  const next = at < keys.length - 1;
  return `<ListMultipartUploadsResult><IsTruncated>${next}</IsTruncated>
    ${next ? `<NextKeyMarker>${keys[at]}</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker>` : ''}
    <Upload><Key>${keys[at]}</Key><UploadId>u</UploadId><Initiated>${started}</Initiated></Upload>
  </ListMultipartUploadsResult>`;
}

const undo: (() => unknown)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) step();
});

async function openAt(answer: RequestListener, log: Pick<Logger, 'warn'>) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  undo.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = {
    ...{ bucket: 'media', region: 'us-east-1', prefix: 'kept', endpoint, pathStyle: true },
    ...{ encryption: undefined, keys: { accessKeyId: 'id', secretAccessKey: 'secret' } },
  };
  const storage = await BucketStorage.open(config, log);
  undo.push(() => storage.close());
  return storage;
}

test('uploads that were left are ended on each page, but for younger ones and those of others', async () => {
  const keys = [ours[0]!, ours[1]!, ...foreign, ours[2]!];
  const ended: string[] = [];
  const storage = await openAt(({ method, url }, response) => {
    const { pathname, searchParams } = new URL(url!, 'http://bucket');
    if (method === 'DELETE') {
      ended.push(pathname.slice('/media/'.length));
      response.statusCode = 204;
    }
    response.end(searchParams.has('uploads') ? page(keys, searchParams.get('key-marker')) : '');
  }, createLogger('silent'));
  await storage.dropUnfinished(new Date('2026-11-28T00:00:00Z'));
  expect(ended).toEqual([ours[0], ours[2]]);
});

test('a bucket that cannot list them is asked once, and its operator told what to do', async () => {
  let asked = 0;
  const warnings: string[] = [];
  const storage = await openAt(
    ({ url }, response) => {
      if (new URL(url!, 'http://bucket').searchParams.has('uploads')) {
        asked += 1;
        response.statusCode = 501;
        response.end('<Error><Code>NotImplemented</Code><Message>not here</Message></Error>');
      } else response.end();
    },
    { warn: (...given: unknown[]) => void warnings.push(String(given[1])) },
  );
  await storage.dropUnfinished(new Date());
  await storage.dropUnfinished(new Date());
  expect(asked).toBe(1);
  expect(warnings).toEqual([
    'this bucket cannot list unfinished uploads: let a lifecycle rule of the bucket end them after a day',
  ]);
});

test('with a key that is deleted go its unfinished uploads, before it, where that is asked for', async () => {
  const whole = `kept/videos/62/${id}`;
  const asked: string[] = [];
  const storage = await openAt(({ method, url }, response) => {
    const { pathname, searchParams } = new URL(url!, 'http://bucket');
    const key = pathname.slice('/media/'.length);
    if (searchParams.has('uploads')) {
      asked.push(`list ${searchParams.get('prefix')}`);
      return response.end(page([whole, `${whole}/other`], searchParams.get('key-marker')));
    }
    if (method !== 'DELETE') return response.end();
    asked.push(`${searchParams.has('uploadId') ? 'end' : 'delete'} ${key}`);
    // It has come to its end meanwhile.
    response.statusCode = searchParams.has('uploadId') ? 404 : 204;
    response.end(response.statusCode === 404 ? '<Error><Code>NoSuchUpload</Code></Error>' : '');
  }, createLogger('silent'));
  await storage.delete(whole.slice('kept/'.length), { alsoBegun: true });
  const list = `list ${whole}`;
  expect(asked.splice(0)).toEqual([list, `end ${whole}`, list, `delete ${whole}`]);
  await storage.delete(whole.slice('kept/'.length));
  expect(asked).toEqual([`delete ${whole}`]);
});

test.each([
  [403, 'these keys may not'],
  [501, 'this bucket cannot'],
])('a key is deleted also where they are not listed (%d)', async (status, what) => {
  const [deleted, warnings]: string[][] = [[], []];
  const storage = await openAt(
    ({ method, url }, response) => {
      if (new URL(url!, 'http://bucket').searchParams.has('uploads')) response.statusCode = status;
      else if (method === 'DELETE') deleted!.push(url!);
      response.end(response.statusCode === 200 ? '' : '<Error><Code>No</Code></Error>');
    },
    { warn: (...given: unknown[]) => void warnings!.push(String(given[1])) },
  );
  for (const key of ['videos/a', 'videos/b']) await storage.delete(key, { alsoBegun: true });
  expect(deleted).toHaveLength(2);
  expect(warnings).toEqual([expect.stringContaining(`${what} list unfinished uploads`)]);
});

test('a key is deleted, and its deletion fails, where they cannot be listed for now', async () => {
  let deleted = 0;
  const storage = await openAt(({ method, url }, response) => {
    if (new URL(url!, 'http://bucket').searchParams.has('uploads')) response.statusCode = 400;
    else if (method === 'DELETE') deleted += 1;
    response.end(response.statusCode === 200 ? '' : '<Error><Code>Later</Code></Error>');
  }, createLogger('silent'));
  const asked = storage.delete('videos/a', { alsoBegun: true });
  await expect(asked).rejects.toThrow(StorageError);
  expect(deleted).toBe(1);
});

import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { createLogger, type Logger } from '../../../src/logger.ts';
import { BucketStorage } from '../../../src/media/storage-bucket.ts';

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

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import type { BucketConfig } from '../../src/media/config.ts';

export interface BucketServer {
  /** Its bucket, as it is to be used unless a test says otherwise. */
  bucket(change?: Partial<BucketConfig>): BucketConfig;
  /** The next so many parts and objects are not taken, by 503. */
  failNext(count: number): void;
  /** How many were not taken. */
  readonly failed: number;
  close(): Promise<void>;
}

/** A server that speaks S3 and checks signatures, on this machine. */
export async function startBucketServer(): Promise<BucketServer> {
  const directory = await mkdtemp(join(tmpdir(), 'reelgraph-bucket-'));
  const bucketName = 'reelgraph-media';
  const s3rver = new S3rver({
    ...{ directory, silent: true, port: 0, address: '127.0.0.1', vhostBuckets: false },
    configureBuckets: [{ name: bucketName, configs: [] }],
  });
  await s3rver.configureBuckets();
  const answer = s3rver.callback();
  let failNext = 0;
  let failed = 0;
  const server = createServer((request, response) => {
    if (request.method === 'PUT' && failNext > 0) {
      failNext -= 1;
      failed += 1;
      request.resume();
      request.on('end', () => response.writeHead(503).end());
    } else answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    bucket: (change = {}) => ({
      bucket: bucketName,
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      pathStyle: true,
      prefix: '',
      encryption: undefined,
      keys: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
      ...change,
    }),
    failNext: (count) => {
      failNext = count;
    },
    get failed() {
      return failed;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

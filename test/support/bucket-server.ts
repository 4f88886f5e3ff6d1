import { mkdtemp, rm } from 'node:fs/promises';
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import type { BucketConfig } from '../../src/media/config.ts';

const secretAccessKey = 'S3RVER';

export interface BucketServer {
  /** Its bucket, as it is to be used unless a test says otherwise. */
  bucket(change?: Partial<BucketConfig>): BucketConfig;
  /** The same as a service is told. */
  env(prefix?: string): Record<string, string>;
  /** The next so many parts and objects are not taken, by 503. */
  failNext(count: number): void;
  /** Every request from now on is hung up on, left without an answer, or refused, or what is read is cut off; undefined: all goes well. */
  mishap: 'hangUp' | 'hang' | 'cutReads' | { status: number; code: string } | undefined;
  /** How many were not taken. */
  readonly failed: number;
  /** How many were left without an answer. */
  readonly unanswered: number;
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
  let unanswered = 0;
  const server = createServer((request, response) => {
    if (self.mishap === 'hangUp') request.socket.destroy();
    else if (self.mishap === 'hang') {
      unanswered += 1;
      request.resume();
    } else if (self.mishap === 'cutReads') {
      if (request.method !== 'GET') return answer(request, response);
      response.writeHead(206, { 'content-length': '1000' });
      response.write('cut', () => request.socket.destroy());
    } else if (self.mishap) {
      const { status, code } = self.mishap;
      request.resume();
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(`<Error><Code>${code}</Code><Message>${code}, it says</Message></Error>`);
    } else if (request.method === 'PUT' && failNext > 0) {
      failNext -= 1;
      failed += 1;
      request.resume();
      request.on('end', () => response.writeHead(503).end());
    } else if (isSigned(request)) answer(request, response);
    else response.writeHead(403).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const accessKeyId = 'S3RVER';
  const self: BucketServer = {
    mishap: undefined,
    bucket: (change = {}) => ({
      bucket: bucketName,
      endpoint,
      region: 'us-east-1',
      pathStyle: true,
      prefix: '',
      encryption: undefined,
      keys: { accessKeyId, secretAccessKey },
      ...change,
    }),
    env: (prefix) => ({
      ...{ MEDIA_BUCKET: bucketName, MEDIA_ENDPOINT: endpoint, MEDIA_PATH_STYLE: 'on' },
      ...{ MEDIA_ACCESS_KEY_ID: accessKeyId, MEDIA_SECRET_ACCESS_KEY: secretAccessKey },
      ...(prefix && { MEDIA_PREFIX: prefix }),
    }),
    failNext: (count) => {
      failNext = count;
    },
    get failed() {
      return failed;
    },
    get unanswered() {
      return unanswered;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await rm(directory, { recursive: true, force: true });
    },
  };
  return self;
}

/** Whether a request has the signature (AWS version 4) of our key, in a header or in its address: s3rver knows version 2 alone. */
function isSigned({ method, url, headers }: IncomingMessage): boolean {
  const [path, search = ''] = url!.split('?') as [string, string?];
  const query = new Map(search.split('&').map((part) => part.split('=') as [string, string]));
  const inQuery = (name: string) => decodeURIComponent(query.get(name) ?? '');
  const given = /Credential=([^,]+), SignedHeaders=([^,]+), Signature=(\w+)/.exec(
    headers.authorization ?? '',
  );
  const [credential, signedHeaders, signature] = given
    ? given.slice(1)
    : ['X-Amz-Credential', 'X-Amz-SignedHeaders', 'X-Amz-Signature'].map(inQuery);
  const date = given ? String(headers['x-amz-date']) : inQuery('X-Amz-Date');
  const asked = search
    .split('&')
    .filter((part) => part !== '' && !part.startsWith('X-Amz-Signature='))
    .map((part) => (part.includes('=') ? part : `${part}=`));
  const bodyHash = given ? String(headers['x-amz-content-sha256']) : 'UNSIGNED-PAYLOAD';
  const canonical = [
    ...[method, path, asked.sort().join('&')],
    ...signedHeaders!.split(';').map((name) => `${name}:${String(headers[name]).trim()}`),
    ...['', signedHeaders, bodyHash],
  ].join('\n');
  const [, ...scope] = credential!.split('/');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const hmac = (key: string | Buffer, text: string) =>
    createHmac('sha256', key).update(text).digest();
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const text = ['AWS4-HMAC-SHA256', date, scope.join('/'), hash].join('\n');
  return hmac(key, text).toString('hex') === signature;
}

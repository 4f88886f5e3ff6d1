/**
 * What it takes to keep a finished video: fetched, stored, hashed and read as the service does, four at
 * a time, into a directory and into a bucket. The links and the bucket are served by another process.
 * Prints the time of the processor that a MB costs, and the growth of memory from the first quarter on;
 * exits with 1 when that is 100 MB or more: what goes through must not stay.
 */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLogger } from '../src/logger.ts';
import type { BucketConfig } from '../src/media/config.ts';
import { download, type DownloadOptions } from '../src/media/download.ts';
import { storedFile } from '../src/media/file-bytes.ts';
import { openStorage } from '../src/media/open-storage.ts';
import { readVideoApart } from '../src/media/read-apart.ts';
import type { MediaStorage } from '../src/media/storage.ts';
import { keyOf } from '../src/media/stored-objects.ts';
import { resolveLocal } from '../src/network/resolve-host.ts';
import { startBucketServer } from '../test/support/bucket-server.ts';
import { anMp4 } from '../test/support/clips.ts';
import { aMediaConfig } from '../test/support/media-config.ts';
import { startVideoServer } from '../test/support/video-server.ts';

const megabyte = 1024 * 1024;
const videoBytes = 20 * megabyte;
const videos = Number(process.env['VIDEOS'] || 80);
const atOnce = 4;
const mostGrowthMb = 100;

/** As in src/media/wiring.ts. */
const options: DownloadOptions = {
  ...{ what: 'video', maxBytes: 500 * megabyte, idleMs: 30_000, allowPrivate: true },
  ...{ minBytesPerSecond: 8 * 1024, slowAfterMs: 20_000, resolve: resolveLocal },
  tunnel: () => undefined,
};

if (process.argv[2] === 'others') await serveOthers();
else {
  const folder = await mkdtemp(join(tmpdir(), 'media-'));
  const others = fork(fileURLToPath(import.meta.url), ['others'], { execArgv: process.execArgv });
  const [{ link, bucket }] = (await once(others, 'message')) as [
    { link: string; bucket: BucketConfig },
  ];
  const log = createLogger('silent');
  const rows: Record<string, string | number>[] = [];
  for (const [name, config] of [
    ['directory', aMediaConfig({ directory: folder })],
    ['bucket', aMediaConfig({ bucket })],
  ] as const) {
    const storage = await openStorage(config, log);
    rows.push({ storage: name, ...(await measure(storage, link)) });
    storage.close();
  }
  console.table(rows);
  const isConstant = rows.every((row) => Number(row['memory grown, MB']) < mostGrowthMb);
  console.log(isConstant ? 'ok' : `MISSED: memory grew by ${mostGrowthMb} MB or more`);
  process.exitCode = isConstant ? 0 : 1;
  others.disconnect();
  await rm(folder, { recursive: true });
}

async function measure(storage: MediaStorage, link: string) {
  // What is loaded and compiled once.
  await keep(storage, link);
  let left = videos;
  let early = 0;
  let peak = 0;
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const work = async () => {
    while (left > 0) {
      left -= 1;
      await keep(storage, link);
      const memory = process.memoryUsage.rss();
      if (left >= (videos * 3) / 4) early = Math.max(early, memory);
      peak = Math.max(peak, memory);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1_000;
  const mb = (videos * videoBytes) / megabyte;
  return {
    'MB/s': Math.round(mb / seconds),
    'CPU ms/MB': Number((cpuMs / mb).toFixed(2)),
    'MB/s of a core': Math.round(mb / (cpuMs / 1_000)),
    'videos/s of a core': Number((videos / (cpuMs / 1_000)).toFixed(1)),
    'peak, MB': Math.round(peak / megabyte),
    'memory grown, MB': Math.round((peak - early) / megabyte),
  };
}

async function keep(storage: MediaStorage, link: string): Promise<void> {
  const key = keyOf({ kind: 'VIDEO', id: randomUUID() });
  const { signal } = new AbortController();
  const source = download(() => Promise.resolve(link), options, signal);
  const put = { contentType: 'video/mp4', maxBytes: options.maxBytes, signal };
  const { bytes } = await storage.put(key, source, put);
  await readVideoApart(storedFile(storage, key, bytes));
  await storage.delete(key);
}

/** What plays MiniMax's store, and the bucket. */
async function serveOthers(): Promise<void> {
  const video = anMp4();
  const free = Buffer.alloc(videoBytes - video.length);
  free.writeUInt32BE(free.length);
  free.write('free', 4);
  const files = await startVideoServer(Buffer.concat([video, free]));
  const bucketServer = await startBucketServer();
  process.send!({ link: `${files.url}/v.mp4`, bucket: bucketServer.bucket() });
  await once(process, 'disconnect');
  await files.close();
  await bucketServer.close();
}

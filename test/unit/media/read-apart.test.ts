import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { NotAVideoError } from '../../../src/media/archive-facts.ts';
import { measureApart, readVideoApart, readWith } from '../../../src/media/read-apart.ts';
import { NotStoredError, StorageError } from '../../../src/media/storage.ts';
import { anMp3, anMp4, table } from '../../support/clips.ts';
import { inMemory } from '../../support/file-bytes.ts';
import { aPng } from '../../support/images.ts';
import { builtReader } from '../../support/program.ts';

readWith(builtReader);

/** 330,000 headers of nothing before three seconds of sound: each is looked at for half a minute in all. */
const slow = () => {
  const header = Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1');
  return Buffer.concat([Buffer.alloc(330_000 * header.length, header), anMp3(3)]);
};

/** A video whose first track has tables of 200,000 samples each, which a reader appends to one another. */
const greedy = () => {
  const tables = Array.from({ length: 24 }, () => table('stts', 1, 200_000, 1));
  const more = Buffer.concat([...tables, table('ctts', 1, 1, 5)]);
  const video = anMp4();
  for (const name of ['moov', 'trak', 'mdia', 'minf', 'stbl']) {
    const at = video.indexOf(name) - 4;
    video.writeUInt32BE(video.readUInt32BE(at) + more.length, at);
  }
  const at = video.indexOf('stbl') + 4;
  return Buffer.concat([video.subarray(0, at), more, video.subarray(at)]);
};

test('files are measured beside the service, several at once', async () => {
  const [video, image] = await Promise.all([
    measureApart(inMemory(anMp4())),
    measureApart(inMemory(aPng({ width: 320, height: 400 }))),
  ]);
  expect(video.media).toMatchObject({ kind: 'VIDEO', width: 1366, seconds: 6 });
  expect(image.media).toMatchObject({ kind: 'IMAGE', width: 320, height: 400 });
});

test('one that takes too long is refused, and keeps nothing else from going on', async () => {
  const measuring = measureApart(inMemory(slow()), 1_500);
  expect((await measureApart(inMemory(anMp4()))).media).toBeDefined();
  expect((await measuring).problem?.message).toBe(
    'The file takes far too long to read, or too much memory: make it anew.',
  );
  expect((await measureApart(inMemory(anMp4()))).media).toBeDefined();
});

test('one that takes all memory takes only that of its reader', async () => {
  const file = inMemory(greedy());
  await expect(readVideoApart(file)).rejects.toThrow(NotAVideoError);
  expect((await measureApart(file)).problem?.message).toMatch(/far more parts/);
  expect((await measureApart(inMemory(anMp4()))).media).toBeDefined();
});

test('of a stored video the same is read, or that it is none', async () => {
  const video = anMp4();
  expect(await readVideoApart(inMemory(video))).toMatchObject({ width: 1366, durationMs: 6_000 });
  const half = readVideoApart(inMemory(video.subarray(0, video.length / 2)));
  await expect(half).rejects.toThrow(NotAVideoError);
  await expect(half).rejects.toMatchObject({ isCutOff: true });
});

test('what cannot be read is the fault of the storage, not of the file', async () => {
  const file = { size: 1_000, read: () => Promise.reject(new NotStoredError()) };
  await expect(measureApart(file)).rejects.toThrow(StorageError);
  await expect(readVideoApart(file)).rejects.toThrow(StorageError);
});

test('what a storage does not give in time is its fault, too', async () => {
  const file = { size: 1_000, read: () => new Promise<Buffer>(() => undefined) };
  await expect(measureApart(file, 500)).rejects.toThrow(StorageError);
});

(process.platform === 'linux' ? test : test.skip)(
  'a reader that others kill says nothing about the file',
  async () => {
    const kill = () => {
      for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        if (parentOf(pid) === process.pid && isReader(pid)) process.kill(Number(pid), 'SIGKILL');
      }
      return new Promise<Buffer>(() => undefined);
    };
    await expect(measureApart({ size: 1_000, read: kill })).rejects.toThrow(StorageError);
    expect((await measureApart(inMemory(anMp4()))).media).toBeDefined();
  },
);

/** Null of one that has ended meanwhile. */
function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function parentOf(pid: string): number {
  return Number(/^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1]);
}

function isReader(pid: string): boolean {
  return read(`/proc/${pid}/cmdline`)?.includes('reading-process') ?? false;
}

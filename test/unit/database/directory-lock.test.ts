import { mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DirectoryLock } from '../../../src/database/directory-lock.ts';
import { silent } from '../../support/database.ts';

const pace = { beatMs: 20, silenceMs: 200 };
let parent: string;
let directory: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'lock-'));
  directory = join(parent, 'postgres');
});
afterEach(() => rm(parent, { recursive: true }));

const acquire = () => DirectoryLock.acquire(directory, silent, pace);

async function leaveLock(content: string): Promise<string> {
  await mkdir(`${directory}.lock`, { recursive: true });
  const file = join(`${directory}.lock`, 'left-behind.json');
  await writeFile(file, content);
  return file;
}

test('a released lock can be had again', async () => {
  const first = await acquire();
  await expect(acquire()).rejects.toThrow(`process id ${process.pid}`);
  await first.release();
  await (await acquire()).release();
});

test('of many that find a dead lock at once, one gets it', async () => {
  // A process id that was given to this process anew, as in a restarted container.
  const first = await acquire();
  const [name] = await readdir(`${directory}.lock`);
  const own = JSON.parse(await readFile(join(`${directory}.lock`, name!), 'utf8')) as object;
  await first.release();
  await leaveLock(JSON.stringify({ ...own, startedAt: '1' }));

  const results = await Promise.allSettled(Array.from({ length: 8 }, acquire));
  const winners = results.filter((result) => result.status === 'fulfilled');
  expect(winners.length).toBe(1);
  await winners[0]!.value.release();
  expect(await readdir(`${directory}.lock`)).toEqual([]);
});

test.each(['', '{"pid":', 'null'])('a lock file that says %j is nobody’s', async (content) => {
  await leaveLock(content);
  await (await acquire()).release();
});

const elsewhere = JSON.stringify({ pid: process.pid, startedAt: '1', scope: 'another container' });

test('a lock from another container holds while it is being touched', async () => {
  const file = await leaveLock(elsewhere);
  const beating = setInterval(() => void utimes(file, new Date(), new Date()), pace.beatMs);
  try {
    await expect(acquire()).rejects.toThrow('in another container or on another machine');
  } finally {
    clearInterval(beating);
  }
});

test('a lock from another container that is silent is taken over', async () => {
  await leaveLock(elsewhere);
  await (await acquire()).release();
});

test('whoever loses the lock is told', async () => {
  const lock = await acquire();
  const lost = new Promise<Error>((resolve) => lock.onLost(resolve));
  await rm(`${directory}.lock`, { recursive: true });
  expect((await lost).message).toBe('The lock on the embedded database was lost');
  await lock.release();
});

import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { DatabaseStartError, openDatabase } from '../../../src/database/database.ts';
import { migratedSnapshot, silent } from '../../support/database.ts';
import { builtProgram } from '../../support/program.ts';

let parent: string;
let dataDir: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'embedded-'));
  const fresh = join(parent, 'fresh/postgres');
  await mkdir(fresh, { recursive: true });
  await promisify(execFile)('tar', ['-xf', await migratedSnapshot(), '-C', fresh]);
});
beforeEach(() => {
  dataDir = join(parent, randomUUID());
});
afterAll(() => rm(parent, { recursive: true }));

/** Copying a migrated directory takes a tenth of the time of making a new one. */
const copyFresh = () => cp(join(parent, 'fresh'), dataDir, { recursive: true });

async function openCopy() {
  await copyFresh();
  return open();
}

const open = () => openDatabase({ dataDir, logger: silent });

/** Opens the directory and stores a row, as the service does, and keeps it open. */
const holding = `
const [, module, dataDir, id] = process.argv;
const { openDatabase } = await import(module);
const log = (_details, message) => process.stderr.write(message + '\\n');
const database = await openDatabase({ dataDir, logger: { info: log, warn: log, error: log } });
await database.prisma.upstreamKey.create({ data: { id } });
process.stdout.write('holding\\n');
setInterval(() => undefined, 1_000);`;

/** Resolves when another process has opened the directory and stored a row. */
async function holdInAnotherProcess(id: string) {
  const module = join(dirname(await builtProgram()), 'database/database.js');
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', holding, module, dataDir, id],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  await Promise.race([
    once(child.stdout, 'data'),
    exited.then(() => Promise.reject(new Error('The other process ended'))),
  ]);
  return {
    pid: child.pid!,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

test('an embedded database is refused a second time while it is open, and has its rows when it is opened again', async () => {
  const first = await openCopy();
  await expect(open()).rejects.toThrow(DatabaseStartError);
  await first.prisma.upstreamKey.create({ data: { id: 'kept' } });
  await first.close();
  const second = await open();
  expect(await second.prisma.upstreamKey.findMany({ select: { id: true } })).toEqual([
    { id: 'kept' },
  ]);
  await second.close();
  expect(await readdir(join(dataDir, 'postgres.lock'))).toEqual([]);
});

test('a directory in use by another process is refused, and taken over once that is killed', async () => {
  await copyFresh();
  const other = await holdInAnotherProcess('from the other');
  const refused = open();
  await expect(refused).rejects.toThrow(DatabaseStartError);
  await expect(refused).rejects.toThrow(`process id ${other.pid}`);
  await expect(refused).rejects.toThrow('set DATABASE_URL');
  await other.kill();
  const database = await open();
  expect(await database.prisma.upstreamKey.count({ where: { id: 'from the other' } })).toBe(1);
  await database.close();
});

test('a directory that a killed process had only begun to fill is filled anew', async () => {
  await mkdir(join(dataDir, 'postgres'), { recursive: true });
  await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '18\n');
  await writeFile(join(dataDir, 'postgres', 'unfinished'), '');
  const database = await open();
  await database.prisma.upstreamKey.create({ data: { id: 'works' } });
  await database.close();
  const again = await open();
  expect(await again.prisma.upstreamKey.count()).toBe(1);
  await again.close();
});

test('a damaged directory is refused in words and left as it is', async () => {
  await mkdir(join(dataDir, 'postgres'), { recursive: true });
  await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '18\n');
  await expect(open()).rejects.toThrow(/cannot be opened .* Restore the directory/);
  expect(await readdir(join(dataDir, 'postgres'))).toContain('PG_VERSION');
});

test('nothing more is written once the lock is lost', async () => {
  const database = await openCopy();
  await rm(join(dataDir, 'postgres.lock'), { recursive: true });
  for (;;) {
    try {
      await database.ping();
    } catch (error) {
      expect(error).toMatchObject({ message: 'The lock on the embedded database was lost' });
      break;
    }
  }
  await expect(database.prisma.upstreamKey.create({ data: { id: 'late' } })).rejects.toThrow();
  await database.close();
});

import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { DatabaseLogger } from './database-logger.ts';
import { makeDirectory } from './make-directory.ts';
import { DatabaseStartError } from './start-error.ts';

const ATTEMPTS = 5;

/** How often a holder shows that it lives, and how long one may be silent before it counts as dead. */
const PACE = { beatMs: 2_000, silenceMs: 10_000 };

interface Holder {
  pid: number;
  /** Start of the process; tells a living holder from a later process with the same id. */
  startedAt: string | null;
  /** Where process ids mean the same: this boot of this machine, this container. */
  scope: string;
}

/**
 * The right to be the only process that uses a directory.
 *
 * Each process puts a file with a name of its own into `<directory>.lock/` and then looks at the
 * others: files of dead processes are removed, and with a living one there its own is taken back.
 * Since names are never used twice, removing a dead file can never hit a living one, however many
 * find it at once; and since each looks after it has put its own file, no two can miss each other.
 *
 * A holder on the same machine and in the same container is known to be dead from its process id.
 * Process ids of another container say nothing, so there a living holder is known by its file being
 * touched every two seconds, and one that is silent for ten is taken for dead.
 */
export class DirectoryLock {
  readonly #file: string;
  readonly #beat: NodeJS.Timeout;
  #lost: (error: Error) => void = () => undefined;

  private constructor(file: string, beatMs: number) {
    this.#file = file;
    this.#beat = setInterval(() => void this.#touch(), beatMs);
    this.#beat.unref();
  }

  /** Rejects with a `DatabaseStartError` when another living process has the directory. */
  static async acquire(
    directory: string,
    logger: DatabaseLogger,
    pace = PACE,
  ): Promise<DirectoryLock> {
    const locks = `${directory}.lock`;
    for (let attempt = 1; ; attempt++) {
      const file = await writeOwn(locks);
      const lock = new DirectoryLock(file, pace.beatMs);
      const holder = await findLiving(locks, file, pace, logger);
      if (!holder) return lock;
      await lock.release();
      if (attempt === ATTEMPTS) {
        throw new DatabaseStartError(
          `Another process (${holder}) is using the embedded database in ${directory}, which takes one process at a time. Stop it, choose another data directory, or set DATABASE_URL to share a PostgreSQL server.`,
        );
      }
      // Two that start together may each have seen the other: pauses of different lengths part them.
      await pause(20 + Math.random() * 130);
    }
  }

  /** Called once if the lock is lost: somebody removed its file, taking this process for dead. */
  onLost(callback: (error: Error) => void): void {
    this.#lost = callback;
  }

  async release(): Promise<void> {
    clearInterval(this.#beat);
    await rm(this.#file, { force: true });
  }

  async #touch(): Promise<void> {
    try {
      const now = new Date();
      await utimes(this.#file, now, now);
    } catch (error) {
      clearInterval(this.#beat);
      this.#lost(new Error('The lock on the embedded database was lost', { cause: error }));
    }
  }
}

async function writeOwn(locks: string): Promise<string> {
  const file = join(locks, `${randomUUID()}.json`);
  const holder: Holder = { pid: process.pid, startedAt: startOf(process.pid), scope: scope() };
  try {
    await makeDirectory(locks);
    // Renamed into place, so that no living process's file is ever seen empty or half-written.
    await writeFile(`${file}.new`, JSON.stringify(holder));
    await rename(`${file}.new`, file);
    return file;
  } catch (error) {
    throw new DatabaseStartError(
      `The data directory cannot be written: ${error instanceof Error ? error.message : String(error)}. Choose another one, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

/** Who holds one of the other files, in words; removes the files of the dead. */
async function findLiving(
  locks: string,
  own: string,
  pace: typeof PACE,
  logger: DatabaseLogger,
): Promise<string | undefined> {
  for (const name of await readdir(locks)) {
    const file = join(locks, name);
    if (!name.endsWith('.json') || file === own) continue;
    const holder = await readHolder(file);
    if (holder && (await isLiving(file, holder, pace, logger))) {
      return `process id ${holder.pid}${holder.scope === scope() ? '' : ', in another container or on another machine'}`;
    }
    await rm(file, { force: true });
  }
  return undefined;
}

/** Undefined for a file that is gone, empty or garbled, as a power failure leaves it. */
async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

async function isLiving(
  file: string,
  holder: Holder,
  { beatMs, silenceMs }: typeof PACE,
  logger: DatabaseLogger,
): Promise<boolean> {
  if (holder.scope === scope())
    return startOf(holder.pid) === holder.startedAt && exists(holder.pid);
  logger.info(
    { file },
    'Found a lock from another container or machine: watching whether its holder lives',
  );
  const before = await lastTouched(file);
  for (const deadline = Date.now() + silenceMs; Date.now() < deadline;) {
    await pause(beatMs / 8);
    const now = await lastTouched(file);
    if (now === undefined) return false;
    if (now !== before) return true;
  }
  return false;
}

async function lastTouched(file: string): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.mtimeMs;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, but there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** In clock ticks since boot; null where there is no /proc, or no such process. */
function startOf(pid: number): string | null {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The second field is the program's name in parentheses, and may itself hold spaces and parentheses.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function scope(): string {
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const container = read(() => readlinkSync('/proc/self/ns/pid'));
  return [boot ?? hostname(), container ?? ''].join(' ');
}

function read(source: () => string): string | undefined {
  try {
    return source();
  } catch {
    return undefined;
  }
}

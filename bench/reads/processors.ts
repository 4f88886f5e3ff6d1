import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import pg from 'pg';

/** User and system time of a process so far (Linux). */
export function cpuSecondsOf(pid: number): number {
  return seconds(statOf(pid).times);
}

/** A PostgreSQL server on this machine, or undefined where it is somewhere else. */
export async function findPostgres(url: string): Promise<Postgres | undefined> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const { pid } = rows[0]!;
    return readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres')
      ? new Postgres(statOf(pid).parent)
      : undefined;
  } catch {
    return undefined;
  } finally {
    await client.end();
  }
}

export class Postgres {
  readonly #postmaster: number;

  constructor(postmaster: number) {
    this.#postmaster = postmaster;
  }

  /** Of all its processes, those that have ended among them. */
  cpuSeconds(): number {
    const { ofEnded } = statOf(this.#postmaster);
    return this.#children().reduce((sum, { times }) => sum + seconds(times), seconds(ofEnded));
  }

  /** Keeps it to one processor; gives the way back, or null where one may not. */
  pin(cpu: number): (() => void) | null {
    const everything = `0-${cpus().length - 1}`;
    if (!keepTo(this.#postmaster, String(cpu))) return null;
    for (const { pid } of this.#children()) keepTo(pid, String(cpu));
    return () => {
      for (const pid of [this.#postmaster, ...this.#children().map(({ pid }) => pid)])
        keepTo(pid, everything);
    };
  }

  #children(): Stat[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          const stat = statOf(Number(name));
          return stat.parent === this.#postmaster ? [stat] : [];
        } catch {
          return []; // It has ended.
        }
      });
  }
}

/** Has a process run on these processors only; false where one may not, or it has ended. */
export function keepTo(pid: number, cpus: string): boolean {
  try {
    execFileSync('taskset', ['-a', '-cp', cpus, String(pid)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

interface Stat {
  pid: number;
  parent: number;
  /** In ticks of 10 ms. */
  times: Ticks;
  /** Of its children that have ended. */
  ofEnded: Ticks;
}

type Ticks = [user: number, system: number];

function statOf(pid: number): Stat {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = (at: number): Ticks => [Number(fields[at]), Number(fields[at + 1])];
  return { pid, parent: Number(fields[1]), times: ticks(11), ofEnded: ticks(13) };
}

function seconds([user, system]: Ticks): number {
  return (user + system) / 100;
}

import { execFile, execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

const run = promisify(execFile);

/** A PostgreSQL of its own in a temporary directory, to be killed as one pleases. */
export class ThrowawayCluster {
  kills = 0;
  /** When it was killed and when it answered again. */
  readonly outages: { from: number; to: number }[] = [];
  readonly #binaries: string;
  readonly #directory: string;
  readonly #port: number;
  readonly #owner: { uid?: number; gid?: number };

  private constructor(binaries: string, port: number, owner: { uid?: number; gid?: number }) {
    this.#binaries = binaries;
    this.#port = port;
    this.#owner = owner;
    this.#directory = mkdtempSync(join(tmpdir(), 'reelgraph-postgres-'));
    if (owner.uid !== undefined) chownSync(this.#directory, owner.uid, owner.gid!);
  }

  /** A running one, or the reason why there can be none on this machine. */
  static async start(): Promise<ThrowawayCluster | string> {
    const binaries = findBinaries();
    if (binaries === undefined) return 'no PostgreSQL server binaries on this machine';
    const owner = findOwner();
    if (owner === undefined)
      return 'PostgreSQL does not run as root, and there is no user postgres';
    const cluster = new ThrowawayCluster(binaries, await freePort(), owner);
    // What it begins with need not be on the disk: neither here nor in a standby.
    await cluster.#run('initdb', ['-D', cluster.#data, '-U', 'postgres', '-A', 'trust', '-N']);
    await cluster.#start();
    return cluster;
  }

  /** A standby that follows it and is not waited for, once it has all that there is now. */
  async standby(): Promise<ThrowawayCluster> {
    const standby = new ThrowawayCluster(this.#binaries, await freePort(), this.#owner);
    await this.#run('pg_basebackup', [
      ...['-h', '127.0.0.1', '-p', String(this.#port), '-U', 'postgres'],
      ...['-D', standby.#data, '-R', '-c', 'fast', '-N'],
    ]);
    await standby.#start();
    return standby;
  }

  /** Resolves when a standby has what the server of this cluster has committed so far. */
  async copiedTo(standby: ThrowawayCluster): Promise<void> {
    const [{ lsn }] = (await this.#query('SELECT pg_current_wal_lsn()::text AS lsn')) as [
      { lsn: string },
    ];
    await until(async () => {
      const [row] = await standby.#query(
        `SELECT pg_last_wal_replay_lsn() >= '${lsn}'::pg_lsn AS done`,
      );
      return row?.['done'] === true;
    });
  }

  /** Has a standby hear of nothing that happens from now on. */
  async deafen(): Promise<void> {
    await this.#query(`ALTER SYSTEM SET primary_conninfo = ''`);
    await this.#query('SELECT pg_reload_conf()');
    await until(
      async () => (await this.#query('SELECT pid FROM pg_stat_wal_receiver')).length === 0,
    );
  }

  /** Makes a server of a standby, which takes the place of the one that it followed. */
  async promote(): Promise<void> {
    await this.#run('pg_ctl', ['-D', this.#data, '-w', 'promote']);
  }

  /** Ends it without warning, for good, unless it has ended. */
  kill(): void {
    try {
      process.kill(this.#postmaster(), 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.#port}/postgres`;
  }

  /** Kills it without warning and starts it again after `downMs`; it recovers as after a crash. */
  async crash(how: 'SIGKILL' | 'immediate', downMs: number): Promise<void> {
    this.kills += 1;
    const outage = { from: Date.now(), to: Infinity };
    this.outages.push(outage);
    if (how === 'SIGKILL') process.kill(this.#postmaster(), 'SIGKILL');
    else await this.#run('pg_ctl', ['-D', this.#data, '-m', 'immediate', 'stop']);
    await sleep(downMs);
    await this.#start();
    outage.to = Date.now();
  }

  async remove(): Promise<void> {
    await this.#run('pg_ctl', ['-D', this.#data, '-m', 'immediate', 'stop']).catch(() => undefined);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.#directory, 'data');
  }

  #postmaster(): number {
    return Number(readFileSync(join(this.#data, 'postmaster.pid'), 'utf8').split('\n')[0]);
  }

  async #start(): Promise<void> {
    const settings = `-p ${this.#port} -k ${this.#directory} -c listen_addresses=127.0.0.1`;
    const log = join(this.#directory, 'log');
    for (let tries = 0; ; tries++) {
      try {
        await this.#run('pg_ctl', ['-D', this.#data, '-l', log, '-w', '-o', settings, 'start']);
        return;
      } catch (error) {
        // The children of a killed postmaster take a moment to notice.
        if (tries >= 100) throw error;
        await sleep(100);
      }
    }
  }

  async #query(sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(this.url);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async #run(program: string, args: string[]): Promise<void> {
    await run(join(this.#binaries, program), args, { cwd: this.#directory, ...this.#owner });
  }
}

function findBinaries(): string | undefined {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return undefined;
  return readdirSync(root)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(root, version, 'bin'))
    .find((directory) => existsSync(join(directory, 'initdb')));
}

/** Whom it runs as: the present user, or `postgres` when that is root. */
function findOwner(): { uid?: number; gid?: number } | undefined {
  if (process.getuid?.() !== 0) return {};
  try {
    const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { stdio: 'pipe' }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

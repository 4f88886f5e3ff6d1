import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import pg from 'pg';
import type { ListeningConnection } from './channels.ts';
import type { DatabaseLogger } from './database-logger.ts';
import { makeDirectory } from './make-directory.ts';
import { DatabasePool } from './pool.ts';
import { DatabaseStartError } from './start-error.ts';

export interface EmbeddedOptions {
  /** PGlite's data directory; undefined for one in memory. */
  directory?: string | undefined;
  snapshot?: Blob | undefined;
  logger: DatabaseLogger;
}

export interface Embedded extends ListeningConnection {
  /** Behaves like a pool over a server's connections, but has one connection only. */
  pool: pg.Pool;
  pglite: PGlite;
  /** Notifications of the channels listened to; there is no gap, the session lives as long as this process. */
  onNotification(callback: (channel: string, payload: string) => void): void;
  /** From now on a crash leaves the directory usable; until this is called it is made anew at the next start. */
  markReady(): Promise<void>;
  /** Makes every further query fail with this error. */
  refuse(error: Error): void;
  close(): Promise<void>;
}

/**
 * PostgreSQL inside this process, reached through an ordinary `pg.Pool`.
 *
 * The caller holds the directory's lock: PGlite itself has none, and two processes in one directory
 * silently lose data.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { directory, logger } = options;
  const unfinished = directory === undefined ? undefined : `${directory}/unfinished`;
  if (directory !== undefined && unfinished !== undefined) {
    // A process killed while it filled the directory leaves one that can never be opened. The mark
    // lies inside, so that a directory put in its place, from a backup, does not carry it.
    if (existsSync(unfinished)) await rm(directory, { recursive: true, force: true });
    await makeDirectory(directory);
    if (!existsSync(`${directory}/PG_VERSION`)) await writeFile(unfinished, '');
  }
  const pglite = await createPGlite(options);
  const backend: Backend = { pglite };
  const pool = new DatabasePool({
    max: 1,
    idleTimeoutMillis: 0,
    user: 'postgres',
    database: 'postgres',
    // Said, or PGSSLMODE in the environment would decide.
    ssl: false,
    stream: () => new EmbeddedStream(backend),
  });
  let deliver: (channel: string, payload: string) => void = () => undefined;
  pool.on('connect', (client) => {
    client.on('notification', ({ channel, payload }) => deliver(channel, payload ?? ''));
  });
  pool.on('error', (error) => logger.error({ error }, 'Embedded database connection failed'));
  if (directory !== undefined) {
    logger.info(
      { directory },
      'Using the embedded database: it survives a killed process but not a power failure; set DATABASE_URL to use a PostgreSQL server',
    );
  }
  return {
    pool,
    pglite,
    onNotification(callback) {
      deliver = callback;
    },
    async listen(channel) {
      await pool.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    },
    async unlisten(channel) {
      // A subscriber may leave when the database is closed already.
      if (!pool.ending) await pool.query(`UNLISTEN ${pg.escapeIdentifier(channel)}`);
    },
    async markReady() {
      if (unfinished !== undefined) await rm(unfinished, { force: true });
    },
    refuse(error) {
      backend.refusal = error;
    },
    async close() {
      await pool.end();
      await pglite.close();
    },
  };
}

async function createPGlite({ directory, snapshot }: EmbeddedOptions): Promise<PGlite> {
  try {
    return await PGlite.create({
      dataDir: directory ?? 'memory://',
      // Must be given at every open, or the extension's functions cannot be loaded.
      extensions: { pg_trgm },
      ...(snapshot && { loadDataDir: snapshot }),
    });
  } catch (error) {
    if (directory === undefined) throw error;
    throw new DatabaseStartError(
      `The embedded database in ${directory} cannot be opened (${describe(error)}). Restore the directory from a copy, move it away to start empty, or set DATABASE_URL.`,
      { cause: error },
    );
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The one PostgreSQL session, and the stream that speaks to it now. */
interface Backend {
  pglite: PGlite;
  current?: EmbeddedStream;
  refusal?: Error;
}

const ASKING = new Set([...'SQH'].map((letter) => letter.charCodeAt(0)));
const ROLLBACK = Buffer.from('Q\0\0\0\rROLLBACK\0');

/**
 * What `pg` takes for its socket: messages written to it are run by PGlite, the answers are read
 * from it.
 *
 * PGlite answers a batch of messages as a whole, so messages are kept back until one that asks for
 * an answer (Sync, Query or Flush): handed over one by one, an error would not skip the rest of its
 * batch, and the two sides would lose step.
 */
class EmbeddedStream extends Duplex {
  readonly #backend: Backend;
  #waiting: Buffer = Buffer.alloc(0);
  #started = false;

  constructor(backend: Backend) {
    super();
    this.#backend = backend;
  }

  connect(): this {
    setImmediate(() => this.emit('connect'));
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#take([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#take(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    this.push(null);
    done();
  }

  #take(chunks: Buffer[], done: (error?: Error | null) => void): void {
    this.#waiting = Buffer.concat([this.#waiting, ...chunks]);
    // The answer comes in a macrotask: answering at once would let a chain of queries starve timers and sockets.
    setImmediate(() => {
      this.#run().then(() => done(), done);
    });
  }

  async #run(): Promise<void> {
    if (!this.#started) {
      // The startup message alone has no letter in front of its length.
      const startup = this.#cut(this.#waiting.readInt32BE(0));
      this.#started = true;
      await this.#takeOver();
      await this.#exchange(startup);
    }
    const length = answerableLength(this.#waiting);
    if (length > 0) await this.#exchange(this.#cut(length));
  }

  #cut(length: number): Buffer {
    const head = this.#waiting.subarray(0, length);
    this.#waiting = this.#waiting.subarray(length);
    return head;
  }

  /**
   * Makes this the stream whose messages count. The one before may have been given up by the pool
   * in the middle of a transaction, which a server would roll back when the connection breaks.
   */
  async #takeOver(): Promise<void> {
    this.#backend.current = this;
    if (this.#backend.pglite.isInTransaction()) {
      await this.#backend.pglite.execProtocolRawStream(ROLLBACK, { onRawData: () => undefined });
    }
  }

  async #exchange(messages: Buffer): Promise<void> {
    if (this.#backend.refusal) throw this.#backend.refusal;
    if (this.#backend.current !== this) return;
    // The streaming call, because the other raw one keeps every answer in memory for ever.
    await this.#backend.pglite.execProtocolRawStream(messages, {
      onRawData: (data) => this.push(Buffer.from(data)),
    });
  }
}

/** The length of the complete messages up to the last one that asks for an answer. */
function answerableLength(messages: Buffer): number {
  let answerable = 0;
  let offset = 0;
  while (offset + 5 <= messages.length) {
    const end = offset + 1 + messages.readInt32BE(offset + 1);
    if (end > messages.length) break;
    if (ASKING.has(messages[offset]!)) answerable = end;
    offset = end;
  }
  return answerable;
}

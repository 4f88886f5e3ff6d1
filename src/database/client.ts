import pg from 'pg';
import { Era } from './era.ts';
import { usualLimits } from './limits.ts';

export interface DatabaseClientConfig extends pg.ClientConfig {
  /** Without a byte for so long while an answer is due, the connection counts as lost; 0 or left out: never. */
  silenceMs?: number;
  /** Asked then, over another connection: whether the backend of this one is still at what takes so long. */
  isAtWork?: ((backend: number) => Promise<boolean>) | undefined;
  /** False where a pooler may give each transaction another connection: no statement has a name there. */
  named?: boolean;
  /** In which it is made; shared by the connections to one server. */
  era?: Era;
}

const lookEveryMs = 500;
/** So often in a row another connection may fail to tell: the server itself gives up a lost client about then. */
const mostUntold = 5;

const usualLooks = Math.ceil(usualLimits.silenceMs / lookEveryMs);

const silence = 'Connection terminated: PostgreSQL was silent';

/** Those that wait for an answer: one timer looks after all of them, which costs a query nothing. */
const asking = new Set<DatabaseClient>();
let looking: NodeJS.Timeout | undefined;

/**
 * A connection to a server that does not wait for ever.
 *
 * `pg` has a limit for each query, but leaves the connection in use, and the next query waits behind
 * the one without an answer. Here the connection is destroyed. Counted are looks at it and not time:
 * a process that was suspended reads what has come meanwhile before the next look.
 */
export class DatabaseClient extends pg.Client {
  /** What the server tells of itself, from PostgreSQL 14 on, and of each change. */
  readonly #readOnlyBy = new Set<string>();
  readonly #looks: number;
  /** Ends when the connection is of no more use, since those that were made before may not be either. */
  readonly #era: Era;
  #madeIn: number;
  #silentLooks = 0;
  #bytes = 0;
  #isProbing = false;
  readonly #isAtWork: DatabaseClientConfig['isAtWork'];
  /** Known once it was probed. */
  #backend: number | undefined;
  #isAsked = false;
  #untold = 0;

  constructor(config: DatabaseClientConfig = {}) {
    super(config);
    this.#looks = Math.ceil((config.silenceMs ?? 0) / lookEveryMs);
    const { named = true, era = new Era(), isAtWork } = config;
    this.#isAtWork = isAtWork;
    this.#era = era;
    this.#madeIn = era.current;
    const query = this.query.bind(this) as (...given: unknown[]) => unknown;
    this.query = ((statement: unknown, ...more: unknown[]) => {
      if (this.#looks > 0) this.#ask();
      return query(named ? statement : withoutName(statement), ...more);
    }) as pg.Client['query'];
    this.on('drain', () => asking.delete(this));
    this.on('end', () => asking.delete(this));
    // A primary that was demoted, or a name that still leads to it: elsewhere there may be another.
    this.connection.on('errorMessage', (error: pg.DatabaseError) => {
      if (error.code === '25006' || isOfBefore(error)) this.#era.end();
      if (isOfBefore(error)) this.retire();
    });
    this.connection.on('parameterStatus', ({ parameterName, parameterValue }: ParameterStatus) => {
      if (!readOnlyParameters.has(parameterName)) return;
      if (parameterValue === 'on') this.#readOnlyBy.add(parameterName);
      else this.#readOnlyBy.delete(parameterName);
    });
  }

  /** Whether it leads to a standby, or to a server that was made read-only. */
  get isReadOnly(): boolean {
    return this.#readOnlyBy.size > 0;
  }

  /** Whether it is not to be used again: others that were made with it were of no more use, or it was retired. */
  get isOutdated(): boolean {
    return this.#madeIn !== this.#era.current;
  }

  /** Throws when no answer comes in the usual time, before what may take longer is asked. */
  async probe(): Promise<void> {
    this.#isProbing = true;
    try {
      const { rows } = await this.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      this.#backend = rows[0]!.pid;
    } finally {
      this.#isProbing = false;
    }
  }

  retire(): void {
    this.#madeIn = -1;
  }

  #ask(): void {
    if (asking.has(this)) return;
    this.#silentLooks = 0;
    asking.add(this);
    looking ??= setInterval(lookAtAll, lookEveryMs).unref();
  }

  look(): void {
    if (this.#isAsked) return;
    const bytes = this.#carried;
    this.#silentLooks = bytes === this.#bytes ? this.#silentLooks + 1 : 0;
    this.#bytes = bytes;
    // A long statement is waited for as long as nothing speaks against its connection.
    const isUsual = this.isOutdated || this.#isProbing;
    const most = isUsual ? Math.min(this.#looks, usualLooks) : this.#looks;
    if (this.#silentLooks <= most) return;
    if (this.#isAtWork && this.#backend !== undefined && !this.#isProbing) {
      void this.#giveUpUnlessAtWork(this.#isAtWork, this.#backend);
    } else this.#giveUp(most * lookEveryMs);
  }

  async #giveUpUnlessAtWork(
    isAtWork: (backend: number) => Promise<boolean>,
    backend: number,
  ): Promise<void> {
    const silentMs = this.#silentLooks * lookEveryMs;
    this.#isAsked = true;
    const isGone = await isAtWork(backend).then(
      (working) => {
        this.#untold = 0;
        return !working;
      },
      (error: unknown) => {
        // A server that refuses is there, and this connection may well lead to it.
        this.#untold = error instanceof pg.DatabaseError ? 0 : this.#untold + 1;
        return this.#untold >= mostUntold;
      },
    );
    this.#isAsked = false;
    this.#silentLooks = 0;
    // Its answer may have come meanwhile.
    if (isGone && asking.has(this) && this.#carried === this.#bytes) this.#giveUp(silentMs);
  }

  #giveUp(silentMs: number): void {
    asking.delete(this);
    this.#era.end();
    (this.connection as unknown as { stream: Carrier }).stream.destroy(
      new Error(`${silence} for ${silentMs} ms`),
    );
  }

  /** Bytes in both directions. */
  get #carried(): number {
    const { stream } = this.connection as unknown as { stream: Carrier };
    return stream.bytesRead + stream.bytesWritten - stream.writableLength;
  }
}

/**
 * Whether the connection knows tables or types as they were: a dump was restored, or a column changed,
 * under the statements that it has planned. Nothing of the statement was carried out.
 */
export function isOfBefore(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  const { code, routine, message } = error;
  return (
    (code === '0A000' && routine === 'RevalidateCachedQuery') ||
    // Never translated, since it is not meant to happen.
    (code === 'XX000' && message.startsWith('cache lookup failed for type'))
  );
}

/** Whether a connection was given up because no answer came. */
export function isSilence(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith(silence);
}

const readOnlyParameters = new Set(['default_transaction_read_only', 'in_hot_standby']);

interface ParameterStatus {
  parameterName: string;
  parameterValue: string;
}

interface Carrier {
  bytesRead: number;
  bytesWritten: number;
  writableLength: number;
  destroy(error?: Error): void;
}

function lookAtAll(): void {
  for (const client of asking) client.look();
  if (asking.size > 0) return;
  clearInterval(looking);
  looking = undefined;
}

function withoutName(statement: unknown): unknown {
  if (typeof statement !== 'object' || statement === null || !('name' in statement))
    return statement;
  return { ...statement, name: undefined };
}

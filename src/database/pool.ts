import pg from 'pg';
import { DatabaseClient, isOfBefore } from './client.ts';
import type { Era } from './era.ts';
import { connectWithinMs, usualLimits, type Limits } from './limits.ts';

export interface ServerPoolConfig extends pg.PoolConfig {
  limits?: Limits;
  /** Shared by the pools of one server. */
  era?: Era;
  named?: boolean;
  /** See `DatabaseClientConfig`. */
  isAtWork?: (backend: number) => Promise<boolean>;
}

/** What a server, a database, a role or an address may have set to something else, and nobody here reckons with. */
const asUsual = [
  // Prisma's adapter sends instants without a zone, and drops the zone of those it gets.
  `TIME ZONE 'UTC'`,
  // It reads no dates but these.
  `datestyle = 'ISO, MDY'`,
  `intervalstyle = 'postgres'`,
  // A backslash is itself, and numbers are whole, also in what is hashed.
  'standard_conforming_strings = on',
  'extra_float_digits = 1',
  'bytea_output = hex',
  // Else definitions of triggers look other than they were written.
  'quote_all_identifiers = off',
  // Else whoever waited for a lock is refused instead of seeing what the other one did.
  `default_transaction_isolation = 'read committed'`,
  // Costs a statement that reads few rows of a large table over 100 ms: it is judged by what it might read.
  'jit = off',
]
  .map((setting) => `SET ${setting};`)
  .join('');

/**
 * A `pg.Pool` whose connections are in UTC and set as usual, and survive a refused statement.
 *
 * The original closes the connection after every failed `query`, so that each violated unique
 * constraint would cost a new one, with its TLS handshake and its prepared statements.
 */
export class DatabasePool extends pg.Pool {
  constructor(config: pg.PoolConfig, settings = '') {
    // Waited for in spite of its type: no one gets the connection before.
    const onConnect: (client: pg.ClientBase) => unknown = (client) =>
      client.query(`${asUsual}${settings}`);
    super({ ...config, onConnect });
  }

  // Both callers, Prisma's adapter and this folder, use the form that returns a promise.
  override query = (async (...statement: Statement) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#query(statement);
      } catch (error) {
        if (!isOfBefore(error) || tries === mostTries) throw error;
      }
    }
  }) as pg.Pool['query'];

  async #query(statement: Statement): Promise<pg.QueryResult> {
    const client = await this.connect();
    // Without a listener a connection that breaks now would end the process.
    client.on('error', ignore);
    let broken: Error | undefined;
    try {
      // By callback: what pg's own promise gives outlives the quick garbage collections, and the
      // heap of a busy server grows by 150 MB before it is looked through as a whole.
      return await new Promise<pg.QueryResult>((resolve, reject) => {
        const [text, values] = statement as [string, unknown[]];
        client.query(text, values, (error, result) => (error ? reject(error) : resolve(result)));
      });
    } catch (error) {
      // By code, since the severity comes in the server's language: shutdown, connection, internal.
      const refused = error instanceof pg.DatabaseError && !/^(57P|08|XX)/.test(error.code ?? '08');
      if (!refused) broken = error as Error;
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(broken);
    }
  }
}

type Statement = [string | pg.QueryConfig, unknown[]?];

/** While what they know changes, connections that were just made may be of before too. */
const mostTries = 10;

/**
 * Connections to a server, none of which waits for ever: not for a lock, a statement, or an answer.
 *
 * The limits are set by a statement, since poolers refuse to start a connection with settings that
 * they do not know. The server looks after its side of the connection too: it gives up one whose
 * client is gone, and with it the locks.
 */
export class ServerPool extends DatabasePool {
  readonly #isPatient: boolean;

  constructor({ limits = usualLimits, ...config }: ServerPoolConfig) {
    const { silenceMs } = limits;
    super(
      {
        connectionTimeoutMillis: connectWithinMs,
        ...config,
        Client: DatabaseClient,
        silenceMs,
      } as pg.PoolConfig,
      settingsOf(limits),
    );
    this.#isPatient = silenceMs > usualLimits.silenceMs || config.isAtWork !== undefined;
  }

  /** Those who call it use the form that returns a promise. */
  override connect = (async () => {
    for (;;) {
      const client = await super.connect();
      const connection = client as unknown as DatabaseClient;
      if (!connection.isOutdated && (!this.#isPatient || (await answers(connection)))) {
        // Used this once: the next one may lead to a server that can be written to.
        if (connection.isReadOnly) connection.retire();
        return client;
      }
      // Not a word of farewell, which nobody may hear.
      connection.connection.stream.destroy();
      client.release(true);
    }
  }) as pg.Pool['connect'];
}

/** One that was idle may lead nowhere, and nobody is to wait as long as a long statement may take. */
async function answers(connection: DatabaseClient): Promise<boolean> {
  // Without a listener one that breaks now would end the process.
  connection.on('error', ignore);
  try {
    await connection.probe();
    connection.off('error', ignore);
    return true;
  } catch {
    return false;
  }
}

function settingsOf({ idleInTransactionMs, idleMs, lockMs, statementMs }: Limits): string {
  const settings = {
    idle_in_transaction_session_timeout: idleInTransactionMs,
    idle_session_timeout: idleMs,
    lock_timeout: lockMs,
    statement_timeout: statementMs,
    // Seconds; milliseconds. A client that is gone is known after half a minute.
    tcp_keepalives_idle: 10,
    tcp_keepalives_interval: 5,
    tcp_keepalives_count: 3,
    tcp_user_timeout: 25_000,
  };
  return Object.entries(settings)
    .map(([name, value]) => `SET ${name} = ${value};`)
    .join('');
}

function ignore(): void {}

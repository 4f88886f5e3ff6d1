import pg from 'pg';

/**
 * A `pg.Pool` whose connections are in UTC and survive a refused statement.
 *
 * UTC, because Prisma's adapter sends instants without a zone and drops the zone of those it gets:
 * under any other one it stores and reads wrong instants. And the original closes the connection
 * after every failed `query`, so that each violated unique constraint would cost a new one, with
 * its TLS handshake and its prepared statements.
 */
export class DatabasePool extends pg.Pool {
  constructor(config: pg.PoolConfig) {
    // Waited for in spite of its type: no one gets the connection before.
    const onConnect: (client: pg.ClientBase) => unknown = (client) =>
      client.query("SET TIME ZONE 'UTC'");
    super({ ...config, onConnect });
  }

  // Both callers, Prisma's adapter and this folder, use the form that returns a promise.
  override query = (async (...statement: [string | pg.QueryConfig, unknown[]?]) => {
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
  }) as pg.Pool['query'];
}

function ignore(): void {}

import pg from 'pg';

/** Milliseconds of a clock that all processes of the machine share. */
export function clockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * Hears when the record of an accepted submission is committed.
 *
 * A trigger of the bench tells a listening connection, which happens with the commit: what is heard
 * is late by its own way, never early. The service pays for the trigger as well.
 */
export class Commits {
  /** When each task's record was heard to be committed. */
  readonly heardAt = new Map<string, number>();
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
    client.on('notification', ({ payload }) => this.heardAt.set(payload!, clockMs()));
  }

  static async watch(url: string): Promise<Commits> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`
      CREATE FUNCTION bench_tell() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_notify('bench_accepted', NEW.task_id);
        RETURN NULL;
      END $$;
      CREATE TRIGGER bench_tell AFTER UPDATE ON submission FOR EACH ROW
        WHEN (NEW.outcome = 'ACCEPTED' AND OLD.outcome <> 'ACCEPTED') EXECUTE FUNCTION bench_tell();
      CREATE TABLE bench_plain (task_id text PRIMARY KEY);
      CREATE TRIGGER bench_tell AFTER INSERT ON bench_plain FOR EACH ROW EXECUTE FUNCTION bench_tell();
      LISTEN bench_accepted`);
    return new Commits(client);
  }

  async close(): Promise<void> {
    await this.#client.end();
  }
}

export interface Distribution {
  count: number;
  p50: number;
  p99: number;
  max: number;
}

export function distributionOf(values: readonly number[]): Distribution {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) =>
    Number((sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN).toFixed(1));
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

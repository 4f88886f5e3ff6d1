import { EventEmitter, on } from 'node:events';
import type { Database } from '../database/database.ts';
import { Prisma, type VideoGenerationStatus } from '../database/generated/client.ts';

/** NOTIFY channel that tells of each committed change as "id version status", with its keys behind. */
const changedChannel = 'video_generation_changed';

export interface Change {
  id: string;
  version: number;
  status: VideoGenerationStatus;
  /** The names under which this was requested or ordered once (recent-keys.ts). */
  keys?: readonly string[];
}

/**
 * Joined to the rows of a part of a statement: tells every process of each generation that the part
 * has changed, when it is committed, and nobody when it is not.
 */
export function tellOf(
  changed: 'moved' | 'created' | 'claimed' | 'redacted',
  keys: readonly string[] = [],
): Prisma.Sql {
  const row = ['id', 'version', 'status'].map((column) => `${changed}.${column}`).join(', ');
  const behind = keys.length > 0 ? Prisma.sql`, ${keys.join(' ')}::text` : Prisma.empty;
  return Prisma.sql`CROSS JOIN LATERAL
    pg_notify(${Prisma.raw(`'${changedChannel}'`)}, concat_ws(' ', ${Prisma.raw(row)}${behind})) AS told`;
}

/** The same of many that have moved to one status, after they have. */
export function notifyAll(
  tx: Prisma.TransactionClient,
  moved: readonly Pick<Change, 'id' | 'version'>[],
  status: Change['status'],
): Prisma.PrismaPromise<number> {
  const payloads = moved.map(({ id, version }) => `${id} ${version} ${status}`);
  return tx.$executeRaw`
    SELECT pg_notify(${changedChannel}, payload) FROM unnest(${payloads}::text[]) AS payload`;
}

/** Hears of every change, and of the times when it may have missed some. */
export interface ChangeListener {
  onChange: (change: Change) => void;
  /** Changes of the last `deafMs` milliseconds may not have been told. */
  onGap: (deafMs: number) => void;
}

/**
 * Tells this process about every committed change of a generation, whichever server made it.
 *
 * It is a nudge: who cares about the row reads the row.
 */
export class GenerationUpdates {
  readonly #emitter = new EventEmitter().setMaxListeners(0);
  readonly #listeners = new Set<ChangeListener>();
  #stop: (() => Promise<void>) | undefined;

  async start(database: Pick<Database, 'listen'>): Promise<void> {
    this.#stop = await database.listen(
      changedChannel,
      (payload) => {
        const [id, version, status, ...keys] = payload.split(' ');
        const told = { id, version: Number(version), status } as Change;
        const change = keys.length > 0 ? { ...told, keys } : told;
        this.#emitter.emit(change.id, change);
        for (const { onChange } of this.#listeners) onChange(change);
      },
      // What changed while the connection was lost is unknown: everyone looks again.
      (deafMs) => {
        for (const name of this.#emitter.eventNames()) {
          // `on` listens for that too, and would have everyone who waits fail.
          if (name !== 'error') this.#emitter.emit(name, null);
        }
        for (const { onGap } of this.#listeners) onGap(deafMs);
      },
    );
  }

  /** Tells a listener of all changes, until the function that this gives is called. */
  listen(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The changes of one generation from this call on, until `signal` ends them;
   * `null` when some may have been missed.
   */
  changes(id: string, signal: AbortSignal): AsyncGenerator<Change | null, void, undefined> {
    // `on` throws when the signal came before; then there is nothing to wait for.
    const events = (signal.aborted ? [] : on(this.#emitter, id, { signal })) as AsyncIterable<
      [Change | null]
    >;
    return (async function* () {
      try {
        for await (const [change] of events) yield change;
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    })();
  }

  async close(): Promise<void> {
    await this.#stop?.();
  }
}

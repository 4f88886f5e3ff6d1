import { EventEmitter, on } from 'node:events';
import type { Database } from '../database/database.ts';
import { changedChannel, type Change } from './store.ts';

/**
 * Tells this process about every committed change of a generation, whichever server made it.
 *
 * It is a nudge: who cares about the row reads the row.
 */
export class GenerationUpdates {
  readonly #emitter = new EventEmitter().setMaxListeners(0);
  #stop: (() => Promise<void>) | undefined;

  async start(database: Pick<Database, 'listen'>): Promise<void> {
    this.#stop = await database.listen(
      changedChannel,
      (payload) => {
        const [id, version, status] = payload.split(' ');
        this.#emitter.emit(id!, { id, version: Number(version), status });
      },
      // What changed while the connection was lost is unknown: everyone looks again.
      () => {
        for (const id of this.#emitter.eventNames()) this.#emitter.emit(id, null);
      },
    );
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

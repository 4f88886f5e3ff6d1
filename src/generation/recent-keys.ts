import { createHash } from 'node:crypto';
import type { GenerationUpdates } from './updates.ts';

const remembered = 10_000;

/**
 * The latest requests and orders to send that were stored under a name which must not be used twice,
 * at any server of the database, as this process heard of them.
 *
 * For the day on which the database comes back older: what it forgot may have been paid, and its
 * repetition finds nothing that says so but this.
 */
export class RecentKeys {
  /** Generations by name, the latest at the end. */
  readonly #ids = new Map<string, string>();

  constructor({ updates }: { updates: GenerationUpdates }) {
    updates.listen({
      onChange: ({ id, keys }) => {
        if (keys) this.note(keys, id);
      },
      onGap: () => undefined,
    });
  }

  note(keys: readonly string[], id: string): void {
    for (const key of keys) {
      this.#ids.delete(key);
      this.#ids.set(key, id);
      if (this.#ids.size > remembered) this.#ids.delete(this.#ids.keys().next().value!);
    }
  }

  /** The generation that the latest request under one of these names was stored as. */
  find(keys: readonly string[]): string | undefined {
    return keys.map((key) => this.#ids.get(key)).find((id) => id !== undefined);
  }
}

/** The names under which a request is made once: its caller's key, and the generation that it repeats or makes anew. */
export function keysOf(request: {
  callerId: string;
  idempotencyKey: string | null;
  retryOfId: string | null;
  sourceId: string | null;
}): string[] {
  const { callerId, idempotencyKey, retryOfId, sourceId } = request;
  return [
    ...(idempotencyKey === null ? [] : [short('key', callerId, idempotencyKey)]),
    ...(retryOfId === null ? [] : [short('retry', retryOfId)]),
    ...(retryOfId !== null || sourceId === null ? [] : [short('regeneration', sourceId)]),
  ];
}

/** The name of an order to send an uncertain one again, which is obeyed once. */
export function orderKeyOf({ id }: { id: string }, version: number): string {
  return short('resubmission', id, String(version));
}

/** Told to all servers with each change: no secret of the caller's, and a few bytes. */
function short(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}

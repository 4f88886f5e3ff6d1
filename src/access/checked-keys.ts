import type { Database } from '../database/database.ts';
import type { ApiKey } from '../database/generated/client.ts';
import { readTogether } from '../database/read-together.ts';

/** NOTIFY channel on which the database tells the hash of each key that was changed or deleted (migration 0012). */
const changedChannel = 'api_key_changed';

/** How many keys are remembered. */
const maxKeys = 10_000;

/**
 * What is known of a key is believed this long after it was asked for, whatever is notified: a change
 * holds on every server within a second, also on one whose notifications do not arrive.
 */
const believedMs = 900;

interface Checked {
  key: ApiKey;
  /** Of the monotonic clock, when it began to be read. */
  readAt: number;
}

/** The keys in use, by their hashes: read once in a second, however many requests show them. */
export class CheckedKeys {
  readonly #known = new Map<string, Checked>();
  readonly #read: (hash: string) => Promise<ApiKey | null>;
  /** How often something was forgotten. */
  #changes = 0;
  #stop: (() => Promise<void>) | undefined;

  constructor(prisma: Database['prisma']) {
    this.#read = readTogether(
      (hashes) => prisma.apiKey.findMany({ where: { hash: { in: hashes } } }),
      ({ hash }) => hash,
    );
  }

  /** Hears of changes from here on: they then hold within milliseconds. */
  async listen(database: Pick<Database, 'listen'>): Promise<void> {
    this.#stop = await database.listen(
      changedChannel,
      (hash) => this.forget(hash),
      () => {
        this.#changes += 1;
        this.#known.clear();
      },
    );
  }

  async close(): Promise<void> {
    await this.#stop?.();
  }

  forget(hash: string): void {
    this.#changes += 1;
    this.#known.delete(hash);
  }

  /** The key as it was within the last second; null for one that there is not. Whether it is usable is for the caller to say. */
  async find(hash: string): Promise<ApiKey | null> {
    const readAt = performance.now();
    const known = this.#known.get(hash);
    if (known && readAt - known.readAt < believedMs) return known.key;
    const changes = this.#changes;
    const key = await this.#read(hash);
    // What nobody has cannot be remembered: there is no end of it.
    if (!key) {
      this.#known.delete(hash);
      return null;
    }
    // It may have been read before a change.
    if (changes !== this.#changes) return key;
    if (this.#known.size >= maxKeys) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(hash, { key, readAt });
    return key;
  }
}

import type { VideoGeneration } from '../generation.ts';

/** What a stream of changes is for the executor: `return` ends it even while it waits for the next one. */
export type Watch = AsyncIterableIterator<VideoGeneration, void, undefined>;

/** The latest state of each generation that a watcher has not been sent yet, in the order of the changes. */
export class Inbox {
  readonly #rows = new Map<string, VideoGeneration>();
  #wake: (() => void) | undefined;
  onClose: (() => void) | undefined;
  isClosed = false;

  get size(): number {
    return this.#rows.size;
  }

  has(id: string): boolean {
    return this.#rows.has(id);
  }

  /** 0 when there is none. */
  versionOf(id: string): number {
    return this.#rows.get(id)?.version ?? 0;
  }

  offer(row: VideoGeneration): void {
    if (this.isClosed) return;
    this.#rows.delete(row.id);
    this.#rows.set(row.id, row);
    this.#wake?.();
  }

  take(): VideoGeneration | undefined {
    const row = this.#rows.values().next().value;
    if (row) this.#rows.delete(row.id);
    return row;
  }

  remove(id: string): void {
    this.#rows.delete(id);
  }

  clear(): void {
    this.#rows.clear();
  }

  /** True as soon as there is something; false when it is closed. */
  async arrival(): Promise<boolean> {
    if (this.#rows.size === 0 && !this.isClosed) {
      await new Promise<void>((wake) => (this.#wake = wake));
      this.#wake = undefined;
    }
    return !this.isClosed;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onClose?.();
    this.#rows.clear();
    this.#wake?.();
  }
}

/** An async generator's own `return` waits for whatever it waits for. */
export function closable(
  inbox: Inbox,
  rows: AsyncGenerator<VideoGeneration, void, undefined>,
): Watch {
  return {
    async next() {
      try {
        const result = await rows.next();
        if (result.done) inbox.close();
        return result;
      } catch (error) {
        inbox.close();
        throw error;
      }
    },
    async return() {
      inbox.close();
      return await rows.return();
    },
    async throw(error) {
      inbox.close();
      return await rows.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

import { createHash, randomInt } from 'node:crypto';
import type { Database } from '../database/database.ts';
import type { Logger } from '../logger.ts';
import { idOfKey, kinds } from './stored-objects.ts';
import type { ListedFile, MediaStorage } from './storage.ts';

export interface SweepOptions {
  prisma: Database['prisma'];
  storage: MediaStorage;
  log: Logger;
}

/** Whatever is being written, or waits for its row, is younger. An attempt to store takes an hour at most. */
const orphanAfterMs = 24 * 3_600_000;

/** A database that has not looked for so long uses the storage no longer. */
const forgottenAfterMs = 7 * 24 * 3_600_000;

/** Keys end in 256 folders. Looked at once an hour, each comes up once a day. */
const folders = 256;
const foldersAtOnce = 11;

const filesAtOnce = 500;

const markers = 'databases/';

/**
 * Removes files that no row refers to: what a server stored that then died or was too late, what could not
 * be deleted, pieces of uploads that are forgotten. What is not named as this service names its files stays.
 *
 * A storage that two databases use is not swept, since to each the other's files look like nobody's: a copy
 * of the database, an older state of it that was restored, a second installation by mistake. So each
 * leaves a file with its name, anew each hour; a week after the last one from another it goes on.
 */
export class Sweep {
  readonly #options: SweepOptions;
  /** Several servers begin at different ones. */
  #next = randomInt(folders);

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  /** Looks at some of the folders; the next ones at the next call. Ends early when `signal` says so. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, storage } = this.#options;
    try {
      const now = await this.#mark();
      if (now === null) return;
      const before = new Date(now.getTime() - orphanAfterMs);
      let removed = 0;
      for (let count = 0; count < foldersAtOnce && !signal.aborted; count++) {
        const folder = this.#next.toString(16).padStart(2, '0');
        // First: what fails in one of them keeps no other from its turn.
        this.#next = (this.#next + 1) % folders;
        for (const kind of kinds) removed += await this.#sweep(kind, folder, before, signal);
      }
      if (removed > 0)
        log.warn({ removed, storage: storage.where }, 'files that nothing refers to were removed');
    } catch (error) {
      log.warn({ error }, 'the storage of media could not be swept; trying again in an hour');
    }
  }

  /** The storage's own time, by which the age of its files is reckoned; null when another database uses it. */
  async #mark(): Promise<Date | null> {
    const { prisma, storage, log } = this.#options;
    const [row] = await prisma.$queryRaw<{ name: string }[]>`SELECT database_incarnation() AS name`;
    const own = markers + createHash('sha256').update(row!.name).digest('hex').slice(0, 32);
    const empty = (async function* () {
      yield await Promise.resolve(Buffer.from('\n'));
    })();
    await storage.put(own, empty, { contentType: 'text/plain', maxBytes: 1 });
    const found = await fromAsync(storage.list(markers));
    const now = found.find(({ key }) => key === own)?.writtenAt;
    if (now === undefined) throw new Error('what was just stored is not listed');
    const since = new Date(now.getTime() - forgottenAfterMs);
    const others = found.filter(({ key, writtenAt }) => key !== own && writtenAt >= since);
    if (others.length === 0) return now;
    log.warn(
      { others: others.map(({ key }) => key), storage: storage.where },
      'another database uses the same storage of media, or this one was restored or has a new primary: nothing is swept for a week after that, or until these files are deleted',
    );
    return null;
  }

  async #sweep(kind: Kind, folder: string, before: Date, signal: AbortSignal): Promise<number> {
    let removed = 0;
    let old: string[] = [];
    for await (const { key, writtenAt } of this.#options.storage.list(`${kind}/${folder}/`)) {
      if (signal.aborted) return removed;
      if (writtenAt < before) old.push(key);
      if (old.length < filesAtOnce) continue;
      removed += await this.#removeUnknown(kind, old);
      old = [];
    }
    return removed + (await this.#removeUnknown(kind, old));
  }

  async #removeUnknown(kind: Kind, keys: readonly string[]): Promise<number> {
    const { storage } = this.#options;
    const named = keys.flatMap((key) => {
      const id = idOfKey(key);
      return id === undefined ? [] : [{ key, id }];
    });
    if (named.length === 0) return 0;
    const ids = [...new Set(named.map(({ id }) => id))];
    const isKnown = await this.#known(kind, ids);
    const unknown = named.filter(({ key, id }) => !isKnown(key, id));
    for (const { key } of unknown) await storage.delete(key);
    return unknown.length;
  }

  /** Of whatever storage the rows are: what was moved to another one with its files is not to be lost. */
  async #known(kind: Kind, ids: string[]): Promise<(key: string, id: string) => boolean> {
    const { prisma } = this.#options;
    if (kind === 'uploads') {
      const where = { id: { in: ids } };
      const uploads = await prisma.mediaUpload.findMany({ where });
      const known = new Map(uploads.map(({ id, pieces }) => [id, pieces]));
      return (key, id) =>
        known.has(id) && (key.endsWith('/direct') || known.get(id)!.includes(key));
    }
    // Also what an attempt has stored, or takes over from the one before, and is about to record.
    const rows = await prisma.$queryRaw<{ id: string }[]>`
      SELECT id::text FROM stored_object WHERE id = ANY (${ids}::uuid[])
      UNION SELECT token::text FROM video_archive, unnest(ARRAY[lease_token, previous_token]) AS token
      WHERE state = 'PENDING' AND token = ANY (${ids}::uuid[])`;
    const known = new Set(rows.map(({ id }) => id));
    return (_key, id) => known.has(id);
  }
}

type Kind = (typeof kinds)[number];
async function fromAsync(files: AsyncIterable<ListedFile>): Promise<ListedFile[]> {
  const all: ListedFile[] = [];
  for await (const file of files) all.push(file);
  return all;
}

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  link,
  open,
  opendir,
  readFile,
  rename,
  rm,
  stat,
  unlink,
  type FileHandle,
} from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { makeDirectory } from '../database/make-directory.ts';
import {
  checkedKey,
  measured,
  NotStoredError,
  readable,
  StorageConfigError,
  StorageError,
  storageFailed,
  type ByteRange,
  type ListedFile,
  type MediaStorage,
  type PutOptions,
  type StoredBytes,
} from './storage.ts';

const unfinished = '.unfinished';
const idFile = '.storage-id';

/** Bytes in files of one directory, which several servers may share when it is a shared one. */
export class DirectoryStorage implements MediaStorage {
  readonly id: string;
  readonly where: string;
  readonly #root: string;

  private constructor(root: string, id: string) {
    this.#root = root;
    this.where = `the directory ${root}`;
    this.id = `directory:${id}`;
  }

  /** Makes the directory when it is not there; throws a StorageConfigError when it cannot be written. */
  static async open(directory: string): Promise<DirectoryStorage> {
    const root = resolve(directory);
    try {
      await makeDirectory(join(root, unfinished));
      return new DirectoryStorage(root, await readOrMakeId(root));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new StorageConfigError(
        `MEDIA_DIR (${root}) cannot be written (${code ?? 'unknown reason'}): name a directory of this service's own, or a bucket in MEDIA_BUCKET`,
        { cause: error },
      );
    }
  }

  async put(
    key: string,
    source: AsyncIterable<Uint8Array>,
    options: PutOptions,
  ): Promise<StoredBytes> {
    const file = this.#fileOf(key);
    const draft = join(this.#root, unfinished, `${draftsOf(key)}${randomUUID()}`);
    const { chunks, seen, failure } = measured(source, options);
    try {
      const handle = await open(draft, 'wx', 0o640);
      try {
        for await (const chunk of chunks) await writeAll(handle, chunk);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await makeDirectory(dirname(file));
      // A file appears whole, or not at all.
      await rename(draft, file);
      await syncDirectory(dirname(file));
    } catch (error) {
      await rm(draft, { force: true }).catch(storageFailed);
      throw (failure() as Error | undefined) ?? new StorageError(error);
    }
    return seen();
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    let handle: FileHandle;
    try {
      handle = await open(this.#fileOf(key), 'r');
    } catch (error) {
      await this.#expectMissing(error);
      throw new NotStoredError();
    }
    // Opened before it is answered for: what is deleted meanwhile is still read to its end.
    return readable(createReadStream('', { fd: handle, ...range, highWaterMark: 256 * 1024 }));
  }

  async stat(key: string): Promise<{ bytes: number } | null> {
    try {
      const { size } = await stat(this.#fileOf(key));
      return { bytes: size };
    } catch (error) {
      await this.#expectMissing(error);
      return null;
    }
  }

  async delete(key: string): Promise<void> {
    // First: one that becomes the file meanwhile is there to be removed then.
    await this.#dropDrafts((name) => name.startsWith(draftsOf(key)));
    await unlink(this.#fileOf(key)).catch((error: unknown) => this.#expectMissing(error));
  }

  async *list(prefix: string): AsyncIterable<ListedFile> {
    const top = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    for await (const key of this.#keysBelow(top)) {
      if (!key.startsWith(prefix)) continue;
      try {
        const { size, mtime } = await stat(join(this.#root, key));
        yield { key, bytes: size, writtenAt: mtime };
      } catch (error) {
        await this.#expectMissing(error);
      }
    }
  }

  presignGet(): Promise<null> {
    return Promise.resolve(null);
  }

  presignPut(): Promise<null> {
    return Promise.resolve(null);
  }

  async dropUnfinished(before: Date): Promise<void> {
    await this.#dropDrafts(async (_name, file) => (await stat(file)).mtime < before);
  }

  /** Whoever still writes one fails. */
  async #dropDrafts(which: (name: string, file: string) => boolean | Promise<boolean>) {
    const folder = join(this.#root, unfinished);
    const entries = await opendir(folder).catch((error: unknown) => this.#expectMissing(error));
    for await (const { name } of entries ?? []) {
      const draft = join(folder, name);
      try {
        if (await which(name, draft)) await rm(draft, { force: true });
      } catch (error) {
        if (!isMissing(error)) throw new StorageError(error);
      }
    }
  }

  close(): void {
    // No connections.
  }

  /**
   * Throws a StorageError unless the error says that a file is missing, and the directory is there: in
   * the place of one that is not mounted for now nothing is to be found.
   */
  async #expectMissing(error: unknown): Promise<void> {
    if (!isMissing(error)) throw new StorageError(error);
    const id = await readFile(join(this.#root, idFile), 'utf8').catch(storageFailed);
    if (this.id === `directory:${id.trim()}`) return;
    throw new StorageError(new Error('another directory has taken its place'));
  }

  #fileOf(key: string): string {
    return join(this.#root, ...checkedKey(key).split('/'));
  }

  async *#keysBelow(folder: string): AsyncIterable<string> {
    let entries;
    try {
      entries = await opendir(join(this.#root, folder));
    } catch (error) {
      await this.#expectMissing(error);
      return;
    }
    for await (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory()) yield* this.#keysBelow(`${folder}${entry.name}/`);
      else yield `${folder}${entry.name}`;
    }
  }
}

/** Made once for a directory: two directories are two storages, whatever their paths. */
async function readOrMakeId(root: string): Promise<string> {
  const file = join(root, idFile);
  const draft = join(root, unfinished, randomUUID());
  const handle = await open(draft, 'wx', 0o640);
  try {
    await handle.writeFile(randomUUID());
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    // Never in place of another's: several servers may start at once.
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  return (await readFile(file, 'utf8')).trim();
}

/** How the names of the drafts of a key begin: of the same length for each, so that none begins like another. */
function draftsOf(key: string): string {
  return `${createHash('sha256').update(checkedKey(key)).digest('hex').slice(0, 32)}.`;
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, written, chunk.length - written);
    written += bytesWritten;
  }
}

/** Windows cannot, and does not need it. */
async function syncDirectory(folder: string): Promise<void> {
  if (sep === '\\') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

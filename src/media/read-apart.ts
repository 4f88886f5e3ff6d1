import { Worker } from 'node:worker_threads';
import { root } from '../root.ts';
import { NotAVideoError, type VideoFacts } from './archive-facts.ts';
import type { FileBytes } from './file-bytes.ts';
import { broken, type Measuring } from './measure.ts';
import { StorageError } from './storage.ts';

/*
 * Files of strangers are read in threads of their own. What they say of themselves can keep a reader
 * busy for minutes: then only its thread is busy, and ended after some seconds, which no file takes on a
 * slow machine but where the storage is slow.
 */

export type ToThread =
  | { type: 'job'; job: 'measure' | 'facts'; size: number }
  | { type: 'bytes'; number: number; bytes: Uint8Array | null };

export type FromThread =
  | { type: 'ready' }
  | { type: 'read'; number: number; start: number; end: number }
  | { type: 'done'; result: Measuring | VideoFacts }
  | { type: 'failed'; message: string; isCutOff: boolean };

/** From the sources where the service itself runs from them. */
const isBuilt = !import.meta.url.endsWith('.ts');
const program = new URL(
  isBuilt ? 'dist/media/reading-thread.js' : 'src/media/reading-thread.ts',
  root,
);
/** Beside the bytes, which lie outside. */
const mostMegabytes = 256;
/** A thread takes a tenth of a second to start, and some megabytes while it waits. */
const idleMs = 30_000;

/** What `measureFile` says of a file; rejects with a StorageError where it cannot be read. */
export async function measureApart(file: FileBytes, limitMs = 10_000): Promise<Measuring> {
  const outcome = await readApart('measure', file, limitMs);
  if (outcome === 'too long') return broken('takes far too long to read: make it anew.');
  if (outcome.type === 'failed') throw new Error(outcome.message);
  return outcome.result as Measuring;
}

/** What `readVideo` says of a file, or rejects with; and with a StorageError where it cannot be read. */
export async function readVideoApart(file: FileBytes, limitMs = 30_000): Promise<VideoFacts> {
  const outcome = await readApart('facts', file, limitMs);
  if (outcome === 'too long') throw new NotAVideoError(false);
  if (outcome.type === 'done') return outcome.result as VideoFacts;
  const cause = new Error(outcome.message);
  throw new NotAVideoError(outcome.isCutOff, { cause });
}

type Job = Extract<ToThread, { type: 'job' }>['job'];
type Outcome = Extract<FromThread, { type: 'done' | 'failed' }> | 'too long';

const resting: Thread[] = [];

async function readApart(job: Job, file: FileBytes, limitMs: number): Promise<Outcome> {
  const thread = resting.pop() ?? (await Thread.start());
  try {
    return await thread.read(job, file, limitMs);
  } finally {
    if (thread.rests()) resting.push(thread);
  }
}

class Thread {
  readonly #worker: Worker;
  #tell: (message: FromThread) => void = () => undefined;
  #fail: (error: NodeJS.ErrnoException) => void = () => undefined;
  #isEnded = false;
  #rest: NodeJS.Timeout | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (message: FromThread) => this.#tell(message));
    const ended = (error: Error) => {
      this.#leave();
      this.#fail(error);
    };
    worker.on('error', ended);
    worker.on('exit', () => ended(new Error('the thread that was reading a file has ended')));
  }

  static async start(): Promise<Thread> {
    const resourceLimits = { maxOldGenerationSizeMb: mostMegabytes };
    const thread = new Thread(new Worker(program, { resourceLimits }));
    await new Promise<void>((resolve, reject) => {
      thread.#tell = () => resolve();
      thread.#fail = reject;
    });
    return thread;
  }

  /** Of one file at one time. */
  async read(job: Job, file: FileBytes, limitMs: number): Promise<Outcome> {
    clearTimeout(this.#rest);
    this.#worker.ref();
    /** When each began. */
    const reads = new Map<number, number>();
    let failed: StorageError | undefined;
    const answer = async ({ number, start, end }: Extract<FromThread, { type: 'read' }>) => {
      reads.set(number, performance.now());
      const bytes = await file.read(start, end).catch((error: unknown) => {
        failed ??= error instanceof StorageError ? error : new StorageError(error);
        return null;
      });
      reads.delete(number);
      const moved = bytes ? [bytes.buffer as ArrayBuffer] : [];
      this.#worker.postMessage({ type: 'bytes', number, bytes } satisfies ToThread, moved);
    };
    let timer: NodeJS.Timeout | undefined;
    const outcome = await new Promise<Outcome>((resolve, reject) => {
      this.#tell = (message) => {
        if (message.type === 'read') void answer(message);
        else if (message.type !== 'ready') resolve(message);
      };
      this.#fail = (error) => {
        if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') resolve('too long');
        else reject(error);
      };
      timer = setTimeout(() => {
        // A reader that reads without end reads at every moment.
        const stuckSince = Math.min(...reads.values());
        if (performance.now() - stuckSince > limitMs / 2)
          failed ??= new StorageError(new Error('reading took too long'));
        resolve('too long');
      }, limitMs);
      this.#worker.postMessage({ type: 'job', job, size: file.size } satisfies ToThread);
    }).finally(() => clearTimeout(timer));
    if (outcome === 'too long') this.#end();
    if (failed !== undefined) throw failed;
    return outcome;
  }

  /** For a while, if it can read another one then; no process stays for it. */
  rests(): boolean {
    if (this.#isEnded) return false;
    this.#worker.unref();
    this.#rest = setTimeout(() => this.#end(), idleMs).unref();
    return true;
  }

  #end(): void {
    this.#leave();
    void this.#worker.terminate();
  }

  /** Nothing will be read by it any more. */
  #leave(): void {
    this.#isEnded = true;
    const at = resting.indexOf(this);
    if (at >= 0) resting.splice(at, 1);
  }
}

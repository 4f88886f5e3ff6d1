import { fork, type ChildProcess, type StdioOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { root } from '../root.ts';
import { NotAVideoError, type VideoFacts } from './archive-facts.ts';
import type { FileBytes } from './file-bytes.ts';
import type { MeasureProblem, Measuring } from './measure.ts';
import { StorageError } from './storage.ts';

/*
 * Files of strangers are read by processes of their own. What they say of themselves can keep a reader
 * busy for minutes, or take all memory that it has: then only that process is busy, and ended after some
 * seconds, which no file takes on a slow machine but where the storage is slow.
 */

export type ToReader =
  | { type: 'job'; job: 'measure' | 'facts'; size: number }
  | { type: 'bytes'; number: number; bytes: Buffer | null };

export type FromReader =
  | { type: 'ready' }
  | { type: 'read'; number: number; start: number; end: number }
  | { type: 'done'; result: Measuring | VideoFacts }
  | { type: 'failed'; message: string; isCutOff: boolean };

const isBuilt = !import.meta.url.endsWith('.ts');
/** Of the sources where the service itself runs from them. */
const ownProgram = fileURLToPath(
  new URL(isBuilt ? 'dist/media/reading-process.js' : 'src/media/reading-process.ts', root),
);
let program = () => Promise.resolve(ownProgram);

/** Has another program read from now on: tests have a built one, since compiling it takes each start seconds. */
export function readWith(other: () => Promise<string>): void {
  program = other;
}

const options = {
  cwd: fileURLToPath(root),
  // Nothing that is ours is there to be read.
  env: {},
  serialization: 'advanced' as const,
  stdio: ['ignore', 'ignore', 'ignore', 'ipc'] as StdioOptions,
};
/** Longer than this it takes to start on no slow machine. */
const startMs = 20_000;
/** It takes a fifth of a second to start, and some 60 MB while it waits. */
const idleMs = 30_000;

const tooMuch: MeasureProblem = {
  code: 'REFERENCE_INVALID',
  message: 'The file takes far too long to read, or too much memory: make it anew.',
};

/** What `measureFile` says of a file; rejects with a StorageError where it cannot be read, or not now. */
export async function measureApart(file: FileBytes, limitMs = 10_000): Promise<Measuring> {
  const outcome = await readApart('measure', file, limitMs);
  if (outcome === 'too much') return { problem: tooMuch };
  if (outcome.type === 'failed') throw new Error(outcome.message);
  return outcome.result as Measuring;
}

/** What `readVideo` says of a file, or rejects with; and with a StorageError where it cannot be read, or not now. */
export async function readVideoApart(file: FileBytes, limitMs = 30_000): Promise<VideoFacts> {
  const outcome = await readApart('facts', file, limitMs);
  if (outcome === 'too much') throw new NotAVideoError(false);
  if (outcome.type === 'done') return outcome.result as VideoFacts;
  const cause = new Error(outcome.message);
  throw new NotAVideoError(outcome.isCutOff, { cause });
}

type Job = Extract<ToReader, { type: 'job' }>['job'];
type Outcome = Extract<FromReader, { type: 'done' | 'failed' }> | 'too much';

const resting: Reader[] = [];

async function readApart(job: Job, file: FileBytes, limitMs: number): Promise<Outcome> {
  const reader = resting.pop() ?? (await Reader.start());
  try {
    return await reader.read(job, file, limitMs);
  } finally {
    if (reader.rests()) resting.push(reader);
  }
}

class Reader {
  readonly #child: ChildProcess;
  #hear: (message: FromReader) => void = () => undefined;
  #ended: (error: Error & { signal?: unknown }) => void = () => undefined;
  #isEnded = false;
  #rest: NodeJS.Timeout | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    const ended = (error: Error) => {
      this.#leave();
      this.#ended(error);
    };
    child.on('message', (message: FromReader) => this.#hear(message));
    child.on('error', ended);
    child.on('exit', (code, signal) => {
      const how = signal ?? `exit code ${code}`;
      ended(Object.assign(new Error(`the process that reads files has ended: ${how}`), { signal }));
    });
  }

  static async start(): Promise<Reader> {
    const file = await program();
    const execArgv = [
      ...(file.endsWith('.ts') ? process.execArgv : []),
      '--max-old-space-size=256',
    ];
    const reader = new Reader(fork(file, { ...options, execArgv }));
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      const fail = (error: unknown) => reject(new StorageError(error));
      reader.#hear = () => resolve();
      reader.#ended = fail;
      timer = setTimeout(() => {
        reader.#end();
        fail(new Error('the process that reads files does not start'));
      }, startMs);
    }).finally(() => clearTimeout(timer));
    return reader;
  }

  /** Of one file at one time. */
  async read(job: Job, file: FileBytes, limitMs: number): Promise<Outcome> {
    clearTimeout(this.#rest);
    this.#child.ref();
    this.#child.channel?.ref();
    /** When each began. */
    const reads = new Map<number, number>();
    let failed: StorageError | undefined;
    const answer = async ({ number, start, end }: Extract<FromReader, { type: 'read' }>) => {
      reads.set(number, performance.now());
      const bytes = await file.read(start, end).catch((error: unknown) => {
        failed ??= error instanceof StorageError ? error : new StorageError(error);
        return null;
      });
      reads.delete(number);
      this.#tell({ type: 'bytes', number, bytes });
    };
    let timer: NodeJS.Timeout | undefined;
    const outcome = await new Promise<Outcome>((resolve) => {
      this.#hear = (message) => {
        if (message.type === 'read') void answer(message);
        else if (message.type !== 'ready') resolve(message);
      };
      // Only others kill it; by itself it ends where a file takes more memory than it has.
      this.#ended = (error) => {
        if (!isCrash(error.signal)) failed ??= new StorageError(error);
        resolve('too much');
      };
      timer = setTimeout(() => {
        // A reader that reads without end reads at every moment.
        const stuckSince = Math.min(...reads.values());
        if (performance.now() - stuckSince > limitMs / 2)
          failed ??= new StorageError(new Error('reading took too long'));
        resolve('too much');
      }, limitMs);
      this.#tell({ type: 'job', job, size: file.size });
    }).finally(() => clearTimeout(timer));
    if (outcome === 'too much') this.#end();
    if (failed !== undefined) throw failed;
    return outcome;
  }

  /** For a while, if it can read another one then; the service does not stay for it. */
  rests(): boolean {
    if (this.#isEnded) return false;
    this.#child.unref();
    this.#child.channel?.unref();
    this.#rest = setTimeout(() => this.#end(), idleMs).unref();
    return true;
  }

  /** What cannot be told to one that has ended is told by its end. */
  #tell(message: ToReader): void {
    this.#child.send(message, () => undefined);
  }

  #end(): void {
    this.#leave();
    this.#child.kill('SIGKILL');
  }

  /** Nothing will be read by it any more. */
  #leave(): void {
    this.#isEnded = true;
    const at = resting.indexOf(this);
    if (at >= 0) resting.splice(at, 1);
  }
}

/** As V8 ends a process that has no memory left, on one system or another. */
function isCrash(signal: unknown): boolean {
  return ['SIGABRT', 'SIGTRAP', 'SIGILL', 'SIGSEGV', 'SIGBUS'].includes(String(signal));
}

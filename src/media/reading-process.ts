import { Worker } from 'node:worker_threads';
import { NotAVideoError, readVideo } from './archive-facts.ts';
import { measureFile } from './measure.ts';
import type { FromReader, ToReader } from './read-apart.ts';

/* The other side of read-apart.ts: reads one file after the other, whose bytes it asks for. */

const tell = (message: FromReader) => process.send!(message);

let reads = 0;
const reading = new Map<number, (bytes: Buffer | null) => void>();

/** Null, for a reader that gives up then: they could not be had. */
async function read(start: number, end: number): Promise<Buffer> {
  const number = (reads += 1);
  const bytes = await new Promise<Buffer | null>((resolve) => {
    reading.set(number, resolve);
    tell({ type: 'read', number, start, end });
  });
  if (bytes === null) throw new Error('could not be read');
  return bytes;
}

process.on('message', (message: ToReader) => {
  if (message.type === 'bytes') {
    reading.get(message.number)?.(message.bytes);
    reading.delete(message.number);
  } else void work(message);
});
// For the service to decide.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
endWithService();
tell({ type: 'ready' });

async function work({ job, size }: Extract<ToReader, { type: 'job' }>): Promise<void> {
  const file = { size, read };
  try {
    const result = job === 'measure' ? await measureFile(file) : await readVideo(file);
    tell({ type: 'done', result });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    tell({ type: 'failed', message, isCutOff: error instanceof NotAVideoError && error.isCutOff });
  }
}

/** Also while a file keeps it busy, which nobody would end any more. */
function endWithService(): void {
  process.on('disconnect', () => process.exit());
  const watching = `setInterval(() => {
    if (process.ppid !== ${process.ppid}) process.kill(process.pid, 'SIGKILL');
  }, 1000)`;
  new Worker(watching, { eval: true, execArgv: [] }).unref();
}

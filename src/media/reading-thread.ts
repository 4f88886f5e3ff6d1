import { parentPort } from 'node:worker_threads';
import { NotAVideoError, readVideo } from './archive-facts.ts';
import { measureFile } from './measure.ts';
import type { FromThread, ToThread } from './read-apart.ts';

/* The other side of read-apart.ts: reads one file after the other, whose bytes it asks for. */

const port = parentPort!;
const tell = (message: FromThread) => port.postMessage(message);

let reads = 0;
const reading = new Map<number, (bytes: Uint8Array | null) => void>();

/** Null, for a reader that gives up then: they could not be had. */
async function read(start: number, end: number): Promise<Buffer> {
  const number = (reads += 1);
  const bytes = await new Promise<Uint8Array | null>((resolve) => {
    reading.set(number, resolve);
    tell({ type: 'read', number, start, end });
  });
  if (bytes === null) throw new Error('could not be read');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

port.on('message', (message: ToThread) => {
  if (message.type === 'bytes') {
    reading.get(message.number)?.(message.bytes);
    reading.delete(message.number);
  } else void work(message);
});
tell({ type: 'ready' });

async function work({ job, size }: Extract<ToThread, { type: 'job' }>): Promise<void> {
  const file = { size, read };
  try {
    const result = job === 'measure' ? await measureFile(file) : await readVideo(file);
    tell({ type: 'done', result });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    tell({ type: 'failed', message, isCutOff: error instanceof NotAVideoError && error.isCutOff });
  }
}

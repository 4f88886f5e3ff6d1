import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** So much may lie about, in bytes, before it is looked for. */
const limitBytes = 64 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

let left = 0;

/**
 * Says that so many bytes were left behind in large buffers and texts. V8 takes its time with
 * these: with images of 20 MB, garbage alone came to more than a gigabyte. A look for it takes some
 * 50 ms.
 */
export function noteGarbage(bytes: number): void {
  left += bytes;
  if (left < limitBytes) return;
  left = 0;
  collect();
}

import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a directory and those above it, where they are not there. As `mkdir` with `recursive`, which on
 * Node 20 never ends where a parent is there but takes no directories, as /proc does.
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(path) !== path) {
      await makeDirectory(dirname(path));
      // Another process may have made it meanwhile.
      return await mkdir(path).catch(expectDirectory(path));
    }
    await expectDirectory(path)(error);
  }
}

/** What is there already is what was wanted, if it is a directory. */
const expectDirectory = (path: string) => async (error: unknown) => {
  if (!(await stat(path).catch(() => null))?.isDirectory()) throw error;
};

import { expect, test } from '@jest/globals';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDirectory } from '../../../src/database/make-directory.ts';

test('makes what is missing, and takes what is there', async () => {
  const root = await mkdtemp(join(tmpdir(), 'reelgraph-test-'));
  try {
    const inner = join(root, 'a', 'b', 'c');
    await Promise.all([makeDirectory(inner), makeDirectory(inner), makeDirectory(inner)]);
    await makeDirectory(inner);
    expect((await stat(inner)).isDirectory()).toBe(true);
    await writeFile(join(inner, 'file'), '');
    for (const path of [join(inner, 'file'), join(inner, 'file', 'd')])
      await expect(makeDirectory(path)).rejects.toThrow(/EEXIST|ENOTDIR/);
  } finally {
    await rm(root, { recursive: true });
  }
});

// Node's own never ends there.
(process.platform === 'linux' ? test : test.skip)(
  'ends where no directory can be made',
  async () => {
    await expect(makeDirectory('/proc/reelgraph/media')).rejects.toThrow('ENOENT');
  },
);

/*
 * Builds the console into dist/console, unless what lies there was made of the same sources: a start
 * of the service then waits for nothing. Plain JavaScript, so that it begins at once.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = join(root, 'dist/console');
const keyFile = join(built, 'sources.sha256');

/** Changes with whatever the console is made of. */
function keyOfSources() {
  const hash = createHash('sha256');
  const add = (file) => hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  add('package-lock.json');
  for (const folder of ['console', 'client/src', 'client/generated']) {
    const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    for (const path of files.map(({ parentPath, name }) => join(parentPath, name)).sort())
      add(path.slice(root.length));
  }
  return hash.digest('hex');
}

function keyOfBuilt() {
  try {
    return readFileSync(keyFile, 'utf8');
  } catch {
    return undefined;
  }
}

const key = keyOfSources();
if (keyOfBuilt() !== key) {
  const { build } = await import('vite');
  // Beside it first: who asks meanwhile gets the former one, whole.
  const outDir = `${built}.${process.pid}`;
  await build({
    root: join(root, 'console'),
    build: { outDir, emptyOutDir: true },
    logLevel: 'warn',
  });
  writeFileSync(join(outDir, 'sources.sha256'), key);
  rmSync(built, { recursive: true, force: true });
  renameSync(outDir, built);
}

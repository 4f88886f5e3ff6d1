import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules/.cache/reelgraph');

/** What the program finds beside its folder, as beside `dist`. */
const beside = ['assets', 'package.json', 'prisma', 'schema.graphql'];

/**
 * The file to start the service by, compiled from the sources as they are: once for all test files,
 * so that a process is up in a second. A process that compiles as it starts takes five.
 */
export async function compiledProgram(): Promise<string> {
  const sources = await readSources();
  const hash = createHash('sha256');
  for (const [file, text] of sources) hash.update(`${file}\n${text}\n`);
  const folder = join(cache, `program-${hash.digest('hex').slice(0, 12)}`);
  const main = join(folder, 'dist/main.js');
  if (await stat(main).catch(() => null)) return main;

  for (const other of await readdir(cache).catch(() => [])) {
    const isOld = other.startsWith('program-') && !`${cache}/${other}`.startsWith(folder);
    if (isOld) await rm(join(cache, other), { recursive: true, force: true });
  }
  // Renamed into place: another worker may be making the same.
  const unfinished = `${folder}.${randomUUID()}`;
  for (const [file, text] of sources) {
    const target = join(unfinished, 'dist', file.replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, await compile(text));
  }
  for (const name of beside) await symlink(join(root, name), join(unfinished, name));
  await rename(unfinished, folder).catch(async () => {
    await rm(unfinished, { recursive: true, force: true });
  });
  return main;
}

async function readSources(): Promise<[file: string, text: string][]> {
  const files = await readdir(join(root, 'src'), { recursive: true });
  const sources = files.filter((file) => file.endsWith('.ts')).sort();
  return await Promise.all(
    sources.map(async (file) => {
      const text = await readFile(join(root, 'src', file), 'utf8');
      return [file, text] as [string, string];
    }),
  );
}

async function compile(text: string): Promise<string> {
  return (await transform(text, options)).code;
}

const options = {
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: 'es2022',
    // As for tsc; the types of @swc/core do not know it yet.
    rewriteRelativeImportExtensions: true,
  },
  module: { type: 'es6' },
  swcrc: false,
} as const;

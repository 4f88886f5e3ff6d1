import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules/.cache/reelgraph');

/** What the program finds beside its folder, as beside `dist`. */
const beside = ['assets', 'package.json', 'prisma', 'schema.graphql'];
/** What tests use in a process of their own, beside the programs. */
const modules = {
  'database/database': 'src/database/database.ts',
  'minimax/v1/client': 'src/minimax/v1/client.ts',
};

/**
 * The file to start the service by, built from the sources as they are: once for all test files, so
 * that a process is up in a second. A process that compiles as it starts takes five.
 */
export async function builtProgram(): Promise<string> {
  const folder = join(cache, `program-${(await hashOfSources()).slice(0, 12)}`);
  const main = join(folder, 'dist/main.js');
  if (await stat(main).catch(() => null)) return main;

  await mkdir(cache, { recursive: true });
  for (const other of await readdir(cache)) {
    const isOld = other.startsWith('program-') && !`${cache}/${other}`.startsWith(folder);
    if (isOld) await rm(join(cache, other), { recursive: true, force: true });
  }
  // Renamed into place: another worker may be making the same.
  const unfinished = `${folder}.${randomUUID()}`;
  const { bundle } = (await importNatively(join(root, 'scripts/bundle.js'))) as {
    bundle: (dir: string, more: Readonly<Record<string, string>>) => Promise<void>;
  };
  await bundle(join(unfinished, 'dist'), modules);
  for (const name of beside) await symlink(join(root, name), join(unfinished, name));
  await rename(unfinished, folder).catch(async () => {
    await rm(unfinished, { recursive: true, force: true });
  });
  return main;
}

let reading: Promise<string> | undefined;

/** The file of the program that reads files apart, built when it is first needed. */
export function builtReader(): Promise<string> {
  return (reading ??= builtProgram().then((main) =>
    join(dirname(main), 'media/reading-process.js'),
  ));
}

async function hashOfSources(): Promise<string> {
  const hash = createHash('sha256');
  const sources = await readdir(join(root, 'src'), { recursive: true });
  const files = sources.filter((file) => file.endsWith('.ts')).map((file) => join('src', file));
  for (const file of ['package-lock.json', '.swcrc', 'scripts/bundle.js', ...files.sort()])
    hash.update(`${file}\n`).update(await readFile(join(root, file)));
  return hash.digest('hex');
}

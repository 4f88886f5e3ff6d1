import { readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';
import { rolldown } from 'rolldown';

const programs = {
  main: 'src/main.ts',
  'cli/keys': 'src/cli/keys.ts',
  'cli/verify-audit': 'src/cli/verify-audit.ts',
  'cli/service-role': 'src/cli/service-role.ts',
  'simulator/main': 'src/simulator/main.ts',
  'media/reading-process': 'src/media/reading-process.ts',
};

/** Packages with files of their own beside their code, and large ones that are read when needed. */
const apart =
  /^(node:|sharp|pg|@prisma\/|@electric-sql\/|@aws-sdk\/|@smithy\/|@graphql-yoga\/render-graphiql|class-validator)/;

/**
 * Builds the service into a folder: its programs share a few large files with most of what they use
 * inside, because reading 1,680 small ones took two thirds of a start. Compiled as the tests are
 * (.swcrc); types are for `npm run typecheck`.
 */
export async function bundle(dir, more = {}) {
  const build = await rolldown({
    input: { ...programs, ...more },
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    platform: 'node',
    external: apart,
    plugins: [
      { name: 'compile', transform: { filter: { id: /\/src\/.*\.ts$/ }, handler: compile } },
    ],
  });
  // All in one folder but for the programs, so that src/root.ts is right wherever it gets to.
  const chunkFileNames = '[name]-[hash].js';
  const { output } = await build.write({ dir, chunkFileNames, sourcemap: true });
  await build.close();

  // The names change with what is in the files: those of former builds go.
  const made = new Set(output.map(({ fileName }) => fileName));
  for (const { parentPath, name } of filesIn(dir)) {
    const file = relative(dir, join(parentPath, name));
    if (!made.has(file) && !file.startsWith('console')) rmSync(join(dir, file));
  }
}

function filesIn(dir) {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile());
}

async function compile(text, filename) {
  return await transform(text, { filename, sourceMaps: true });
}

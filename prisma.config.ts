import process from 'node:process';
import { defineConfig } from 'prisma/config';

// `generate`, `validate` and `format` download a native schema engine which they then never start.
// Naming any existing file as that engine keeps them offline; other commands would really run it.
if (['generate', 'validate', 'format'].includes(process.argv[2] ?? '')) {
  process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;
}

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
});

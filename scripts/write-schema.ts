import { writeFile } from 'node:fs/promises';
import { createSchema, schemaText } from '../src/schema.ts';

/** Writes schema.graphql from the code; a test fails while the two differ. */
const schema = await createSchema();
await writeFile(new URL('../schema.graphql', import.meta.url), schemaText(schema));

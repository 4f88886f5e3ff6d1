import { readdirSync } from 'node:fs';
import { jest } from '@jest/globals';

declare global {
  /** Imports outside of jest's loader (environment.js). */
  var importNatively: (specifier: string) => Promise<object>;
}

/**
 * The service is loaded by Node itself, once for all test files of a worker: jest's loader does it
 * anew for each file, cold each time, which took a third of the time of all tests. What lies in
 * `test` is loaded by jest, so that a file's state is its own.
 */
const source = new URL('../../src/', import.meta.url);
for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
  const { href, pathname } = new URL(file, source);
  if (file.endsWith('.ts')) jest.unstable_mockModule(pathname, () => importNatively(href));
}
// What tests and service both use must be there once.
const shared = ['graphql', 'undici', 'pg', 'ws', 'graphql-ws', 'jose', 'uuid', '@apollo/server'];
for (const name of shared) jest.unstable_mockModule(name, () => importNatively(name));

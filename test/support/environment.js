import { AsyncLocalStorage } from 'node:async_hooks';
import 'reflect-metadata';
import { TestEnvironment } from 'jest-environment-node';

/** What outlives a test file: as long as the worker. */
const kept = {};

/**
 * Jest makes such a storage for each test file and never gives it back; every promise that is made
 * later in the worker asks it, up to Node 22. Those of the file that runs.
 */
const ofJest = new Set();
const known = new WeakSet();
const { run } = AsyncLocalStorage.prototype;
AsyncLocalStorage.prototype.run = function (...given) {
  if (!known.has(this)) {
    known.add(this);
    const [, , caller = ''] = new Error().stack.split('\n');
    if (caller.includes('jest-circus')) ofJest.add(this);
  }
  return run.apply(this, given);
};

/** Node's own modules and globals, with a way out of jest's loader (native-modules.ts). */
export default class extends TestEnvironment {
  async setup() {
    await super.setup();
    Object.assign(this.global, {
      importNatively: (specifier) => import(specifier),
      kept,
      // What the service throws is an Error for the tests, too, and all decorators meet in one `Reflect`.
      Error,
      Reflect,
    });
  }

  async teardown() {
    for (const storage of ofJest) storage.disable();
    ofJest.clear();
    await super.teardown();
  }
}

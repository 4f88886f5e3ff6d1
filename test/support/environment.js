import 'reflect-metadata';
import { TestEnvironment } from 'jest-environment-node';

/** What outlives a test file: as long as the worker. */
const kept = {};

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
}

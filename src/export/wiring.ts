import type { Express } from 'express';
import type { Gate } from '../graphql/gate.ts';
import { Downloads } from './downloads.ts';
import { Exports, type ExportsOptions } from './exports.ts';
import { ExportResolver } from './resolver.ts';

const path = '/exports';

/** Everything at once, as a file; `publicUrl` is this service as browsers reach it. */
export function createExports(options: ExportsOptions & { publicUrl: string }) {
  const exports = new Exports(options);
  const downloads = new Downloads({ exports, log: options.log, now: options.now });
  return {
    exports,
    downloads,
    mount: (app: Express, gate: Gate) => downloads.mount(app, path, gate),
    resolvers: [new ExportResolver({ exports, baseUrl: `${options.publicUrl}${path}` })],
  };
}

import { setTimeout as pause } from 'node:timers/promises';
import type { Express } from 'express';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export interface HealthOptions {
  /** Rejects when the service cannot do its work now. */
  checkReady: () => Promise<Record<string, unknown>>;
  /** How many generations this server is sending or looking at now. */
  inFlight: () => number;
  /** Adds what a feature counts. */
  addMetrics: (registry: Registry) => void;
}

/** Whoever asks gives up after a few seconds, and asks too often for waits to pile up. */
const readyWithinMs = 3_000;

/** `/healthz`: the process lives. `/readyz`: it can do its work. `/metrics`: figures for Prometheus. */
export function mountHealth(app: Express, options: HealthOptions): void {
  const { checkReady } = options;
  const metrics = createMetrics(options.inFlight);
  options.addMetrics(metrics);
  // Measured from the start.
  ofProcess();
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/readyz', async (_request, response) => {
    try {
      const found = await Promise.race([checkReady(), giveUp()]);
      response.json({ status: 'ready', ...found });
    } catch {
      response.status(503).json({
        status: 'not ready',
        reason: 'The database does not answer, or is read-only, or the service is stopping.',
      });
    }
  });
  app.get('/metrics', async (_request, response) => {
    const all = Registry.merge([ofProcess(), metrics]);
    response.type(all.contentType).send(await all.metrics());
  });
}

async function giveUp(): Promise<never> {
  await pause(readyWithinMs, undefined, { ref: false });
  throw new Error('The database did not answer in time.');
}

let processMetrics: Registry | undefined;

/** Of the process, however often the service is started in it: what measures the event loop and the garbage collection is never given back. */
function ofProcess(): Registry {
  if (processMetrics === undefined) {
    processMetrics = new Registry();
    collectDefaultMetrics({ register: processMetrics });
  }
  return processMetrics;
}

function createMetrics(inFlight: () => number): Registry {
  const registry = new Registry();
  new Gauge({
    name: 'reelgraph_generations_in_flight',
    help: 'Generations that this server is sending or looking at now.',
    registers: [registry],
    collect() {
      this.set(inFlight());
    },
  });
  return registry;
}

import type { Express } from 'express';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export interface HealthOptions {
  /** Rejects when the service cannot do its work now. */
  checkReady: () => Promise<Record<string, unknown>>;
  /** How many generations this server is sending or looking at now. */
  inFlight: () => number;
}

/** `/healthz`: the process lives. `/readyz`: it can do its work. `/metrics`: figures for Prometheus. */
export function mountHealth(app: Express, { checkReady, inFlight }: HealthOptions): void {
  const metrics = createMetrics(inFlight);
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/readyz', async (_request, response) => {
    try {
      response.json({ status: 'ready', ...(await checkReady()) });
    } catch {
      response.status(503).json({
        status: 'not ready',
        reason: 'The database does not answer, or the service is stopping.',
      });
    }
  });
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.metrics());
  });
}

function createMetrics(inFlight: () => number): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
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

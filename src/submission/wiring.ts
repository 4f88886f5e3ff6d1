import type { Database } from '../database/database.ts';
import type { Generations } from '../generation/wiring.ts';
import type { Logger } from '../logger.ts';
import type { MinimaxClient } from '../minimax/v1/client.ts';
import { Leases } from './leases.ts';
import { ProviderResolver } from './provider-resolver.ts';
import { Submit } from './submit.ts';
import { fingerprint, UpstreamKey } from './request-budget.ts';
import { GenerationWorker, type WorkerOptions } from './worker.ts';

export interface SubmissionOptions {
  prisma: Database['prisma'];
  generations: Generations;
  client: MinimaxClient;
  log: Logger;
  now: () => Date;
  minimax: { baseUrl: string; apiKey: string; requestsPerMinute: number; simulated: boolean };
  worker: { pollIntervalMs: number; concurrency: number; leaseMs: number };
  callbackBaseUrl: string | undefined;
  /** The step that looks at a running task. */
  follow: WorkerOptions['follow'];
  hourly: WorkerOptions['hourly'];
}

/** The longest pause of a simulated key: nobody has to mend anything. */
const simulatedPauseMs = 2_000;

/** What goes out and costs money: the key and its budget, leases, and the loop that sends and follows. */
export async function createSubmission(options: SubmissionOptions) {
  const { prisma, client, log, now, minimax, callbackBaseUrl, follow, hourly } = options;
  const { store, images, outcomes } = options.generations;
  const { pollIntervalMs, concurrency, leaseMs } = options.worker;
  const { simulated, requestsPerMinute } = minimax;
  const key = new UpstreamKey({
    ...{ prisma, log, now, requestsPerMinute },
    // Simulators come and go with their ports; a real key is the same everywhere.
    keyId: simulated ? 'simulator' : fingerprint(minimax.baseUrl, minimax.apiKey),
    longestPauseMs: simulated ? simulatedPauseMs : Infinity,
  });
  await key.register();
  const leases = new Leases({ prisma, store, key, now, leaseMs, simulated });
  const step = new Submit({
    ...{ outcomes, images, leases, key, client, log, now, pollIntervalMs, callbackBaseUrl },
  });
  const worker = new GenerationWorker({
    ...{ leases, log, concurrency, leaseMs, follow, hourly },
    submit: (generation) => step.submit(generation),
    giveUpAbandoned: () => step.giveUpAbandonedSubmissions(),
    tickMs: Math.min(Math.max(pollIntervalMs / 10, 50), 1_000),
  });
  return { key, worker, resolvers: [new ProviderResolver({ key, client, log, simulated })] };
}

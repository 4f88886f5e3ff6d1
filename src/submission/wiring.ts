import type { AuditLog } from '../audit/log.ts';
import type { Database } from '../database/database.ts';
import type { HoldQueued } from '../generation/holds.ts';
import type { Generations } from '../generation/wiring.ts';
import type { NodeSource } from '../graphql/node.ts';
import type { Logger } from '../logger.ts';
import { clientOf, type Accounts } from '../upstream/accounts.ts';
import { Leases } from './leases.ts';
import { findSubmissions } from './list.ts';
import { LeftBehind } from './left-behind.ts';
import { Moves } from './moves.ts';
import { ProviderResolver } from './provider-resolver.ts';
import { Submissions } from './submissions.ts';
import { SubmissionResolver, SubmissionsOfGeneration } from './resolver.ts';
import { Submit, type SubmitOptions } from './submit.ts';
import { UpstreamKey, type SendingLimits } from './request-budget.ts';
import { UnknownAccounts } from './unknown-accounts.ts';
import { GenerationWorker, type WorkerOptions } from './worker.ts';

export interface SubmissionOptions {
  database: Database;
  audit: AuditLog;
  generations: Generations;
  accounts: Accounts;
  log: Logger;
  now: () => Date;
  minimax: SendingLimits & { second: SendingLimits; simulated: boolean };
  worker: {
    pollIntervalMs: number;
    concurrency: number;
    imageBytes: number;
    leaseMs: number;
    holdQueued: HoldQueued;
  };
  callbackBaseUrl: string | undefined;
  /** The step that looks at a running task. */
  /** Where this server keeps media. */
  storageId: string;
  handOver: SubmitOptions['handOver'];
  follow: WorkerOptions['follow'];
  cancel: WorkerOptions['cancel'];
  hourly: WorkerOptions['hourly'];
  minutely: WorkerOptions['minutely'];
}

/** The longest pause of a simulated key: nobody has to mend anything. */
const simulatedPauseMs = 2_000;

/** What goes out and costs money: the key and its budget, leases, and the loop that sends and follows. */
export async function createSubmission(options: SubmissionOptions) {
  const { database, accounts, log, now, minimax, callbackBaseUrl } = options;
  const { follow, cancel, hourly, minutely } = options;
  const { work } = database;
  const { prisma } = work;
  const { id: keyId, name, client } = accounts.sending;
  const { workStore: store, images, outcomes, holds } = options.generations;
  const { pollIntervalMs, concurrency, leaseMs, imageBytes, holdQueued } = options.worker;
  const { simulated, requestsPerMinute, inFlight, second } = minimax;
  const key = new UpstreamKey({
    ...{ prisma, log, now, keyId, name },
    limits: { 1: { requestsPerMinute, inFlight }, 2: second },
    longestPauseMs: simulated ? simulatedPauseMs : Infinity,
  });
  await key.register();
  const unknownAccounts = new UnknownAccounts({ prisma, accounts, log, now, simulated });
  await unknownAccounts.start();
  const leases = new Leases({
    ...{ database: work, key, now, leaseMs, simulated, holds, holdQueued },
    storageId: options.storageId,
  });
  const submissions = new Submissions({ database: work, now, marginMs: leaseMs / 2 });
  await submissions.warmUp();
  const moves = new Moves({ now, pollIntervalMs, callbackBaseUrl });
  const leftBehind = new LeftBehind({
    ...{ prisma, leases, store, submissions, moves, outcomes, log, now, simulated },
  });
  const step = new Submit({
    sendWithinMs: leaseMs / 2,
    ...{
      store,
      outcomes,
      images,
      handOver: options.handOver,
      leases,
      submissions,
      moves,
      key,
      clientOf: (apiGeneration) => clientOf(accounts.sending, apiGeneration),
      log,
      now,
      callbackBaseUrl,
    },
  });
  const worker = new GenerationWorker({
    ...{ leases, log, concurrency, leaseMs, imageBytes, follow, cancel, hourly },
    submit: (generation) => step.submit(generation),
    settleAbandoned: () => leftBehind.settleAbandoned(),
    async minutely() {
      await leftBehind.settleByRecords();
      await holds.holdNeedless();
      await minutely();
    },
    tickMs: Math.min(Math.max(pollIntervalMs / 10, 50), 1_000),
  });
  const nodes: NodeSource[] = [
    {
      type: 'Submission',
      find: (ids, { caller }) => findSubmissions(database.prisma, ids, caller),
    },
  ];
  return {
    key,
    unknownAccounts,
    worker,
    nodes,
    resolvers: [
      new ProviderResolver({ key, client, log, simulated }),
      new SubmissionResolver({ prisma: database.prisma, audit: options.audit }),
      new SubmissionsOfGeneration({ prisma: database.prisma, callbackBaseUrl }),
    ],
  };
}

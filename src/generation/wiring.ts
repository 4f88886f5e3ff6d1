import type { AuditLog } from '../audit/log.ts';
import type { Database } from '../database/database.ts';
import { Cancellation } from './cancellation.ts';
import { Decisions, type Worker } from './decisions.ts';
import { Erasure } from './erasure.ts';
import type { NamedAccount } from './generation.ts';
import { Holds, type HoldQueued } from './holds.ts';
import { InputImages, type InputStore } from './input-images.ts';
import { MoveChunks } from './move-chunks.ts';
import { Outcomes } from './outcomes.ts';
import { RecentKeys } from './recent-keys.ts';
import { Regenerations } from './regeneration.ts';
import { GenerationService, type ServiceOptions } from './service.ts';
import { GenerationStore, type StoreOptions } from './store.ts';
import { ToldTasks } from './told-tasks.ts';
import { GenerationUpdates } from './updates.ts';
import { VisibleGenerations } from './visible-generations.ts';
import { WrittenGenerations } from './written-rows.ts';

export interface GenerationsOptions extends Omit<
  ServiceOptions,
  'store' | 'updates' | 'recentKeys' | 'wakeWorker'
> {
  database: Database;
  audit: AuditLog;
  now: () => Date;
  /** Generations older than this are redacted by themselves; undefined: never. */
  retentionDays: number | undefined;
  enqueueWebhooks: StoreOptions['enqueueWebhooks'];
  inputs: InputStore;
  enqueueArchive: StoreOptions['enqueueArchive'];
  /** The background work; it is used only after it has been made. */
  worker: Worker;
  /** The account that sends. */
  account: NamedAccount;
  holdQueued: HoldQueued;
}

/** How long servers of the version before may still be at work when this one starts. */
const upgradeMs = 30 * 60_000;

export type Generations = Awaited<ReturnType<typeof createGenerations>>;

/** The life of generations: what is stored of them, and what callers may ask for and decide. */
export async function createGenerations(options: GenerationsOptions) {
  const { database, audit, log, now, worker, account, simulated, holdQueued } = options;
  const { prisma, work, slow } = database;
  const { enqueueWebhooks, enqueueArchive, inputs } = options;
  const parts = { now, enqueueWebhooks, enqueueArchive };
  const store = new GenerationStore({ database, ...parts });
  const workStore = new GenerationStore({ database: work, ...parts });
  const images = new InputImages({ work, slow, log, now, inputs });
  const notBefore = new Date(now().getTime() + upgradeMs);
  const moveChunks = new MoveChunks({ work, inputs, log, now, notBefore });
  const updates = new GenerationUpdates();
  await updates.start(database);
  const recentKeys = new RecentKeys({
    ...{ updates, trail: store.trail, database: { ...database, pool: work.pool }, log, now },
  });
  await recentKeys.start();
  const wakeWorker = () => worker.wake('submissions');
  const service = new GenerationService({
    ...options,
    store,
    updates,
    recentKeys,
    wakeWorker,
  });
  const holds = new Holds({
    ...{ prisma: work.prisma, store, updates, log, now, simulated, holdQueued, wakeWorker },
  });
  await holds.start();
  return {
    store,
    holds,
    /** The same for the background work, over connections that callers cannot use up. */
    workStore,
    visible: new VisibleGenerations({ store, written: new WrittenGenerations(database), audit }),
    images,
    moveChunks,
    updates,
    service,
    outcomes: new Outcomes({ store: workStore, log }),
    toldTasks: new ToldTasks({ database: work, holds, log, now }),
    cancellation: new Cancellation({ store, worker, now }),
    regenerations: new Regenerations({ store, service, images, now, account, simulated }),
    decisions: new Decisions({ store, service, images, recentKeys, worker, now, account }),
    erasure: new Erasure({ prisma, store, inputs, log, now, retentionDays: options.retentionDays }),
    /** Hears of no change any more. */
    async close() {
      await recentKeys.close();
      await updates.close();
    },
  };
}

import type { AuditLog } from '../audit/log.ts';
import type { Database } from '../database/database.ts';
import type { Logger } from '../logger.ts';
import { Decisions, type Worker } from './decisions.ts';
import { Erasure } from './erasure.ts';
import { InputImages } from './input-images.ts';
import { Outcomes } from './outcomes.ts';
import { GenerationService, type ServiceOptions } from './service.ts';
import { GenerationStore, type StoreOptions } from './store.ts';
import { GenerationUpdates } from './updates.ts';
import { VisibleGenerations } from './visible-generations.ts';

export interface GenerationsOptions extends Omit<
  ServiceOptions,
  'store' | 'updates' | 'wakeWorker'
> {
  database: Database;
  audit: AuditLog;
  log: Logger;
  now: () => Date;
  /** Generations older than this are redacted by themselves; undefined: never. */
  retentionDays: number | undefined;
  enqueueWebhooks: StoreOptions['enqueueWebhooks'];
  /** The background work; it is used only after it has been made. */
  worker: Worker;
}

export type Generations = Awaited<ReturnType<typeof createGenerations>>;

/** The life of generations: what is stored of them, and what callers may ask for and decide. */
export async function createGenerations(options: GenerationsOptions) {
  const { database, audit, log, now, worker } = options;
  const { prisma } = database;
  const store = new GenerationStore({ database, now, enqueueWebhooks: options.enqueueWebhooks });
  const images = new InputImages({ prisma, log, now });
  const updates = new GenerationUpdates();
  await updates.start(database);
  const service = new GenerationService({
    ...options,
    store,
    updates,
    wakeWorker: () => worker.wake(),
  });
  return {
    store,
    visible: new VisibleGenerations({ store, audit }),
    images,
    updates,
    service,
    outcomes: new Outcomes({ store, log }),
    decisions: new Decisions({ store, service, images, worker, now }),
    erasure: new Erasure({ prisma, store, log, now, retentionDays: options.retentionDays }),
  };
}

import type { AuditLog } from '../../audit/log.ts';
import type { Database } from '../../database/database.ts';
import type { Reconciliation } from '../../following/reconcile.ts';
import type { TaskRemoval } from '../../following/task-removal.ts';
import type { VideoLinks } from '../../following/video-links.ts';
import type { HeavyReads } from '../../graphql/heavy-reads.ts';
import type { NodeSource } from '../../graphql/node.ts';
import type { Logger } from '../../logger.ts';
import { GenerationFeed } from '../live/feed.ts';
import { Watches } from '../live/watch.ts';
import type { Generations } from '../wiring.ts';
import { BacklogResolver } from './backlog-resolver.ts';
import { CandidateFields } from './candidates.ts';
import { ErasureResolver } from './erasure-resolver.ts';
import { GenerationConnectionFields, GenerationFields, type KeptVideoLinks } from './fields.ts';
import { VideoModelsResolver } from './models-resolver.ts';
import { GenerationMutations } from './mutations.ts';
import { GenerationQueries } from './queries.ts';
import { GenerationSubscriptions } from './subscriptions.ts';
import { PromptEnhancementResolver } from './prompt-enhancement.ts';
import { RegenerationResolver } from './regeneration.ts';
import { StatsResolver } from './stats-resolver.ts';
import { TaskDeletionResolver } from './task-deletion.ts';

export interface GenerationApiOptions {
  generations: Generations;
  links: VideoLinks;
  kept: KeptVideoLinks;
  reconciliation: Reconciliation;
  removal: TaskRemoval;
  database: Database;
  heavyReads: HeavyReads;
  audit: AuditLog;
  log: Logger;
  now: () => Date;
  /** Which generations are counted unless a caller says otherwise. */
  simulated: boolean;
}

/** Generations as the API shows them, with what changes. */
export function createGenerationApi(options: GenerationApiOptions) {
  const { generations, links, kept, database, heavyReads, audit, log, now, simulated } = options;
  const { store, visible, service, cancellation, decisions, erasure, holds, updates } = generations;
  const { regenerations } = generations;
  const { prisma, pool } = database;
  const feed = new GenerationFeed({ pool, updates, now, log });
  const watches = new Watches({ pool, feed, now });
  const nodes: NodeSource[] = [
    {
      type: 'VideoGeneration',
      find: (ids, context) => visible.readMany(ids, context),
    },
  ];
  return {
    nodes,
    /** Ends the waits, so that their requests are answered. */
    endWaits: () => watches.close(),
    close: () => feed.close(),
    resolvers: [
      new GenerationMutations({ visible, service, cancellation, decisions, holds }),
      new RegenerationResolver({ visible, regenerations }),
      new PromptEnhancementResolver({ service }),
      new TaskDeletionResolver({ store, visible, removal: options.removal }),
      new GenerationQueries({ database, visible, service, watches, audit, heavyReads }),
      new GenerationSubscriptions({ visible, watches, audit }),
      new GenerationFields({ store, links, kept }),
      new CandidateFields({ reconciliation: options.reconciliation }),
      new GenerationConnectionFields({ database, heavyReads }),
      new StatsResolver({ prisma, heavyReads, audit, now, simulated }),
      new BacklogResolver({ prisma, heavyReads, audit }),
      new VideoModelsResolver(),
      new ErasureResolver({ visible, erasure }),
    ],
  };
}

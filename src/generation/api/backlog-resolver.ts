import { Ctx, Field, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { visibleTo } from '../../access/permissions.ts';
import type { AuditLog } from '../../audit/log.ts';
import type { Database } from '../../database/database.ts';
import type { Context } from '../../graphql/context.ts';
import type { HeavyReads } from '../../graphql/heavy-reads.ts';
import { countBacklog, type GenerationBacklog } from '../finding/backlog.ts';

@ObjectType('GenerationBacklog', {
  description: 'How many generations are not at their end, whenever they were requested.',
})
export class GenerationBacklogType {
  @Field(() => Int, { description: 'QUEUED, those that are held included.' })
  queued!: number;

  @Field(() => Int, { description: 'QUEUED and held: not sent until an admin releases them.' })
  held!: number;

  @Field(() => Int, { description: 'SUBMITTING or PROCESSING.' })
  running!: number;

  @Field(() => Int, { description: 'UNCERTAIN: an admin has to decide.' })
  uncertain!: number;
}

/** What waits, for somebody who looks now and then whether something is wrong. */
@Resolver()
export class BacklogResolver {
  readonly #options: { prisma: Database['prisma']; heavyReads: HeavyReads; audit: AuditLog };

  constructor(options: { prisma: Database['prisma']; heavyReads: HeavyReads; audit: AuditLog }) {
    this.#options = options;
  }

  @Query(() => GenerationBacklogType, {
    description:
      "Counts the generations that you may see and that are not at their end, simulated ones too, in one look. Auditors' and admins' looks are recorded, each as one event.",
  })
  async generationBacklog(@Ctx() context: Context): Promise<GenerationBacklog> {
    const { prisma, heavyReads, audit } = this.#options;
    await audit.recordSearch('GENERATION_STATS_READ', { backlog: true }, context);
    return await heavyReads.run(context.caller.id, () =>
      countBacklog(prisma, visibleTo(context.caller)),
    );
  }
}

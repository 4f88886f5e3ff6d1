import {
  Arg,
  Ctx,
  Field,
  Float,
  Int,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
} from 'type-graphql';
import { visibleTo } from '../../access/permissions.ts';
import type { AuditLog } from '../../audit/log.ts';
import type { Database } from '../../database/database.ts';
import {
  GenerationKind,
  VideoGenerationStatus,
  type Prisma,
} from '../../database/generated/client.ts';
import type { HeavyReads } from '../../graphql/heavy-reads.ts';
import type { Context } from '../../graphql/context.ts';
import { DateTimeRangeInput } from '../../graphql/inputs.ts';
import { DateTimeScalar } from '../../graphql/scalars.ts';
import { Money, toMoney } from '../../graphql/money.ts';
import { VideoGenerationFilter } from './filter-types.ts';
import {
  defaultPeriodDays,
  generationStats,
  maxGroups,
  maxPeriodDays,
  type GenerationGroup,
  type StatsDimension,
} from '../finding/stats.ts';

export const StatsDimensionEnum = {
  DAY: 'DAY',
  MODEL: 'MODEL',
  CALLER: 'CALLER',
  TENANT: 'TENANT',
  STATUS: 'STATUS',
  KIND: 'KIND',
} as const;
registerEnumType(StatsDimensionEnum, {
  name: 'GenerationStatsDimension',
  description: 'What generations can be grouped by.',
  valuesConfig: {
    DAY: { description: 'The day, in UTC, on which the request was stored.' },
    MODEL: { description: 'The model.' },
    CALLER: { description: 'Who asked for it.' },
    TENANT: { description: 'The tenant that it belongs to.' },
    STATUS: { description: 'Where it stands.' },
    KIND: { description: 'What is asked of MiniMax.' },
  },
});

@ObjectType({ description: 'How many generations stand where.' })
export class GenerationStatusCounts {
  @Field(() => Int, { description: 'Waiting to be sent.' })
  queued!: number;

  @Field(() => Int, { description: 'Being sent.' })
  submitting!: number;

  @Field(() => Int, { description: 'At work at MiniMax.' })
  processing!: number;

  @Field(() => Int, { description: 'With a video.' })
  succeeded!: number;

  @Field(() => Int, { description: 'Ended without a video.' })
  failed!: number;

  @Field(() => Int, { description: 'Nobody knows whether MiniMax accepted them.' })
  uncertain!: number;

  @Field(() => Int, {
    description: 'Withdrawn before they were sent, or while MiniMax had them queued.',
  })
  cancelled!: number;
}

@ObjectType({
  description:
    'Seconds from `submittedAt` to `completedAt` of the SUCCEEDED generations, waiting for the next look included.',
})
export class GenerationLatency {
  @Field(() => Float, { description: 'Half of them took no longer (the median).' })
  p50!: number;

  @Field(() => Float, { description: '95 of 100 took no longer.' })
  p95!: number;

  @Field(() => Float, { description: '99 of 100 took no longer.' })
  p99!: number;
}

@ObjectType({ description: 'The generations of one group, counted.' })
export class GenerationStatsGroup {
  @Field(() => String, {
    nullable: true,
    description: 'The day in UTC, e.g. `2026-11-23`; null unless grouped by DAY.',
  })
  day!: string | null;

  @Field(() => String, { nullable: true, description: 'Null unless grouped by MODEL.' })
  model!: string | null;

  @Field(() => String, { nullable: true, description: 'Null unless grouped by CALLER.' })
  callerId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Null unless grouped by TENANT, and then for those of callers without a tenant.',
  })
  tenant!: string | null;

  @Field(() => VideoGenerationStatus, {
    nullable: true,
    description: 'Null unless grouped by STATUS.',
  })
  status!: VideoGenerationStatus | null;

  @Field(() => GenerationKind, { nullable: true, description: 'Null unless grouped by KIND.' })
  kind!: GenerationKind | null;

  @Field(() => Int, { description: 'How many generations the group has.' })
  count!: number;

  @Field(() => GenerationStatusCounts, { description: 'The same by status.' })
  counts!: GenerationStatusCounts;

  @Field(() => Float, {
    nullable: true,
    description:
      'The part of the SUCCEEDED and FAILED that is SUCCEEDED, 0 to 1; null when there are none. CANCELLED ones were never tried and do not count.',
  })
  successRate!: number | null;

  @Field(() => GenerationLatency, {
    nullable: true,
    description: 'How long they took; null when none has succeeded.',
  })
  latency!: GenerationLatency | null;

  @Field(() => Money, {
    description:
      'List price of every submission of theirs that MiniMax accepted, whatever became of it: one that was sent twice counts twice. MiniMax does not report what it charged.',
  })
  spend!: Money;

  @Field(() => Money, {
    description:
      'List price of every submission of theirs that may have been paid or not: its outcome is UNKNOWN, or still to come.',
  })
  possibleSpend!: Money;

  @Field(() => Int, {
    description: 'How many of those submissions have no list price and are missing from both sums.',
  })
  unpriced!: number;
}

@ObjectType('GenerationStats', { description: 'Generations, counted.' })
export class GenerationStatsType {
  @Field(() => DateTimeScalar, { description: 'Those requested from this instant on are counted.' })
  from!: Date;

  @Field(() => DateTimeScalar, { description: 'Those requested before this instant are counted.' })
  to!: Date;

  @Field(() => Boolean, {
    description:
      "True when these are the simulator's generations: then no money was spent, and the sums tell what they would have cost.",
  })
  simulated!: boolean;

  @Field(() => [GenerationStatsGroup], {
    description: `The latest day first when grouped by DAY, else the largest group; ${maxGroups} at most. One group when not grouped.`,
  })
  groups!: GenerationStatsGroup[];

  @Field(() => Boolean, {
    description: `True when there are more than ${maxGroups} groups: the others are left out. A shorter period or a filter makes fewer.`,
  })
  hasMoreGroups!: boolean;
}

/** What has been made, how well, and for how much. */
@Resolver()
export class StatsResolver {
  readonly #prisma: Database['prisma'];
  readonly #heavyReads: HeavyReads;
  readonly #audit: AuditLog;
  readonly #now: () => Date;
  readonly #simulated: boolean;

  constructor(options: {
    prisma: Database['prisma'];
    heavyReads: HeavyReads;
    audit: AuditLog;
    now: () => Date;
    simulated: boolean;
  }) {
    this.#prisma = options.prisma;
    this.#heavyReads = options.heavyReads;
    this.#audit = options.audit;
    this.#now = options.now;
    this.#simulated = options.simulated;
  }

  @Query(() => GenerationStatsType, {
    description:
      "Counts the generations that you may see: by status, with success rate, latency and list price. Simulated and real ones are never counted together. Reads every matching row of the period, so it takes up to a second for a million of them; auditors' and admins' are recorded like lists.",
  })
  async generationStats(
    @Arg('filter', () => VideoGenerationFilter, {
      nullable: true,
      description: 'Which ones; left out: all.',
    })
    filter: VideoGenerationFilter | null,
    @Arg('groupBy', () => [StatsDimensionEnum], {
      defaultValue: [],
      description: 'Up to two different dimensions; left out: all in one group.',
    })
    groupBy: StatsDimension[],
    @Arg('period', () => DateTimeRangeInput, {
      nullable: true,
      description: `When they were requested, ${maxPeriodDays} days at most. Left out: until now, from ${defaultPeriodDays} days before the end.`,
    })
    period: DateTimeRangeInput | null,
    @Arg('simulated', () => Boolean, {
      nullable: true,
      description:
        "True: the simulator's generations only; false: MiniMax's only. Left out: those of the kind that this service makes now.",
    })
    given: boolean | null,
    @Ctx() context: Context,
  ): Promise<GenerationStatsType> {
    const simulated = given ?? this.#simulated;
    await this.#audit.recordSearch(
      'GENERATION_STATS_READ',
      { filter: filter ?? {}, groupBy, period: period ?? {} },
      context,
    );
    const { groups, ...stats } = await this.#heavyReads.run(context.caller.id, () =>
      generationStats(
        this.#prisma,
        { filter, groupBy, period, simulated },
        visibleTo(context.caller),
        this.#now(),
      ),
    );
    return { ...stats, simulated, groups: groups.map(show) };
  }
}

function show({
  latencies,
  spend,
  possibleSpend,
  ...group
}: GenerationGroup): GenerationStatsGroup {
  const { succeeded, failed } = group;
  return {
    ...group,
    counts: group,
    successRate: succeeded + failed === 0 ? null : succeeded / (succeeded + failed),
    latency: latencies && { p50: latencies[0]!, p95: latencies[1]!, p99: latencies[2]! },
    spend: inUsd(spend),
    possibleSpend: inUsd(possibleSpend),
  };
}

function inUsd(amount: Prisma.Decimal): Money {
  return toMoney(amount, 'USD');
}

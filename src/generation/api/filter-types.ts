import { Field, ID, InputType, Int, registerEnumType } from 'type-graphql';
import { GenerationKind, VideoGenerationStatus } from '../../database/generated/client.ts';
import { DateTimeRangeInput, DecimalRangeInput, OrderDirectionEnum } from '../../graphql/inputs.ts';
import { FailureKind } from '../../minimax/failure-kind.ts';

registerEnumType(GenerationKind, {
  name: 'GenerationKind',
  description: 'What is asked of MiniMax.',
  valuesConfig: {
    GENERATION: { description: 'A new video.' },
    REGENERATION: { description: 'An existing video, made anew in a higher resolution.' },
    PROMPT_ENHANCEMENT: { description: 'A better prompt, and no video.' },
  },
});

@InputType({
  description:
    'Which generations. Within a list any value may match; all fields given must match. `and`, `or` and `not` combine filters, five levels deep at most. An empty filter matches every generation, so `not: {}` matches none; an empty `or` says nothing.',
})
export class VideoGenerationFilter {
  @Field(() => [VideoGenerationFilter], { nullable: true, description: 'All of these match.' })
  and?: VideoGenerationFilter[] | null;

  @Field(() => [VideoGenerationFilter], {
    nullable: true,
    description: 'At least one of these matches.',
  })
  or?: VideoGenerationFilter[] | null;

  @Field(() => VideoGenerationFilter, { nullable: true, description: 'This does not match.' })
  not?: VideoGenerationFilter | null;

  @Field(() => [ID], { nullable: true, description: 'One of these ids.' })
  id?: string[] | null;

  @Field(() => [VideoGenerationStatus], { nullable: true, description: 'One of these statuses.' })
  status?: VideoGenerationStatus[] | null;

  @Field(() => [GenerationKind], { nullable: true, description: 'Of one of these kinds.' })
  kind?: GenerationKind[] | null;

  @Field(() => [String], { nullable: true, description: 'One of these models.' })
  model?: string[] | null;

  @Field(() => DateTimeRangeInput, { nullable: true, description: 'Created in this span.' })
  createdAt?: DateTimeRangeInput | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The prompt contains this text, whatever the case of each letter: `Σ`, `σ` and `ς` are alike, and `I`, `i` and `ı`; `İ` is alone, and `ß` is not `ss`. At most 256 characters, and 1,000 in all of a filter.',
  })
  promptContains?: string | null;

  @Field(() => [String], { nullable: true, description: "One of these ids of MiniMax's." })
  taskId?: string[] | null;

  @Field(() => [Int], {
    nullable: true,
    description: "MiniMax's latest status code is one of these, e.g. 1026.",
  })
  statusCode?: number[] | null;

  @Field(() => [FailureKind], {
    nullable: true,
    description: 'FAILED or UNCERTAIN for one of these reasons.',
  })
  failureKind?: FailureKind[] | null;

  @Field(() => [String], {
    nullable: true,
    description: "One of MiniMax's answers about it had one of these `Trace-Id`s.",
  })
  traceId?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'It has at least one of these tags.' })
  tags?: string[] | null;

  @Field(() => DecimalRangeInput, {
    nullable: true,
    description: 'Its list price in US dollars lies in this range; never so without a list price.',
  })
  listPriceUsd?: DecimalRangeInput | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Requested by one of these callers. Clients see their own and their tenant’s only.',
  })
  callerId?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'It belongs to one of these tenants.' })
  tenant?: string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'True: QUEUED and held until an admin releases it (`heldAt`). False: all others.',
  })
  held?: boolean | null;
}

export const OrderFieldEnum = { CREATED_AT: 'CREATED_AT', UPDATED_AT: 'UPDATED_AT' } as const;

registerEnumType(OrderFieldEnum, {
  name: 'VideoGenerationOrderField',
  description: 'What generations can be ordered by.',
  valuesConfig: {
    CREATED_AT: {
      description: 'When the request was stored. With several servers as exact as their clocks.',
    },
    UPDATED_AT: {
      description:
        'When it last changed. A generation that changes between two pages may be seen twice or not at all.',
    },
  },
});

@InputType({ description: 'The order of generations.' })
export class VideoGenerationOrder {
  @Field(() => OrderFieldEnum, { defaultValue: 'CREATED_AT', description: 'What to order by.' })
  field!: 'CREATED_AT' | 'UPDATED_AT';

  @Field(() => OrderDirectionEnum, { defaultValue: 'DESC', description: 'Which end comes first.' })
  direction!: 'ASC' | 'DESC';
}

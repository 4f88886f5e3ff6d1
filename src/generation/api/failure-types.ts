import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { FailureKind } from '../../minimax/failure-kind.ts';

registerEnumType(FailureKind, {
  name: 'FailureKind',
  description: 'Why a generation gave no video, in one word to act on.',
  valuesConfig: {
    INPUT_INVALID: { description: 'MiniMax found a parameter invalid (codes 2013, 1042).' },
    INPUT_FLAGGED: { description: 'The content check refused the prompt or an image (1026).' },
    OUTPUT_FLAGGED: { description: 'The content check withheld the finished video (1027).' },
    UNAUTHORIZED: { description: "MiniMax does not accept this service's key (1004, 2049)." },
    BALANCE_EXHAUSTED: { description: 'The MiniMax account has no money left (1008).' },
    QUOTA_EXHAUSTED: {
      description: 'A quota of the MiniMax account is used up (1028, 1030, 2056).',
    },
    ACCOUNT_NOT_ENTITLED: {
      description: 'The MiniMax account may not use this model or is not verified (2038, 2061).',
    },
    THROTTLED: { description: 'MiniMax limits the rate of requests (1002, 1039, 1041, 2045).' },
    UPSTREAM_ERROR: {
      description: 'MiniMax had a problem of its own (1000, 1001, 1013, 1024, 1033).',
    },
    TASK_UNKNOWN: { description: 'MiniMax says repeatedly that it does not know the task.' },
    TASK_FAILED: {
      description:
        'MiniMax gave up on the task; `upstreamMessage` has its reason where it gave one.',
    },
    RESULT_MISSING: { description: 'MiniMax reports success repeatedly but gives no result.' },
    OUTCOME_UNKNOWN: { description: 'Nobody knows whether MiniMax accepted the request.' },
    NOT_CREATED: {
      description: 'MiniMax never accepted the request, as an admin found or its records say.',
    },
    ACCOUNT_UNKNOWN: {
      description:
        'The service no longer has the key of the account that accepted the task. It stays PROCESSING and goes on when the key is back.',
    },
    UNKNOWN: {
      description:
        'A status code that is not documented; see `upstreamCode` and `upstreamMessage`.',
    },
  },
});

@ObjectType({
  description: 'Why a generation gave no video, or waits, and what to do about it.',
})
export class GenerationFailure {
  @Field(() => FailureKind, { description: 'The reason in one word; clients should decide by it.' })
  kind!: FailureKind;

  @Field(() => Int, {
    nullable: true,
    description: "MiniMax's status code, e.g. 1026; null when it gave none.",
  })
  upstreamCode!: number | null;

  @Field(() => String, {
    nullable: true,
    description: "MiniMax's own words; without an `upstreamCode`, what kept it from answering.",
  })
  upstreamMessage!: string | null;

  @Field(() => String, { description: 'What to do, in a sentence for a person.' })
  message!: string;

  @Field(() => Boolean, {
    description:
      'Whether the same request, made anew, may succeed. For an UNCERTAIN one that could cost twice.',
  })
  retryable!: boolean;
}

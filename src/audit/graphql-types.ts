import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { VideoGenerationStatus } from '../database/generated/client.ts';
import type { Caller } from '../graphql/caller.ts';
import { CallerKindEnum } from '../graphql/caller-kind.ts';
import { DateTimeRangeInput } from '../graphql/inputs.ts';
import { ConnectionOf, EdgeOf } from '../graphql/page-types.ts';
import { Node } from '../graphql/node.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { auditActions, type AuditAction } from './events.ts';

export const AuditActionEnum = Object.fromEntries(
  Object.keys(auditActions).map((action) => [action, action]),
) as { [Action in AuditAction]: Action };

registerEnumType(AuditActionEnum, {
  name: 'AuditAction',
  description: 'What happened.',
  valuesConfig: Object.fromEntries(
    Object.entries(auditActions).map(([action, description]) => [action, { description }]),
  ),
});

@ObjectType('AuditEvent', {
  implements: Node,
  description:
    'One thing that happened, written in the same transaction as the change it tells of. It can be neither changed nor removed, and is chained by its hash to the event before. Its id sorts by time. Contains no keys, no prompts, no signed links and no images.',
})
export class AuditEventType extends Node {
  @Field(() => DateTimeScalar, { description: 'When it was stored.' })
  occurredAt!: Date;

  @Field(() => AuditActionEnum, { description: 'What happened.' })
  action!: AuditAction;

  @Field(() => Int, {
    nullable: true,
    description:
      '1, 2, 3 … within the generation, or among the events that belong to none; without gaps.',
  })
  sequence!: number | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The generation that it is about; null for what is about none, such as API keys.',
  })
  generationId!: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'What it is on: the generation, also one that was only read, or an API key; null when there is no such thing.',
  })
  objectId!: string | null;

  @Field(() => VideoGenerationStatus, {
    nullable: true,
    description: 'The status before, when the event moved the generation.',
  })
  fromStatus!: VideoGenerationStatus | null;

  @Field(() => VideoGenerationStatus, {
    nullable: true,
    description: 'The status afterwards, when the event moved the generation.',
  })
  toStatus!: VideoGenerationStatus | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'HTTP status of the answer from MiniMax; null when there was no answer. MiniMax reports most errors with 200.',
  })
  httpStatus!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Milliseconds from sending the request to MiniMax until its answer was read.',
  })
  latencyMs!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: '`base_resp.status_code` of the answer; 0 means success.',
  })
  upstreamCode!: number | null;

  @Field(() => String, {
    nullable: true,
    description: '`base_resp.status_msg` of the answer, as MiniMax wrote it.',
  })
  upstreamMessage!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The answer's `Trace-Id` header; quote it to MiniMax's support.",
  })
  traceId!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      '`X-Request-Id` of the request to this service that caused it; null for background work.',
  })
  requestId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Who caused it; null for what the service did by itself and for strangers.',
  })
  callerId!: string | null;

  @Field(() => CallerKindEnum, { nullable: true, description: 'How that caller was known.' })
  callerKind!: Caller['kind'] | null;

  @Field(() => String, {
    nullable: true,
    description: 'Address from which the request came. Clients see only their own requests’.',
  })
  ip!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      '`User-Agent` of that request, 256 characters at most. Clients see only their own requests’.',
  })
  userAgent!: string | null;

  @Field(() => String, {
    description:
      'SHA-256, in hexadecimal, over this event and the hash of the one before; computed by the database.',
  })
  hash!: string;
}

@ObjectType({ simpleResolvers: true, description: 'One entry of a page of events.' })
export class AuditEventEdge extends EdgeOf(AuditEventType, 'event') {}

@ObjectType({ description: 'A page of events.' })
export class AuditEventConnection extends ConnectionOf(AuditEventType, AuditEventEdge) {}

@InputType({
  description: 'Which events. Within a list any value may match; all fields given must match.',
})
export class AuditEventFilter {
  @Field(() => [String], { nullable: true, description: 'Caused by one of these callers.' })
  callerId?: string[] | null;

  @Field(() => [AuditActionEnum], { nullable: true, description: 'One of these happened.' })
  action?: AuditAction[] | null;

  @Field(() => ID, { nullable: true, description: 'About this generation.' })
  generationId?: string | null;

  @Field(() => DateTimeRangeInput, { nullable: true, description: 'Happened in this span.' })
  occurredAt?: DateTimeRangeInput | null;

  @Field(() => [Int], {
    nullable: true,
    description: 'MiniMax answered with one of these status codes, e.g. 1026.',
  })
  upstreamCode?: number[] | null;

  @Field(() => [String], {
    nullable: true,
    description: "MiniMax's answer had one of these `Trace-Id`s.",
  })
  traceId?: string[] | null;

  @Field(() => [ID], {
    nullable: true,
    description:
      'On one of these generations, reads of it by auditors and admins included, or on one of these API keys.',
  })
  objectId?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      '`detail`, or what MiniMax said beside a status code other than 0, contains this text, whatever the letter case. 3 to 200 characters.',
  })
  text?: string | null;
}

export const BreakReasonEnum = {
  EVENT_CHANGED: 'EVENT_CHANGED',
  EVENT_MISSING: 'EVENT_MISSING',
  EVENTS_MISSING_AT_END: 'EVENTS_MISSING_AT_END',
  CHECKPOINT_MISMATCH: 'CHECKPOINT_MISMATCH',
} as const;
registerEnumType(BreakReasonEnum, {
  name: 'AuditBreakReason',
  description: 'What is wrong with the audit log.',
  valuesConfig: {
    EVENT_CHANGED: {
      description:
        'The event does not have the hash that follows from its content and the event before: it was altered, or put in another’s place, or the one before was and got a new hash.',
    },
    EVENT_MISSING: { description: 'The event with this `sequence` was removed.' },
    EVENTS_MISSING_AT_END: {
      description:
        'The generation changed more often than it has events: the event with this `sequence` and those after it were removed.',
    },
    CHECKPOINT_MISMATCH: {
      description:
        'A checkpoint does not fit the events that it covers, or the checkpoints before: events or checkpoints were removed, added or altered together with their chain.',
    },
  },
});

@ObjectType({ description: 'The first place at which the audit log is not what was written.' })
export class AuditBreak {
  @Field(() => ID, {
    nullable: true,
    description: 'The event at which it was noticed; null when that is not one event.',
  })
  eventId!: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The generation whose events are concerned; null for those of none.',
  })
  generationId!: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Number of the event that is altered or missing, or else of the checkpoint.',
  })
  sequence!: number | null;

  @Field(() => BreakReasonEnum, { description: 'What is wrong.' })
  reason!: keyof typeof BreakReasonEnum;
}

@ObjectType('AuditCheckpoint', {
  description: 'A seal on all events up to a moment; to be kept where nobody can alter it.',
})
export class AuditCheckpointType {
  @Field(() => Int, { description: '1, 2, 3 …' })
  sequence!: number;

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => ID, { description: 'The last event that it covers.' })
  lastEventId!: string;

  @Field(() => Int, { description: 'How many events it adds to the checkpoint before.' })
  eventCount!: number;

  @Field(() => String, {
    description: 'SHA-256, in hexadecimal, over the checkpoint before and the events’ hashes.',
  })
  hash!: string;
}

@ObjectType({ description: 'Whether the audit log is what was written.' })
export class AuditVerification {
  @Field(() => Boolean, { description: 'Whether nothing wrong was found.' })
  ok!: boolean;

  @Field(() => Int, { description: 'How many events were looked at.' })
  checked!: number;

  @Field(() => AuditBreak, {
    nullable: true,
    description: 'The first thing that is wrong; null when nothing is.',
  })
  firstBad!: AuditBreak | null;

  @Field(() => AuditCheckpointType, {
    nullable: true,
    description: 'The latest checkpoint; null as long as there is none.',
  })
  checkpoint!: AuditCheckpointType | null;
}

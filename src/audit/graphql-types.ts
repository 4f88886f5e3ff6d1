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
    'One thing that happened, written in the same transaction as the change it tells of. It can be neither changed nor removed, and is chained by its hash to the event before in its generation or lane. Its id sorts by time. Contains no keys, no prompts, no signed links and no images.',
})
export class AuditEventType extends Node {
  @Field(() => DateTimeScalar, { description: 'When it was stored.' })
  occurredAt!: Date;

  @Field(() => AuditActionEnum, { description: 'What happened.' })
  action!: AuditAction;

  @Field(() => Int, {
    nullable: true,
    description:
      '1, 2, 3 … within the generation, or within the lane of events that belong to none; without gaps.',
  })
  sequence!: number | null;

  @Field(() => Int, {
    description:
      'Which chain of events that belong to no generation it is in: 0, or 1 and so on for what happened while a transaction that had added to the ones before was still open. 0 for events of generations.',
  })
  lane!: number;

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

import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
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
  description:
    'One thing that happened, written in the same transaction as the change it tells of. Contains no keys, no signed links and no images.',
})
export class AuditEventType {
  @Field(() => ID, { description: 'UUID version 7; sorts by time.' })
  id!: string;

  @Field(() => DateTimeScalar, { description: 'When it was stored.' })
  occurredAt!: Date;

  @Field(() => AuditActionEnum, { description: 'What happened.' })
  action!: AuditAction;

  @Field(() => Int, {
    nullable: true,
    description: '1, 2, 3 … within the generation, without gaps.',
  })
  sequence!: number | null;

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
}

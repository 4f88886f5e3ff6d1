import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTimeScalar } from '../graphql/scalars.ts';
import type { BreakReason } from './breaks.ts';
import type { SignatureState } from './head.ts';

const breakReasons: Record<BreakReason, string> = {
  EVENT_CHANGED:
    'The event does not have the hash that follows from its content and the event before: it was altered, or put in another’s place, or the one before was and got a new hash.',
  EVENT_MISSING: 'The event with this `sequence` was removed.',
  EVENTS_MISSING_AT_END:
    'The generation changed more often than it has events: the event with this `sequence` and those after it were removed.',
  EVENT_ADDED: 'The generation has more events than it changed: this one was made up.',
  GENERATION_MISSING: 'The event tells of a generation that is not there any more.',
  GENERATION_CHANGED:
    'The generation is not what its events say that it is; `detail` tells in which respect. Its row, or the record of one of its submissions, was altered past the service.',
  CHECKPOINT_MISMATCH:
    'A checkpoint does not fit the events that it covers, or the checkpoints before: events or checkpoints were removed, added or altered together with their chain.',
  CHECKPOINT_NOT_SIGNED:
    'A checkpoint has a wrong signature, or, where keys are configured, none by any of them.',
  HEAD_MISMATCH:
    'A checkpoint that was kept elsewhere is not in the database: events or checkpoints were rewritten or removed.',
  GUARD_CHANGED:
    'A trigger or function that guards the log is missing, switched off or altered, or something was added by which rows are read as other than they are; `detail` names it. What was done meanwhile is not known.',
};

export const BreakReasonEnum = enumOf(breakReasons);
registerEnumType(BreakReasonEnum, {
  name: 'AuditBreakReason',
  description: 'What is wrong with the audit log.',
  valuesConfig: described(breakReasons),
});

const signatureStates: Record<SignatureState, string> = {
  VALID: 'Signed by this server, or by a key that it was told to trust.',
  INVALID: 'The signature does not fit what it is on.',
  UNKNOWN_KEY:
    'Signed by a key that this server does not know: that of another server, an earlier one, or somebody else’s.',
  NONE: 'Made by a server without a key, or of a version before signatures.',
};

export const SignatureStateEnum = enumOf(signatureStates);
registerEnumType(SignatureStateEnum, {
  name: 'AuditSignatureState',
  description: 'What the signature of a checkpoint is worth.',
  valuesConfig: described(signatureStates),
});

function enumOf<Value extends string>(values: Record<Value, string>) {
  return Object.fromEntries(Object.keys(values).map((value) => [value, value])) as {
    [Each in Value]: Each;
  };
}

function described(values: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(values).map(([value, description]) => [value, { description }]),
  );
}

@ObjectType({ description: 'The first place at which the audit log is not what was written.' })
export class AuditBreak {
  @Field(() => ID, {
    nullable: true,
    description: 'The event at which it was noticed; null when that is not one event.',
  })
  eventId!: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The generation that is concerned; null for events of none.',
  })
  generationId!: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Number of the event that is altered or missing, or else of the checkpoint.',
  })
  sequence!: number | null;

  @Field(() => BreakReasonEnum, { description: 'What is wrong.' })
  reason!: BreakReason;

  @Field(() => String, { nullable: true, description: 'What more is to be told, in words.' })
  detail!: string | null;
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

  @Field(() => Int, {
    description: 'How many events it adds to the checkpoint before; about 50,000 at most.',
  })
  eventCount!: number;

  @Field(() => String, {
    description: 'SHA-256, in hexadecimal, over the checkpoint before and the events’ hashes.',
  })
  hash!: string;

  @Field(() => String, {
    description:
      'All of it in one line, with its signature: what to keep elsewhere, and to give to `npm run verify-audit -- --expect`.',
  })
  head!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Who signed it: an Ed25519 public key, 32 bytes in base64url. Null when the server had no key.',
  })
  publicKey!: string | null;

  @Field(() => SignatureStateEnum, { description: 'What its signature is worth.' })
  signature!: SignatureState;
}

@ObjectType({ description: 'Whether the audit log is what was written.' })
export class AuditVerification {
  @Field(() => Boolean, {
    description:
      'Whether nothing wrong was found; so far, while `finishedAt` is null. False while `failure` is not null.',
  })
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

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When this look ended; null while the first look of this server is under way.',
  })
  finishedAt!: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Says that the latest look could not be brought to its end, so that nothing is known of how the log is now; the rest is of the last one that was. Null when it was.',
  })
  failure!: string | null;

  @Field(() => Boolean, { description: 'Whether a look is under way now.' })
  running!: boolean;

  @Field(() => Int, {
    nullable: true,
    description:
      'Only what came after the checkpoint with this number was looked at; null: everything was.',
  })
  sinceCheckpoint!: number | null;

  @Field(() => Int, {
    description:
      'How many of the generations looked at were made before events said what their rows must hold: of them only the chain of events was checked.',
  })
  unbound!: number;

  @Field(() => String, {
    nullable: true,
    description:
      'What guards the log is other than this version makes it, while the database has a migration that this version lacks: that may have changed it, or somebody did. Hashes are reckoned by this version all the same, so `EVENT_CHANGED` and `GENERATION_CHANGED` may then only mean that a newer one reckons otherwise: ask that one. Null when everything is as it was made.',
  })
  unjudged!: string | null;
}

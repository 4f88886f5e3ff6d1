import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { SubmissionOutcome, SubmissionReason } from '../database/generated/client.ts';
import { DateTimeRangeInput } from '../graphql/inputs.ts';
import { Money } from '../graphql/money.ts';
import { Node } from '../graphql/node.ts';
import { ConnectionOf, EdgeOf } from '../graphql/page-types.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';

registerEnumType(SubmissionReason, {
  name: 'SubmissionReason',
  description: 'Why a request was sent.',
  valuesConfig: {
    FIRST: { description: 'It had not been sent before.' },
    RETRY: {
      description: 'The one before was surely not accepted: throttled, refused or not sent.',
    },
    RESUBMIT: {
      description:
        'An admin had it sent again although the one before may have been accepted: it may be paid twice.',
    },
  },
});

registerEnumType(SubmissionOutcome, {
  name: 'SubmissionOutcome',
  description: 'What came of a submission.',
  valuesConfig: {
    PREPARED: { description: 'Claimed by a server, and not sent yet.' },
    NOT_SENT: { description: 'Surely not sent, or not as a whole: it cost nothing.' },
    SENT: { description: 'Being sent, or waiting for its answer.' },
    ACCEPTED: {
      description:
        'MiniMax made a task of it: it is paid for, unless it is the `taskId` of a CANCELLED generation, which had not begun.',
    },
    REFUSED: {
      description:
        'MiniMax did not accept it, as it said: it cost nothing. It is UNKNOWN again when a callback tells of a task of it all the same.',
    },
    UNKNOWN: { description: 'Nobody knows whether MiniMax accepted it: it may have been paid.' },
  },
});

@ObjectType('SubmissionAccount', {
  description: 'The MiniMax account that a submission is sent from.',
})
export class SubmissionAccountType {
  @Field(() => String, {
    description: 'Names base URL and key without telling them; stays the same as long as they do.',
  })
  fingerprint!: string;

  @Field(() => String, { description: 'What the operator called it (`MINIMAX_ACCOUNT_NAME`).' })
  name!: string;
}

@ObjectType('Submission', {
  implements: Node,
  description:
    'One request that left for MiniMax, or was about to: what may cost money. Written before it leaves, settled by its answer. Its id sorts by time.',
})
export class SubmissionType extends Node {
  @Field(() => ID, { description: 'The generation that it is to make.' })
  generationId!: string;

  @Field(() => Int, { description: '1, 2, 3 … within the generation.' })
  number!: number;

  @Field(() => SubmissionAccountType, { description: 'The account that it is sent from.' })
  account!: SubmissionAccountType;

  @Field(() => Int, { description: "Which generation of MiniMax's API it speaks: 1 or 2." })
  apiGeneration!: number;

  @Field(() => String, { description: 'Who asked for it.' })
  callerId!: string;

  @Field(() => SubmissionReason, { description: 'Why it was sent.' })
  reason!: SubmissionReason;

  @Field(() => SubmissionOutcome, { description: 'What came of it.' })
  outcome!: SubmissionOutcome;

  @Field(() => String, {
    nullable: true,
    description: 'SHA-256 of the body, in hexadecimal; null when it did not leave.',
  })
  bodyHash!: string | null;

  @Field(() => Money, {
    nullable: true,
    description:
      'List price of one clip when it was claimed: what it cost when ACCEPTED (nothing when its task is that of a CANCELLED generation), and may have cost when UNKNOWN. Null when MiniMax publishes none.',
  })
  listPrice!: Money | null;

  @Field(() => DateTimeScalar, { description: 'When a server took it on.' })
  claimedAt!: Date;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When it left.' })
  sentAt!: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'When its answer was stored.' })
  answeredAt!: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Since when its outcome is known, or known to be unknown.',
  })
  settledAt!: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The admin who settled what was UNKNOWN, or `reconciliation` where the service found the task; null when its answer did.',
  })
  settledBy!: string | null;

  @Field(() => Int, { nullable: true, description: 'HTTP status of the answer.' })
  httpStatus!: number | null;

  @Field(() => Int, { nullable: true, description: '`base_resp.status_code` of the answer.' })
  statusCode!: number | null;

  @Field(() => String, { nullable: true, description: '`base_resp.status_msg` of the answer.' })
  statusMessage!: string | null;

  @Field(() => String, { nullable: true, description: '`Trace-Id` of the answer.' })
  traceId!: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Milliseconds from sending it until its answer was read.',
  })
  latencyMs!: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      "MiniMax's id of the task it became; of an UNKNOWN one, the task that a callback told, or that its answer names although it is no success.",
  })
  taskId!: string | null;
}

@ObjectType('RequestAsSent', {
  description:
    'What goes to MiniMax for a generation. It is not kept: it is reckoned anew from what is stored, by the rules of this version.',
})
export class RequestAsSentType {
  @Field(() => String, { description: "Where it is posted to, below MiniMax's address." })
  path!: string;

  @Field(() => String, {
    description:
      'The body as JSON. A stored file is `urn:sha256:…` of its bytes, in whose place they go or the name that MiniMax gave them; the address for callbacks and the query of a link to a video of MiniMax are left out.',
  })
  body!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'SHA-256 of the body with what is left out above, in hexadecimal: the same as `bodyHash` of a submission when exactly this left. Null when stored files belong to it, which are not read for this.',
  })
  bodyHash!: string | null;
}

@ObjectType({ simpleResolvers: true, description: 'One entry of a page of submissions.' })
export class SubmissionEdge extends EdgeOf(SubmissionType, 'submission') {}

@ObjectType({ description: 'A page of submissions.' })
export class SubmissionConnection extends ConnectionOf(SubmissionType, SubmissionEdge) {}

@InputType({
  description: 'Which submissions. Within a list any value may match; all fields given must match.',
})
export class SubmissionFilter {
  @Field(() => [String], {
    nullable: true,
    description: 'From one of these accounts, by fingerprint.',
  })
  account?: string[] | null;

  @Field(() => [SubmissionOutcome], { nullable: true, description: 'With one of these outcomes.' })
  outcome?: SubmissionOutcome[] | null;

  @Field(() => DateTimeRangeInput, { nullable: true, description: 'Claimed in this span.' })
  claimedAt?: DateTimeRangeInput | null;

  @Field(() => [String], { nullable: true, description: "One of these ids of MiniMax's." })
  taskId?: string[] | null;

  @Field(() => [ID], { nullable: true, description: 'For one of these generations.' })
  generationId?: string[] | null;
}

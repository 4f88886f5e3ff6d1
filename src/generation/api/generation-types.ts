import { Field, ID, Int, ObjectType } from 'type-graphql';
import { GenerationKind } from '../../database/generated/client.ts';
import { ConnectionOf, EdgeOf } from '../../graphql/page-types.ts';
import { Node } from '../../graphql/node.ts';
import { DateTimeScalar } from '../../graphql/scalars.ts';
import { PromptExpansion } from '../../minimax/model.ts';
import { VideoGenerationStatus } from './status-type.ts';

@ObjectType('VideoGeneration', {
  implements: Node,
  simpleResolvers: true,
  description:
    'One requested video: the request as made, where it stands, and everything MiniMax said about it.',
})
export class VideoGenerationType extends Node {
  @Field(() => VideoGenerationStatus, { description: 'Where it stands.' })
  status!: VideoGenerationStatus;

  @Field(() => Int, {
    description: 'Grows with every change of this object; also the number of its latest event.',
  })
  version!: number;

  @Field(() => GenerationKind, { description: 'What is asked of MiniMax.' })
  kind!: GenerationKind;

  @Field(() => ID, {
    nullable: true,
    description: 'The generation whose video this one makes anew; null when it makes a new one.',
  })
  sourceId!: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The latest generation that makes this video anew.',
  })
  regenerationId!: string | null;

  @Field(() => String, { description: 'The model, as MiniMax spells it.' })
  model!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The prompt as given; null once it is redacted.',
  })
  prompt!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Of a PROMPT_ENHANCEMENT that SUCCEEDED: what MiniMax made of the prompt, 40,000 characters at most. Null of any other, and once it is redacted.',
  })
  enhancedPrompt!: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "Length in seconds: as given, or MiniMax's default; null when it documents none for the model.",
  })
  duration!: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Such as `768P` or `2K`: as given, or MiniMax's default for the model; null when it documents none, and of a PROMPT_ENHANCEMENT.",
  })
  resolution!: string | null;

  @Field(() => Boolean, { description: 'Whether MiniMax may rewrite the prompt.' })
  promptOptimizer!: boolean;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether the prompt optimizer was asked to hurry; null when not said.',
  })
  fastPretreatment!: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether a visible AI watermark was asked for; null when not said.',
  })
  aigcWatermark!: boolean | null;

  @Field(() => String, {
    nullable: true,
    description:
      'First frame: the URL as given, or `urn:sha256:<hex>` of the image that came as a data URL.',
  })
  firstFrameImage!: string | null;

  @Field(() => Int, {
    description: "Which generation of MiniMax's API it speaks: 1, or 2 for H3 and later models.",
  })
  apiGeneration!: number;

  @Field(() => String, {
    nullable: true,
    description:
      'Width to height, as asked for, e.g. `16:9`; null when nothing was, or the model has no choice.',
  })
  aspectRatio!: string | null;

  @Field(() => PromptExpansion, {
    nullable: true,
    description: 'How much MiniMax may add to the prompt; null when not said.',
  })
  promptExpansion!: string | null;

  @Field(() => [String], {
    description: 'Reference images in their order, as for `firstFrameImage`.',
  })
  referenceImages!: string[];

  @Field(() => [String], { description: 'URLs of the reference videos in their order.' })
  referenceVideos!: string[];

  @Field(() => [String], { description: 'URLs of the reference sounds in their order.' })
  referenceAudios!: string[];

  @Field(() => String, { nullable: true, description: 'Last frame, as for `firstFrameImage`.' })
  lastFrameImage!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The face to keep, as for `firstFrameImage`.',
  })
  subjectImage!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The idempotency key it was requested with.',
  })
  idempotencyKey!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Where its webhooks go, as asked for.',
  })
  webhookUrl!: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'For how many days its video is to be kept, and the files that only it uses; null: as the operator says.',
  })
  keepForDays!: number | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The failed, cancelled or uncertain generation that this one repeats.',
  })
  retryOfId!: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The generation that repeats this one; there is never more than one.',
  })
  successorId!: string | null;

  @Field(() => [String], { description: 'The tags it was requested with, for finding it again.' })
  tags!: string[];

  @Field(() => String, { description: 'Who asked for it.' })
  callerId!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Callers of this tenant see it as well; null when the caller had none.',
  })
  tenant!: string | null;

  @Field(() => Boolean, {
    description: 'True when the built-in simulator answered instead of MiniMax: nothing was paid.',
  })
  simulated!: boolean;

  @Field(() => String, {
    nullable: true,
    description: "MiniMax's id of the task; null until it is accepted.",
  })
  taskId!: string | null;

  @Field(() => Int, {
    nullable: true,
    description: '`base_resp.status_code` of the latest answer from MiniMax; 0 means success.',
  })
  statusCode!: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      '`base_resp.status_msg` of the latest answer from MiniMax, or what kept it from answering.',
  })
  statusMessage!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "MiniMax's own word for the task's status, e.g. `Preparing`, `Processing`, `Success`, or of the second API generation `queued`, `running`, `succeeded`.",
  })
  upstreamStatus!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "`Trace-Id` of the latest answer; quote it to MiniMax's support.",
  })
  traceId!: string | null;

  @Field(() => String, { nullable: true, description: "MiniMax's id of the finished file." })
  fileId!: string | null;

  @Field(() => Int, { nullable: true, description: 'Width of the finished video in pixels.' })
  videoWidth!: number | null;

  @Field(() => Int, { nullable: true, description: 'Height of the finished video in pixels.' })
  videoHeight!: number | null;

  @Field(() => DateTimeScalar, { description: 'When this service stored the request.' })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { description: 'When this object last changed.' })
  updatedAt!: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it was sent to MiniMax; null while it waits.',
  })
  submittedAt!: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it became SUCCEEDED, FAILED or CANCELLED.',
  })
  completedAt!: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'Since when it is past its deadline of 30 minutes. It is still looked at, ever more rarely.',
  })
  stalledAt!: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'Since when it is not sent until an admin releases it, because the database was exchanged for another or an older one and it may have been sent already, because the one that it repeats goes on after all, or because a callback told of a task of it; null when it is not held.',
  })
  heldAt!: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When prompt and images were removed for good; null while they are here.',
  })
  redactedAt!: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'When this service will next send it or look at it; null when it is final, uncertain or held.',
  })
  nextAttemptAt!: Date | null;

  @Field(() => Int, {
    description:
      'How often it was sent to MiniMax. More than 1 only after tries that MiniMax surely did not accept.',
  })
  attempts!: number;
}

@ObjectType({ simpleResolvers: true, description: 'One entry of a page of generations.' })
export class VideoGenerationEdge extends EdgeOf(VideoGenerationType, 'generation') {}

@ObjectType({ description: 'A page of generations.' })
export class VideoGenerationConnection extends ConnectionOf(
  VideoGenerationType,
  VideoGenerationEdge,
) {}

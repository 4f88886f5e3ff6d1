import {
  Field,
  ID,
  InputType,
  Int,
  InterfaceType,
  ObjectType,
  registerEnumType,
} from 'type-graphql';
import { PageInfo } from '../../graphql/page-info.ts';
import { DateTimeScalar } from '../../graphql/scalars.ts';
import { FailureKind } from '../../minimax/failure-kind.ts';
import { Mode } from '../../minimax/v1/models.ts';
import { WarningCode } from '../../minimax/v1/check-request.ts';
import { VideoGenerationStatus } from '../../database/generated/client.ts';
import { DateTimeRangeInput, DecimalRangeInput, OrderDirectionEnum } from '../../graphql/inputs.ts';
import { UserErrorCode } from '../user-errors.ts';

registerEnumType(VideoGenerationStatus, {
  name: 'VideoGenerationStatus',
  description: 'Where a generation stands. SUCCEEDED, FAILED and CANCELLED are final.',
  valuesConfig: {
    QUEUED: {
      description:
        'Stored and waiting to be sent to MiniMax, for the first time or again after a surely unaccepted try.',
    },
    SUBMITTING: { description: 'Being sent to MiniMax right now.' },
    PROCESSING: {
      description:
        'Accepted by MiniMax, which is working on it. `upstreamStatus` has its own word, `stalledAt` tells when it takes too long.',
    },
    SUCCEEDED: { description: 'The video is ready: see `videoUrl`.' },
    FAILED: { description: 'Ended without a video: see `failure`.' },
    UNCERTAIN: {
      description:
        'Nobody knows whether MiniMax accepted the request, e.g. because the connection broke after sending. It is never sent again by itself, since that could cost twice.',
    },
    CANCELLED: { description: 'Withdrawn before anything was sent.' },
  },
});

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
    TASK_FAILED: { description: 'MiniMax gave up on the task without a reason.' },
    RESULT_MISSING: { description: 'MiniMax reports success repeatedly but names no file.' },
    OUTCOME_UNKNOWN: { description: 'Nobody knows whether MiniMax accepted the request.' },
    NOT_CREATED: { description: 'An admin found that MiniMax never accepted the request.' },
    UNKNOWN: {
      description:
        'A status code that is not documented; see `upstreamCode` and `upstreamMessage`.',
    },
  },
});

registerEnumType(Mode, {
  name: 'VideoMode',
  description: 'What the video is made from. The images of a request select it.',
  valuesConfig: {
    TEXT_TO_VIDEO: { description: 'The prompt alone.' },
    IMAGE_TO_VIDEO: { description: 'A first frame (`firstFrameImage`) and a prompt.' },
    FIRST_AND_LAST_FRAME: {
      description: 'A last frame (`lastFrameImage`), usually with a first one.',
    },
    SUBJECT_REFERENCE: { description: 'A face to keep (`subjectReference`).' },
  },
});

registerEnumType(UserErrorCode, {
  name: 'UserErrorCode',
  description: 'Why a mutation did nothing. The message beside it says what to do.',
  valuesConfig: {
    MODEL_UNKNOWN: { description: 'No such model; `videoModels` lists them.' },
    MODEL_NOT_SUPPORTED_YET: {
      description: "The model speaks MiniMax's second API generation, which this service does not.",
    },
    PROMPT_REQUIRED: {
      description: 'Text-to-video needs a prompt; a blank one is refused in every mode.',
    },
    PROMPT_TOO_LONG: { description: 'More than 2000 characters.' },
    DURATION_NOT_SUPPORTED: { description: 'The model does not make videos of this length.' },
    RESOLUTION_NOT_SUPPORTED: {
      description: 'The model does not offer this resolution in this mode.',
    },
    COMBINATION_NOT_SUPPORTED: {
      description: 'Duration and resolution are each possible, but not together.',
    },
    FIRST_FRAME_REQUIRED: {
      description: 'The model, or this resolution, needs `firstFrameImage`.',
    },
    FIRST_FRAME_NOT_SUPPORTED: { description: 'The model takes no first frame.' },
    LAST_FRAME_NOT_SUPPORTED: { description: 'The model takes no last frame.' },
    SUBJECT_REQUIRED: { description: 'The model needs `subjectReference`.' },
    SUBJECT_NOT_SUPPORTED: { description: 'The model takes no subject reference.' },
    SUBJECT_INVALID: {
      description: 'Not exactly one subject of type `character` with exactly one image.',
    },
    MODE_NOT_SUPPORTED: {
      description: 'The model cannot make a video from this combination of images.',
    },
    FAST_PRETREATMENT_NOT_SUPPORTED: {
      description: 'The model does not offer `fastPretreatment` in this mode.',
    },
    IMAGE_INVALID: { description: 'Neither an http(s) URL nor an image data URL.' },
    IMAGE_FORMAT_UNSUPPORTED: { description: 'Not JPEG, PNG or WebP.' },
    IMAGE_TOO_LARGE: { description: 'Larger than 20 MB.' },
    IMAGE_DIMENSIONS_UNSUPPORTED: {
      description: 'Short side under 300 pixels, or an aspect ratio outside 2:5 to 5:2.',
    },
    IMAGE_URL_NOT_PUBLIC: { description: 'MiniMax could not fetch the image from this address.' },
    IDEMPOTENCY_KEY_INVALID: {
      description: 'Not 1 to 255 printable ASCII characters without spaces.',
    },
    IDEMPOTENCY_KEY_REUSED: {
      description: 'The key was used before, for a different request. Nothing was sent.',
    },
    TAGS_INVALID: {
      description: 'More than 10 tags, one twice, or one that does not have 1 to 50 characters.',
    },
    WEBHOOK_URL_INVALID: {
      description:
        'Not an https URL without credentials and fragment, or on a port that is not allowed.',
    },
    WEBHOOK_URL_NOT_PUBLIC: { description: 'Its host is not on the public Internet.' },
    WEBHOOK_URL_NOT_REGISTERED: {
      description: 'You have no enabled webhook endpoint at the same scheme, host and port.',
    },
    WRONG_STATUS: { description: 'The generation is not in a status that allows this.' },
    TASK_ID_INVALID: { description: "Not the form of MiniMax's task ids." },
    TASK_ATTACHED_ELSEWHERE: { description: 'The task belongs to another generation.' },
    IMAGES_NO_LONGER_STORED: {
      description: 'Images that came as data URLs are kept for 7 days after a failure.',
    },
    GENERATION_REDACTED: {
      description: 'Prompt and images of the generation were removed: it cannot be sent again.',
    },
    REASON_INVALID: { description: 'No reason, or one that is too long.' },
    DAYS_INVALID: { description: 'Not a number of days within the limits.' },
  },
});

registerEnumType(WarningCode, {
  name: 'WarningCode',
  description: 'Something in a request that is allowed but probably not meant.',
  valuesConfig: {
    UNKNOWN_CAMERA_COMMAND: { description: 'A command in brackets that MiniMax does not list.' },
    TOO_MANY_CAMERA_COMMANDS: { description: 'More than three commands in one pair of brackets.' },
    CAMERA_COMMANDS_NOT_SUPPORTED: {
      description: 'The model is not documented to follow camera commands.',
    },
    FAST_PRETREATMENT_WITHOUT_OPTIMIZER: {
      description: '`fastPretreatment` does nothing when the prompt optimizer is off.',
    },
    PRICE_UNKNOWN: { description: 'MiniMax publishes no price for this.' },
  },
});

@InterfaceType('Node', {
  description: 'Anything with an id by which `node(id)` finds it.',
  resolveType: () => 'VideoGeneration',
})
export abstract class Node {
  @Field(() => ID, { description: 'Unique among everything in this API.' })
  id!: string;
}

@ObjectType({ description: 'An amount of money.' })
export class Money {
  @Field(() => String, { description: 'Decimal number as text, e.g. `"0.28"`.' })
  amount!: string;

  @Field(() => String, { description: 'ISO 4217 code, e.g. `USD`.' })
  currency!: string;
}

@ObjectType({ description: 'Why a generation gave no video, and what to do about it.' })
export class GenerationFailure {
  @Field(() => FailureKind, { description: 'The reason in one word; clients should decide by it.' })
  kind!: FailureKind;

  @Field(() => Int, {
    nullable: true,
    description: "MiniMax's status code, e.g. 1026; null when it gave none.",
  })
  upstreamCode!: number | null;

  @Field(() => String, { nullable: true, description: "MiniMax's own words." })
  upstreamMessage!: string | null;

  @Field(() => String, { description: 'What to do, in a sentence for a person.' })
  message!: string;

  @Field(() => Boolean, {
    description:
      'Whether the same request, made anew, may succeed. For an UNCERTAIN one that could cost twice.',
  })
  retryable!: boolean;
}

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

  @Field(() => String, { description: 'The model, as MiniMax spells it.' })
  model!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The prompt as given, at most 2000 characters; null once it is redacted.',
  })
  prompt!: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "Length in seconds: as given, or MiniMax's default; null when it documents none for the model.",
  })
  duration!: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      "`512P`, `720P`, `768P` or `1080P`: as given, or MiniMax's default for the model; null when it documents none.",
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

  @Field(() => ID, {
    nullable: true,
    description: 'The failed or uncertain generation that this one repeats.',
  })
  retryOfId!: string | null;

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
      "MiniMax's own word for the task's status, e.g. `Preparing`, `Queueing`, `Processing`, `Success`, `Fail`.",
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
    description: 'When prompt and images were removed for good; null while they are here.',
  })
  redactedAt!: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'When this service will next send it or look at it; null when it is final or uncertain.',
  })
  nextAttemptAt!: Date | null;

  @Field(() => Int, {
    description:
      'How often it was sent to MiniMax. More than 1 only after tries that MiniMax surely did not accept.',
  })
  attempts!: number;
}

@ObjectType({ simpleResolvers: true, description: 'One entry of a page of generations.' })
export class VideoGenerationEdge {
  @Field(() => String, { description: 'Opaque; give it as `after` or `before`.' })
  cursor!: string;

  @Field(() => VideoGenerationType, { description: 'The generation.' })
  node!: VideoGenerationType;
}

@ObjectType({ description: 'A page of generations.' })
export class VideoGenerationConnection {
  @Field(() => [VideoGenerationEdge], { description: 'The entries, in the order asked for.' })
  edges!: VideoGenerationEdge[];

  @Field(() => [VideoGenerationType], { description: 'The same without cursors.' })
  nodes!: VideoGenerationType[];

  @Field(() => PageInfo, { description: 'Whether there is more, and where to go on.' })
  pageInfo!: PageInfo;
}

@ObjectType({
  description: 'Something in the input that must be changed before the request can be sent.',
})
export class UserError {
  @Field(() => [String], { description: 'Path of the input field at fault, e.g. `["duration"]`.' })
  field!: string[];

  @Field(() => UserErrorCode, {
    description: 'The problem in one word; clients should decide by it.',
  })
  code!: UserErrorCode;

  @Field(() => String, { description: 'What to do, with the values that are allowed.' })
  message!: string;
}

@ObjectType({ description: 'Something in the input that is allowed but probably not meant.' })
export class InputWarning {
  @Field(() => [String], { description: 'Path of the input field, e.g. `["prompt"]`.' })
  field!: string[];

  @Field(() => WarningCode, { description: 'The warning in one word.' })
  code!: WarningCode;

  @Field(() => String, { description: 'What is probably meant.' })
  message!: string;
}

@ObjectType({ description: 'What came of `createVideoGeneration`.' })
export class CreateVideoGenerationPayload {
  @Field(() => VideoGenerationType, {
    nullable: true,
    description:
      'The stored generation; null when `userErrors` says why nothing was stored or sent. When MiniMax itself refused the request it is here with status FAILED and its `failure`.',
  })
  generation!: VideoGenerationType | null;

  @Field(() => VideoGenerationEdge, {
    nullable: true,
    description:
      'The same as an entry of `generations` in its default order, for caches that put it first in a list they hold (Relay `@prependEdge`).',
  })
  generationEdge!: VideoGenerationEdge | null;

  @Field(() => Boolean, {
    description:
      'True when this is the answer to an earlier request with the same idempotency key; nothing new was sent.',
  })
  replayed!: boolean;

  @Field(() => [UserError], {
    description: 'What must be changed in the input. Empty when the request was stored.',
  })
  userErrors!: UserError[];
}

@ObjectType({ description: 'What came of a decision about a generation.' })
export class VideoGenerationPayload {
  @Field(() => VideoGenerationType, {
    nullable: true,
    description: 'The generation afterwards, unchanged when `userErrors` says why.',
  })
  generation!: VideoGenerationType | null;

  @Field(() => [UserError], { description: 'Why nothing was done. Empty when it was.' })
  userErrors!: UserError[];
}

@ObjectType({
  description:
    'What `createVideoGeneration` would say to this input. Nothing is stored, sent or charged.',
})
export class ValidateVideoGenerationPayload {
  @Field(() => Boolean, { description: 'True when `userErrors` is empty.' })
  valid!: boolean;

  @Field(() => [UserError], { description: 'What must be changed before it can be sent.' })
  userErrors!: UserError[];

  @Field(() => [InputWarning], { description: 'What is probably not meant.' })
  warnings!: InputWarning[];

  @Field(() => Mode, { description: 'What the video would be made from.' })
  mode!: Mode;

  @Field(() => Int, {
    nullable: true,
    description: 'Length in seconds, with the default filled in.',
  })
  duration!: number | null;

  @Field(() => String, { nullable: true, description: 'Resolution, with the default filled in.' })
  resolution!: string | null;

  @Field(() => Money, {
    nullable: true,
    description:
      'List price of one clip, pay as you go; null when MiniMax publishes none, or the input is not valid.',
  })
  estimatedPrice!: Money | null;

  @Field(() => String, { nullable: true, description: 'Day of the price list, e.g. `2026-08-18`.' })
  priceListedOn!: string | null;
}

@InputType('SubjectReferenceInput', {
  description: 'A face that the video is to keep. Only S2V-01 takes one.',
})
export class SubjectReferenceInputType {
  @Field(() => String, { defaultValue: 'character', description: 'Only `character` exists.' })
  type!: string;

  @Field(() => [String], {
    description: 'Exactly one image: a public URL or a data URL, limits as for `firstFrameImage`.',
  })
  image!: string[];
}

@InputType('CreateVideoGenerationInput', {
  description:
    "A request for a video. The fields are MiniMax's own; which of them a model takes, `videoModels` tells.",
})
export class CreateVideoGenerationInputType {
  @Field(() => String, {
    nullable: true,
    description:
      'A name of your own for this request, e.g. a UUID: 1 to 255 printable ASCII characters without spaces. However often it comes, in parallel or much later, the request is stored and sent once, and each answer is the first generation. Left out: the `Idempotency-Key` header, if any.',
  })
  idempotencyKey?: string | null;

  @Field(() => String, {
    description: 'The model, e.g. `MiniMax-Hailuo-02`, spelled as `videoModels` lists it.',
  })
  model!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'What is to be seen, at most 2000 characters. Required without images. May contain camera commands such as `[Push in]`; `videoModels` lists them.',
  })
  prompt?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Length in seconds: 6 or 10, depending on model and resolution. Left out: 6.',
  })
  duration?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      "`512P`, `720P`, `768P` or `1080P`, depending on the model. Left out: the model's default.",
  })
  resolution?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Opening frame: a public http(s) URL, or a data URL such as `data:image/jpeg;base64,…`. JPEG, PNG or WebP, at most 20 MB, short side at least 300 pixels, aspect ratio 2:5 to 5:2.',
  })
  firstFrameImage?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Closing frame, limits as for `firstFrameImage`. Only MiniMax-Hailuo-02 takes one.',
  })
  lastFrameImage?: string | null;

  @Field(() => [SubjectReferenceInputType], {
    nullable: true,
    description: 'A face to keep: exactly one entry. Only S2V-01 takes one.',
  })
  subjectReference?: SubjectReferenceInputType[] | null;

  @Field(() => Boolean, {
    defaultValue: true,
    description:
      'Whether MiniMax may rewrite the prompt for better results. False follows it literally.',
  })
  promptOptimizer!: boolean;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Shortens the time of the prompt optimizer. MiniMax-Hailuo-2.3, -2.3-Fast and -02, without last frame.',
  })
  fastPretreatment?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      "Adds a visible AI watermark. Documented for MiniMax's Chinese service only; sent only when set.",
  })
  aigcWatermark?: boolean | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Words of your own to find it by, e.g. `["spring campaign"]`: at most 10, each of 1 to 50 characters without blanks around it, none twice. They are not sent to MiniMax.',
  })
  tags?: string[] | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Where the webhooks of this generation go, instead of the URL of your enabled endpoint with the same scheme, host and port, which says what is sent and whose secret signs it. At most 2000 characters. Left out: to the endpoints’ own URLs.',
  })
  webhookUrl?: string | null;
}

@InputType({
  description:
    'Which generations. Within a list any value may match; all fields given must match. `and`, `or` and `not` combine filters, five levels deep at most. Empty filters and an empty `or` say nothing and are left out.',
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

  @Field(() => [String], { nullable: true, description: 'One of these models.' })
  model?: string[] | null;

  @Field(() => DateTimeRangeInput, { nullable: true, description: 'Created in this span.' })
  createdAt?: DateTimeRangeInput | null;

  @Field(() => String, {
    nullable: true,
    description: 'The prompt contains this text, whatever the letter case.',
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

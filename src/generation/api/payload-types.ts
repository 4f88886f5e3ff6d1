import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Money } from '../../graphql/money.ts';
import { Mode } from '../../minimax/model.ts';
import { WarningCode } from '../../upstream/check-request.ts';
import { UserErrorCode } from '../user-errors.ts';
import { VideoGenerationEdge, VideoGenerationType } from './generation-types.ts';

registerEnumType(UserErrorCode, {
  name: 'UserErrorCode',
  description: 'Why a mutation did nothing. The message beside it says what to do.',
  valuesConfig: {
    MODEL_UNKNOWN: { description: 'No such model; `videoModels` lists them.' },
    PROMPT_REQUIRED: {
      description: 'A prompt is needed here; a blank one is refused in every mode.',
    },
    PROMPT_TOO_LONG: { description: 'More characters than the model takes.' },
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
    ASPECT_RATIO_REQUIRED: { description: 'From text alone the model needs `aspectRatio`.' },
    ASPECT_RATIO_NOT_SUPPORTED: { description: 'The model does not make this aspect ratio here.' },
    PROMPT_EXPANSION_NOT_SUPPORTED: { description: 'The model has no `promptExpansion`.' },
    FRAMES_AND_REFERENCES: { description: 'Frames and references exclude each other.' },
    REFERENCE_NOT_SUPPORTED: { description: 'The model takes no references of this kind.' },
    REFERENCE_REQUIRED: { description: 'Sound needs a reference image or video beside it.' },
    REFERENCE_INVALID: {
      description:
        'Neither a public http(s) URL, a `media:…` nor a file at MiniMax (`mm_file://…`); or a clip that is broken, or made to do harm.',
    },
    TOO_MANY_REFERENCES: { description: 'More references than the model takes.' },
    REFERENCE_LENGTH_NOT_SUPPORTED: { description: 'A reference is too short or too long.' },
    REFERENCE_FORMAT_UNSUPPORTED: {
      description: 'A clip in a format, or with a codec, that the model does not take.',
    },
    REFERENCE_TOO_LARGE: { description: 'A clip of more bytes than the model takes.' },
    REFERENCE_DIMENSIONS_UNSUPPORTED: {
      description: 'A clip with a side or an aspect ratio that the model does not take.',
    },
    REFERENCE_FRAME_RATE_UNSUPPORTED: {
      description: 'A clip with fewer or more frames in a second than the model takes.',
    },
    IMAGE_INVALID: {
      description:
        'Neither an http(s) URL nor an image data URL; or a file that is empty, stops in the middle of its picture, or is something else as well.',
    },
    IMAGE_FORMAT_UNSUPPORTED: { description: 'A format that the model does not take.' },
    IMAGE_TOO_LARGE: { description: 'More bytes than the model takes.' },
    IMAGE_DIMENSIONS_UNSUPPORTED: {
      description: 'A side or an aspect ratio that the model does not take.',
    },
    INPUT_NOT_FETCHED: {
      description:
        'The file at a URL could not be fetched, where this service fetches them: the message says why. Mend the URL, try again, or send the file to `POST /media`.',
    },
    MEDIA_NOT_FOUND: {
      description:
        'A `media:…` that is no upload of yours or your tenant’s, or that is gone: send the file to `POST /media`.',
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
    KEEP_FOR_INVALID: {
      description: 'Not a number of days from 1 to the most that the operator allows.',
    },
    FILE_NOT_FOUND: {
      description:
        'No file at MiniMax (`mm_file://…`) that is yours or of your tenant: it was uploaded elsewhere or by others, with another account, or more than 7 days ago.',
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
    WRONG_VERSION: { description: 'The generation has changed since the version that you saw.' },
    SETTLED_ALREADY: {
      description: 'Somebody, or a late answer, settled it before; the message says how.',
    },
    TASK_ID_INVALID: { description: "Not the form of MiniMax's task ids." },
    TASK_ATTACHED_ELSEWHERE: { description: 'Another submission of this account has the task.' },
    SUBMISSION_NOT_OPEN: { description: 'Not an undecided submission of this generation.' },
    IMAGES_NO_LONGER_STORED: {
      description: 'Images that came as data URLs are kept for 7 days after a failure.',
    },
    REGENERATION_NOT_SUPPORTED: {
      description: 'Not a video that can be made anew: of another model, resolution or kind.',
    },
    PROMPT_ENHANCEMENT_NOT_SUPPORTED: {
      description: 'MiniMax makes no better prompts for this model.',
    },
    SOURCE_NOT_AVAILABLE: {
      description:
        'Neither MiniMax nor this service has the video, or what it is made from, any more.',
    },
    VIDEO_REMOVED: { description: 'The video was kept and removed again: not a second time.' },
    TASK_RUNNING: {
      description:
        'MiniMax is making the video already, and cannot stop: the generation is followed as before.',
    },
    TASK_NOT_REMOVED: {
      description:
        'MiniMax did not cancel or delete the task, or it is not known whether it did; the message says more.',
    },
    GENERATION_REDACTED: {
      description: 'Prompt and images were removed: it is not sent again, nor its video kept.',
    },
    REASON_INVALID: { description: 'No reason, or one that is too long.' },
    DAYS_INVALID: { description: 'Not a number of days within the limits.' },
    IDS_INVALID: { description: 'None, too many, or one that no generation has.' },
  },
});

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

registerEnumType(WarningCode, {
  name: 'WarningCode',
  description: 'Something in a request that is allowed but probably not meant.',
  valuesConfig: {
    INVISIBLE_CHARACTERS: {
      description: 'More than 10 invisible characters: MiniMax refuses prompts with too many.',
    },
    CAMERA_COMMANDS_IN_WIDE_BRACKETS: {
      description: 'Camera commands in brackets of another script, which MiniMax does not read.',
    },
    UNKNOWN_CAMERA_COMMAND: { description: 'A command in brackets that MiniMax does not list.' },
    TOO_MANY_CAMERA_COMMANDS: { description: 'More than three commands in one pair of brackets.' },
    CAMERA_COMMANDS_NOT_SUPPORTED: {
      description: 'The model is not documented to follow camera commands.',
    },
    FAST_PRETREATMENT_WITHOUT_OPTIMIZER: {
      description: '`fastPretreatment` does nothing when the prompt optimizer is off.',
    },
    PROMPT_OPTIMIZER_NOT_SUPPORTED: {
      description: 'The model has no prompt optimizer that could be switched off.',
    },
    ASPECT_RATIO_IGNORED: { description: 'The video takes the aspect ratio of its frame.' },
    REFERENCE_LENGTH_UNKNOWN: {
      description: 'Without the `seconds` of each reference video the price is not known.',
    },
    IMAGE_END_MISSING: {
      description: 'A JPEG whose picture is whole, but without the mark that ends the file.',
    },
    IMAGE_ANIMATED: {
      description: 'An animated PNG, WebP or HEIF: at most one of its pictures will be used.',
    },
    IMAGE_TRANSPARENT: {
      description: 'An image that may be transparent in parts; a video cannot be.',
    },
    PRICE_UNKNOWN: { description: 'MiniMax publishes no price for this.' },
  },
});

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

@ObjectType({ description: 'What came of releasing.' })
export class ReleaseVideoGenerationsPayload {
  @Field(() => [VideoGenerationType], {
    description:
      'The generations afterwards, in the order of their ids as given, each once. Empty when `userErrors` says why nothing was done.',
  })
  generations!: VideoGenerationType[];

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

  @Field(() => String, { nullable: true, description: 'Aspect ratio, as given.' })
  aspectRatio!: string | null;

  @Field(() => Money, {
    nullable: true,
    description:
      'List price of the video, pay as you go; null when MiniMax publishes none, the length of a reference video is not told, or the input is not valid.',
  })
  estimatedPrice!: Money | null;

  @Field(() => String, { nullable: true, description: 'Day of the price list, e.g. `2026-08-18`.' })
  priceListedOn!: string | null;
}

import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { MediaKind, Mode, PromptExpansion, type MediaInput } from '../../minimax/model.ts';

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
    REFERENCE_TO_VIDEO: {
      description: 'Images, videos and sounds that it is to be like (`referenceImages` …).',
    },
  },
});

registerEnumType(PromptExpansion, {
  name: 'PromptExpansion',
  description: 'How much MiniMax may add to a prompt before it makes the video.',
  valuesConfig: {
    DISABLED: { description: 'Nothing: the prompt is followed as it is.' },
    BALANCED: { description: 'Some; what MiniMax does unless it is told otherwise.' },
    QUALITY: { description: 'As much as the best picture needs, which takes longer.' },
  },
});

registerEnumType(MediaKind, {
  name: 'MediaKind',
  description: 'What a file is.',
  valuesConfig: {
    IMAGE: { description: 'A picture.' },
    VIDEO: { description: 'A moving picture.' },
    AUDIO: { description: 'Sound.' },
  },
});

export const AspectRatioUse = {
  REQUIRED: 'REQUIRED',
  OPTIONAL: 'OPTIONAL',
  IGNORED: 'IGNORED',
} as const;
export type AspectRatioUse = (typeof AspectRatioUse)[keyof typeof AspectRatioUse];

registerEnumType(AspectRatioUse, {
  name: 'AspectRatioUse',
  description: 'What becomes of an `aspectRatio` that is given.',
  valuesConfig: {
    REQUIRED: { description: 'It must be given.' },
    OPTIONAL: { description: 'The video has it; left out, that of its references.' },
    IGNORED: { description: 'It may be given, but the video has that of its frame.' },
  },
});

@ObjectType({
  description:
    'An input field that takes files, and what they must be like. What is null is not documented. MiniMax checks what it fetches from URLs; images that come as data URLs are checked before anything is sent.',
})
export class VideoModelInput {
  @Field(() => String, { description: 'The name of the field, e.g. `referenceImages`.' })
  field!: string;

  @Field(() => Boolean, { description: 'Whether the mode needs it.' })
  required!: boolean;

  @Field(() => Int, { description: 'So many files at most.' })
  maxCount!: number;

  @Field(() => MediaKind, { description: 'What its files are.' })
  kind!: MediaKind;

  @Field(() => [String], { description: 'Formats, e.g. `JPEG` or `MP4`.' })
  formats!: string[];

  @Field(() => Int, { description: 'Bytes of a file at most.' })
  maxBytes!: number;

  @Field(() => Int, { nullable: true, description: 'Pixels of the short side at least.' })
  minSide!: number | null;

  @Field(() => Int, { nullable: true, description: 'Pixels of the long side at most.' })
  maxSide!: number | null;

  @Field(() => Float, { nullable: true, description: 'Width by height at least.' })
  minAspectRatio!: number | null;

  @Field(() => Float, { nullable: true, description: 'Width by height at most.' })
  maxAspectRatio!: number | null;

  @Field(() => Float, { nullable: true, description: 'Seconds of each at least.' })
  minSeconds!: number | null;

  @Field(() => Float, { nullable: true, description: 'Seconds of each at most.' })
  maxSeconds!: number | null;

  @Field(() => Float, { nullable: true, description: 'Seconds of all together at most.' })
  maxSecondsTogether!: number | null;

  @Field(() => Float, { nullable: true, description: 'Frames in a second at least.' })
  minFramesPerSecond!: number | null;

  @Field(() => Float, { nullable: true, description: 'Frames in a second at most.' })
  maxFramesPerSecond!: number | null;
}

export function toMediaInput({ field, required, maxCount, limits }: MediaInput): VideoModelInput {
  const { kind, formats, maxBytes, sides, aspectRatio, seconds, framesPerSecond } = limits;
  return {
    ...{ field, required, maxCount, kind, maxBytes },
    formats: [...formats],
    minSide: sides?.min ?? null,
    maxSide: sides?.max ?? null,
    minAspectRatio: aspectRatio?.min ?? null,
    maxAspectRatio: aspectRatio?.max ?? null,
    minSeconds: seconds?.min ?? null,
    maxSeconds: seconds?.max ?? null,
    maxSecondsTogether: limits.maxSecondsTogether,
    minFramesPerSecond: framesPerSecond?.min ?? null,
    maxFramesPerSecond: framesPerSecond?.max ?? null,
  };
}

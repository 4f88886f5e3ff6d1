import { Field, Int, ObjectType, Query, registerEnumType, Resolver } from 'type-graphql';
import { Money } from '../../graphql/money.ts';
import { cameraCommands, Mode, videoModels, type VideoModel } from '../../minimax/v1/models.ts';

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

@ObjectType('CameraCommand', {
  description: 'A camera movement that a prompt may ask for in brackets, e.g. `[Push in]`.',
})
export class CameraCommandType {
  @Field(() => String, { description: 'The command, without brackets.' })
  name!: string;

  @Field(() => String, { description: "Its name on MiniMax's Chinese pages." })
  chinaName!: string;
}

@ObjectType({ description: 'A resolution, and how long videos in it may be.' })
export class VideoOutput {
  @Field(() => String, { description: '`512P`, `720P`, `768P` or `1080P`.' })
  resolution!: string;

  @Field(() => [Int], { description: 'Possible lengths in seconds.' })
  durations!: number[];
}

@ObjectType({ description: 'What a model can do in one mode.' })
export class VideoModelMode {
  @Field(() => Mode, { description: 'The mode; the images of a request select it.' })
  mode!: Mode;

  @Field(() => [String], {
    description: 'Input fields that must hold an image, e.g. `firstFrameImage`.',
  })
  requiredImages!: string[];

  @Field(() => [VideoOutput], {
    description:
      'Possible outputs; empty when MiniMax documents none and neither `duration` nor `resolution` may be given.',
  })
  outputs!: VideoOutput[];

  @Field(() => String, { nullable: true, description: 'The resolution when none is given.' })
  defaultResolution!: string | null;

  @Field(() => Int, { nullable: true, description: 'The length in seconds when none is given.' })
  defaultDuration!: number | null;

  @Field(() => Boolean, { description: 'Whether `fastPretreatment` may be true.' })
  fastPretreatment!: boolean;
}

@ObjectType({ description: 'List price of one clip, pay as you go.' })
export class VideoPrice {
  @Field(() => String, { description: 'The resolution.' })
  resolution!: string;

  @Field(() => Int, { description: 'The length in seconds.' })
  duration!: number;

  @Field(() => [Money], {
    description: 'The price on the international (USD) and on the Chinese (CNY) service.',
  })
  amounts!: Money[];

  @Field(() => String, { description: 'Day of the price list, e.g. `2026-08-18`.' })
  listedOn!: string;
}

@ObjectType('VideoModel', { description: 'A model, what it can do and what it costs.' })
export class VideoModelType {
  @Field(() => String, { description: 'The name to give as `model`.' })
  name!: string;

  @Field(() => [VideoModelMode], { description: 'What it can make videos from.' })
  modes!: VideoModelMode[];

  @Field(() => [CameraCommandType], {
    description: 'The camera commands it is documented to follow; empty when none are.',
  })
  cameraCommands!: CameraCommandType[];

  @Field(() => [VideoPrice], {
    description: 'List prices; empty when MiniMax publishes none, which does not mean free.',
  })
  prices!: VideoPrice[];
}

/** The capability matrix as data. */
@Resolver()
export class VideoModelsResolver {
  @Query(() => [VideoModelType], {
    description:
      'What each model can do and what it costs: the rules by which requests are checked before they are sent.',
  })
  videoModels(): VideoModelType[] {
    return videoModels.map(toType);
  }
}

function toType(model: VideoModel): VideoModelType {
  return {
    name: model.name,
    modes: model.modes.map((mode) => ({
      ...mode,
      requiredImages: [...mode.requiredImages],
      outputs: mode.outputs.map((output) => ({ ...output, durations: [...output.durations] })),
    })),
    cameraCommands: model.cameraCommands ? [...cameraCommands] : [],
    prices: model.prices.map(({ resolution, duration, usd, cny }) => ({
      resolution,
      duration,
      amounts: [
        { amount: usd, currency: 'USD' },
        { amount: cny, currency: 'CNY' },
      ],
      listedOn: model.priceListedOn!,
    })),
  };
}

import { Field, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { Money } from '../../graphql/money.ts';
import {
  Mode,
  PromptExpansion,
  requiredMedia,
  type Amounts,
  type SecondPrice,
  type TokenPrice,
  type VideoModel,
} from '../../minimax/model.ts';
import { cameraCommands } from '../../minimax/v1/models.ts';
import { videoModels } from '../../upstream/models.ts';
import { AspectRatioUse, toMediaInput, VideoModelInput } from './media-types.ts';

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
  @Field(() => String, { description: 'Such as `768P` or `2K`.' })
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

  @Field(() => [VideoModelInput], {
    description:
      'The input fields that take files in this mode, and what may be in them. All others must be left out.',
  })
  inputs!: VideoModelInput[];

  @Field(() => Int, {
    nullable: true,
    description: 'Files of all these fields together; null: as many as each allows.',
  })
  maxFiles!: number | null;

  @Field(() => Boolean, { description: 'Whether `prompt` must be given.' })
  promptRequired!: boolean;

  @Field(() => [String], {
    description: 'What `aspectRatio` may be; empty when the model has no choice.',
  })
  aspectRatios!: string[];

  @Field(() => AspectRatioUse, {
    nullable: true,
    description: 'What becomes of `aspectRatio`; null when the model has no choice.',
  })
  aspectRatioUse!: AspectRatioUse | null;

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

  @Field(() => String, { description: 'Where the price was read.' })
  source!: string;
}

@ObjectType({
  description:
    'List price of a model that is paid by the second, pay as you go. Amounts: on the international (USD) and, where it is known, on the Chinese (CNY) service.',
})
export class VideoPricePerSecond {
  @Field(() => String, { description: 'The resolution.' })
  resolution!: string;

  @Field(() => [Money], { description: 'For each second of the finished video.' })
  outputSecond!: Money[];

  @Field(() => [Money], { description: 'For each second of reference video, beside.' })
  referenceVideoSecond!: Money[];

  @Field(() => Int, { description: 'So many images cost nothing, frames among them.' })
  freeImages!: number;

  @Field(() => [Money], { description: 'For each further image.' })
  furtherImage!: Money[];

  @Field(() => String, { description: 'Day of the price list, e.g. `2026-10-24`.' })
  listedOn!: string;

  @Field(() => String, { description: 'Where the price was read.' })
  source!: string;
}

@ObjectType({
  description:
    'List price of what is paid by the token, pay as you go. Amounts: on the international (USD) and the Chinese (CNY) service.',
})
export class PricePerMillionTokens {
  @Field(() => [Money], { description: 'For a million tokens that MiniMax reads.' })
  input!: Money[];

  @Field(() => [Money], { description: 'For a million tokens that MiniMax writes.' })
  output!: Money[];

  @Field(() => String, { description: 'Day of the price list, e.g. `2026-10-24`.' })
  listedOn!: string;

  @Field(() => String, { description: 'Where the price was read.' })
  source!: string;
}

@ObjectType('VideoModel', { description: 'A model, what it can do and what it costs.' })
export class VideoModelType {
  @Field(() => String, { description: 'The name to give as `model`.' })
  name!: string;

  @Field(() => Int, {
    description: 'Which generation of MiniMax’s API it speaks; nothing that a caller must mind.',
  })
  apiGeneration!: number;

  @Field(() => Int, { description: 'The longest prompt, in characters (code points).' })
  maxPromptLength!: number;

  @Field(() => Boolean, { description: 'Whether its videos have sound.' })
  sound!: boolean;

  @Field(() => [PromptExpansion], {
    description: 'What `promptExpansion` may be; empty when the model has no choice.',
  })
  promptExpansions!: PromptExpansion[];

  @Field(() => [VideoModelMode], { description: 'What it can make videos from.' })
  modes!: VideoModelMode[];

  @Field(() => [CameraCommandType], {
    description: 'The camera commands it is documented to follow; empty when none are.',
  })
  cameraCommands!: CameraCommandType[];

  @Field(() => [VideoPrice], {
    description:
      'List prices of a clip; empty when it is paid by the second, or MiniMax publishes none, which does not mean free.',
  })
  prices!: VideoPrice[];

  @Field(() => [VideoPricePerSecond], {
    description: 'List prices of what is paid by the second; empty when a clip has one price.',
  })
  pricesPerSecond!: VideoPricePerSecond[];

  @Field(() => VideoPricePerSecond, {
    nullable: true,
    description:
      'List price of making a video of it anew (`regenerateVideoGeneration`), by the resolution that it gets; null when that cannot be.',
  })
  regenerationPrice!: VideoPricePerSecond | null;

  @Field(() => PricePerMillionTokens, {
    nullable: true,
    description:
      'List price of a better prompt for it (`enhancePrompt`); null when MiniMax makes none.',
  })
  promptEnhancementPrice!: PricePerMillionTokens | null;
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
  const { name, apiGeneration, maxPromptLength, sound } = model;
  const read = { listedOn: model.priceListedOn!, source: model.priceSource! };
  return {
    ...{ name, apiGeneration, maxPromptLength, sound },
    promptExpansions: [...model.promptExpansions],
    modes: model.modes.map((mode) => ({
      ...mode,
      requiredImages: requiredMedia(mode),
      inputs: mode.media.map(toMediaInput),
      aspectRatios: [...mode.aspectRatios],
      outputs: mode.outputs.map((output) => ({ ...output, durations: [...output.durations] })),
    })),
    cameraCommands: model.cameraCommands ? [...cameraCommands] : [],
    prices: model.prices.map(({ resolution, duration, ...amounts }) => ({
      ...{ resolution, duration, ...read },
      amounts: toAmounts(amounts),
    })),
    pricesPerSecond: model.secondPrices.map((price) => perSecond(price, read)),
    regenerationPrice: model.regeneration && perSecond(model.regeneration.price, read),
    promptEnhancementPrice: model.enhancement && perMillionTokens(model.enhancement, read),
  };
}

function perSecond(price: SecondPrice, read: { listedOn: string; source: string }) {
  return {
    ...{ resolution: price.resolution, freeImages: price.freeImages, ...read },
    outputSecond: toAmounts(price.output),
    referenceVideoSecond: toAmounts(price.referenceVideo),
    furtherImage: toAmounts(price.furtherImage),
  };
}

function perMillionTokens(price: TokenPrice, read: { listedOn: string; source: string }) {
  return { input: toAmounts(price.input), output: toAmounts(price.output), ...read };
}

function toAmounts({ usd, cny }: Amounts): Money[] {
  const inUsd = { amount: usd, currency: 'USD' };
  return cny === null ? [inUsd] : [inUsd, { amount: cny, currency: 'CNY' }];
}

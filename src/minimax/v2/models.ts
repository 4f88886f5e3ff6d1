import {
  MediaKind,
  Mode,
  PromptExpansion,
  type MediaInput,
  type MediaLimits,
  type ModeRules,
  type Output,
  type SecondPrice,
  type TokenPrice,
  type VideoModel,
} from '../model.ts';

/** V2 §2.3. */
export const imageLimits: MediaLimits = {
  kind: MediaKind.IMAGE,
  formats: ['JPEG', 'PNG', 'WEBP', 'HEIC', 'HEIF'],
  maxBytes: 30 * 1024 * 1024,
  sides: { min: 256, max: 5760 },
  aspectRatio: { min: 0.4, max: 2.5 },
  seconds: null,
  maxSecondsTogether: null,
  framesPerSecond: null,
};

const clip = { seconds: { min: 2, max: 15 }, maxSecondsTogether: 15 };

const videoLimits: MediaLimits = {
  kind: MediaKind.VIDEO,
  formats: ['MP4', 'MOV'],
  maxBytes: 50 * 1024 * 1024,
  sides: { min: 256, max: 5760 },
  aspectRatio: { min: 0.4, max: 2.5 },
  ...clip,
  framesPerSecond: { min: 23.976, max: 60 },
};

const audioLimits: MediaLimits = {
  kind: MediaKind.AUDIO,
  formats: ['WAV', 'MP3'],
  maxBytes: 15 * 1024 * 1024,
  sides: null,
  aspectRatio: null,
  ...clip,
  framesPerSecond: null,
};

/** What files of a kind must be like. */
export function limitsOf(kind: MediaKind): MediaLimits {
  return { IMAGE: imageLimits, VIDEO: videoLimits, AUDIO: audioLimits }[kind];
}

const frame = (field: 'firstFrameImage' | 'lastFrameImage', required: boolean): MediaInput => ({
  ...{ field, required, maxCount: 1, limits: imageLimits },
});

const references: readonly MediaInput[] = [
  { field: 'referenceImages', required: false, maxCount: 9, limits: imageLimits },
  { field: 'referenceVideos', required: false, maxCount: 3, limits: videoLimits },
  { field: 'referenceAudios', required: false, maxCount: 3, limits: audioLimits },
];

const concreteRatios = ['21:9', '16:9', '4:3', '1:1', '3:4', '9:16'];

/** The video takes the ratio of what it is made from. */
export const adaptive = 'adaptive';

const anyRatio = [adaptive, ...concreteRatios];

function modes(resolutions: readonly string[], shortest: number): ModeRules[] {
  const durations = Array.from({ length: 16 - shortest }, (_, index) => shortest + index);
  const outputs: Output[] = resolutions.map((resolution) => ({ resolution, durations }));
  const inAll = {
    ...{ promptRequired: true, outputs, fastPretreatment: false },
    ...{ defaultResolution: '768P', defaultDuration: 5 },
  };
  const withFrames = { ...inAll, aspectRatios: anyRatio, aspectRatioUse: 'IGNORED' } as const;
  return [
    {
      ...{ ...inAll, mode: Mode.TEXT_TO_VIDEO, media: [], maxFiles: null },
      ...{ aspectRatios: concreteRatios, aspectRatioUse: 'REQUIRED' },
    },
    {
      ...{ ...withFrames, mode: Mode.IMAGE_TO_VIDEO, maxFiles: null },
      media: [frame('firstFrameImage', true)],
    },
    {
      // The last frame alone is in the list of modes, while the text of `role` wants a first one too: passed on.
      ...{ ...withFrames, mode: Mode.FIRST_AND_LAST_FRAME, maxFiles: null },
      media: [frame('firstFrameImage', false), frame('lastFrameImage', true)],
    },
    {
      ...{ ...inAll, mode: Mode.REFERENCE_TO_VIDEO, media: references, maxFiles: 12 },
      ...{ aspectRatios: anyRatio, aspectRatioUse: 'OPTIONAL' },
    },
  ];
}

const inAllModels = {
  apiGeneration: 2,
  maxPromptLength: 7000,
  sound: true,
  cameraCommands: false,
  sendsOutputFields: true,
  prices: [],
  regeneration: null,
  enhancement: null,
  priceSource: 'MiniMax’s price page, video, pay as you go',
} as const;

function h3Price(resolution: string, usd: string, cny: string): SecondPrice {
  const second = { usd, cny };
  const furtherImage = { usd: '0.04', cny: '0.20' };
  return { resolution, output: second, referenceVideo: second, freeImages: 5, furtherImage };
}

function maxPrice(resolution: string, usd: string, cny: string, reference: string): SecondPrice {
  return {
    ...{ resolution, output: { usd, cny }, freeImages: 2 },
    referenceVideo: { usd: reference, cny: null },
    furtherImage: { usd: '0.074', cny: null },
  };
}

const regenerationPrice: SecondPrice = {
  ...{ resolution: '2K', output: { usd: '0.05', cny: '0.30' }, freeImages: 5 },
  referenceVideo: { usd: '0.05', cny: null },
  furtherImage: { usd: '0.025', cny: '0.15' },
};

const enhancementPrice: TokenPrice = {
  input: { usd: '0.90', cny: '5.80' },
  output: { usd: '3.60', cny: '23.00' },
};

/** What each model of the second API generation can do, and at what list price (V2 §1, §2, §10). */
export const secondGenerationModels: readonly VideoModel[] = [
  {
    ...inAllModels,
    name: 'MiniMax-H3',
    modes: modes(['768P', '2K'], 4),
    promptExpansions: [],
    secondPrices: [h3Price('768P', '0.08', '0.50'), h3Price('2K', '0.13', '0.80')],
    regeneration: { from: '768P', price: regenerationPrice },
    enhancement: enhancementPrice,
    priceListedOn: '2026-10-24',
  },
  {
    ...inAllModels,
    name: 'MiniMax-H3-Max',
    modes: modes(['480P', '768P'], 5),
    promptExpansions: Object.values(PromptExpansion),
    secondPrices: [
      maxPrice('480P', '0.05', '0.33', '0.0553'),
      maxPrice('768P', '0.08', '0.50', '0.143'),
    ],
    priceListedOn: '2026-09-29',
  },
];

/** Whether a name, documented or not, is one of the second generation. */
export function speaksSecondGeneration(name: string): boolean {
  return name.trim().toLowerCase().startsWith('minimax-h3');
}

/**
 * The rules for a model of the second generation that no documentation has, but the operator lets
 * through: those of H3-Max with every resolution, and no price.
 */
export function rulesForUndocumented(name: string): VideoModel {
  return {
    ...secondGenerationModels[1]!,
    ...{ name, modes: modes(['480P', '768P', '2K'], 4) },
    ...{ secondPrices: [], priceListedOn: null, priceSource: null },
  };
}

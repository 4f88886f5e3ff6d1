import {
  MediaKind,
  Mode,
  type MediaField,
  type MediaInput,
  type MediaLimits,
  type ModeRules,
  type Output,
  type Price,
  type VideoModel,
} from '../model.ts';

/** The day on which the list prices were last read (wire contract §8). */
export const priceListDate = '2026-08-18';

const upTo1080P: readonly Output[] = [
  { resolution: '768P', durations: [6, 10] },
  { resolution: '1080P', durations: [6] },
];
const from512P: readonly Output[] = [{ resolution: '512P', durations: [6, 10] }, ...upTo1080P];
const only720P: readonly Output[] = [{ resolution: '720P', durations: [6] }];

/** The documentation says "under 20 MB" and "over 300 px"; whether exactly these will do is unknown, so they are let through (wire contract §3.4). */
export const imageLimits: MediaLimits = {
  kind: MediaKind.IMAGE,
  formats: ['JPEG', 'PNG', 'WEBP'],
  maxBytes: 20 * 1024 * 1024,
  sides: { min: 300, max: null },
  aspectRatio: { min: 0.4, max: 2.5 },
  seconds: null,
  maxSecondsTogether: null,
  framesPerSecond: null,
};

const image = (field: MediaField, required: boolean): MediaInput => ({
  ...{ field, required, maxCount: 1, limits: imageLimits },
});

const media: Readonly<Partial<Record<Mode, readonly MediaInput[]>>> = {
  IMAGE_TO_VIDEO: [image('firstFrameImage', true)],
  // The documentation requires the last frame only.
  FIRST_AND_LAST_FRAME: [image('firstFrameImage', false), image('lastFrameImage', true)],
  SUBJECT_REFERENCE: [image('subjectReference', true)],
};

/** The longest prompt, in Unicode code points; MiniMax does not say what it counts (wire contract §3.1). */
export const maxPromptLength = 2000;

const priceSource = 'MiniMax’s price page, video, pay as you go';

const inAllModes = {
  maxFiles: null,
  aspectRatios: [],
  aspectRatioUse: null,
} as const;

const inAllModels = {
  apiGeneration: 1,
  maxPromptLength,
  sound: false,
  promptExpansions: [],
  secondPrices: [],
  regeneration: null,
  enhancement: null,
} as const;

function hailuo(mode: Mode, outputs = upTo1080P): ModeRules {
  return {
    ...inAllModes,
    mode,
    media: media[mode] ?? [],
    promptRequired: mode === Mode.TEXT_TO_VIDEO,
    outputs,
    defaultResolution: '768P',
    defaultDuration: 6,
    fastPretreatment: mode === Mode.TEXT_TO_VIDEO || mode === Mode.IMAGE_TO_VIDEO,
  };
}

function firstFamily(name: string, mode: Mode, cameraCommands: boolean): VideoModel {
  const documented = mode !== Mode.SUBJECT_REFERENCE;
  return {
    ...inAllModels,
    name,
    modes: [
      {
        ...inAllModes,
        mode,
        media: media[mode] ?? [],
        promptRequired: mode === Mode.TEXT_TO_VIDEO,
        outputs: documented ? only720P : [],
        defaultResolution: documented ? '720P' : null,
        defaultDuration: documented ? 6 : null,
        fastPretreatment: false,
      },
    ],
    cameraCommands,
    sendsOutputFields: false,
    prices: [],
    priceListedOn: null,
    priceSource: null,
  };
}

/** Rows of `resolution duration usd cny`. */
function prices(...rows: string[]): Price[] {
  return rows.map((row) => {
    const [resolution, duration, usd, cny] = row.split(' ') as [string, string, string, string];
    return { resolution, duration: Number(duration), usd, cny };
  });
}

const usual = ['768P 6 0.28 2.00', '768P 10 0.56 4.00', '1080P 6 0.49 3.50'];

/** What each model of the first API generation can do, and at what list price (wire contract §3.2, §3.3, §8). */
export const firstGenerationModels: readonly VideoModel[] = [
  {
    ...inAllModels,
    name: 'MiniMax-Hailuo-2.3',
    modes: [hailuo(Mode.TEXT_TO_VIDEO), hailuo(Mode.IMAGE_TO_VIDEO)],
    cameraCommands: true,
    sendsOutputFields: true,
    prices: prices(...usual),
    priceListedOn: priceListDate,
    priceSource,
  },
  {
    ...inAllModels,
    name: 'MiniMax-Hailuo-2.3-Fast',
    modes: [hailuo(Mode.IMAGE_TO_VIDEO)],
    cameraCommands: true,
    sendsOutputFields: true,
    prices: prices('768P 6 0.19 1.35', '768P 10 0.32 2.25', '1080P 6 0.33 2.31'),
    priceListedOn: priceListDate,
    priceSource,
  },
  {
    ...inAllModels,
    name: 'MiniMax-Hailuo-02',
    modes: [
      hailuo(Mode.TEXT_TO_VIDEO),
      hailuo(Mode.IMAGE_TO_VIDEO, from512P),
      hailuo(Mode.FIRST_AND_LAST_FRAME),
    ],
    cameraCommands: true,
    sendsOutputFields: true,
    prices: prices('512P 6 0.10 0.60', '512P 10 0.15 1.00', ...usual),
    priceListedOn: priceListDate,
    priceSource,
  },
  firstFamily('T2V-01-Director', Mode.TEXT_TO_VIDEO, true),
  firstFamily('T2V-01', Mode.TEXT_TO_VIDEO, false),
  firstFamily('I2V-01-Director', Mode.IMAGE_TO_VIDEO, true),
  firstFamily('I2V-01-live', Mode.IMAGE_TO_VIDEO, false),
  firstFamily('I2V-01', Mode.IMAGE_TO_VIDEO, false),
  firstFamily('S2V-01', Mode.SUBJECT_REFERENCE, false),
];

export interface CameraCommand {
  name: string;
  /** The name on MiniMax's Chinese pages. */
  chinaName: string;
}

/** The camera movements that a prompt may ask for in brackets, e.g. `[Push in]` (wire contract §3.5). */
export const cameraCommands: readonly CameraCommand[] = [
  { name: 'Truck left', chinaName: '左移' },
  { name: 'Truck right', chinaName: '右移' },
  { name: 'Pan left', chinaName: '左摇' },
  { name: 'Pan right', chinaName: '右摇' },
  { name: 'Push in', chinaName: '推进' },
  { name: 'Pull out', chinaName: '拉远' },
  { name: 'Pedestal up', chinaName: '上升' },
  { name: 'Pedestal down', chinaName: '下降' },
  { name: 'Tilt up', chinaName: '上摇' },
  { name: 'Tilt down', chinaName: '下摇' },
  { name: 'Zoom in', chinaName: '变焦推近' },
  { name: 'Zoom out', chinaName: '变焦拉远' },
  { name: 'Shake', chinaName: '晃动' },
  { name: 'Tracking shot', chinaName: '跟随' },
  { name: 'Static shot', chinaName: '固定' },
];

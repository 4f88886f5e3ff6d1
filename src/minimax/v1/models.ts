/** How the images of a request select what MiniMax makes (wire contract §3.1). */
export const Mode = {
  TEXT_TO_VIDEO: 'TEXT_TO_VIDEO',
  IMAGE_TO_VIDEO: 'IMAGE_TO_VIDEO',
  FIRST_AND_LAST_FRAME: 'FIRST_AND_LAST_FRAME',
  SUBJECT_REFERENCE: 'SUBJECT_REFERENCE',
} as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

export type ImageField = 'firstFrameImage' | 'lastFrameImage' | 'subjectReference';

export interface Output {
  resolution: string;
  /** In seconds. */
  durations: readonly number[];
}

export interface ModeRules {
  mode: Mode;
  requiredImages: readonly ImageField[];
  /** Empty when MiniMax documents neither duration nor resolution. */
  outputs: readonly Output[];
  defaultResolution: string | null;
  /** In seconds. */
  defaultDuration: number | null;
  fastPretreatment: boolean;
}

export interface Price {
  resolution: string;
  duration: number;
  /** Decimal text, e.g. `0.28`. */
  usd: string;
  cny: string;
}

export interface VideoModel {
  /** As MiniMax spells it. */
  name: string;
  modes: readonly ModeRules[];
  /** Whether camera commands in brackets are documented for it. */
  cameraCommands: boolean;
  /** False for the 01 family, whose requests carry neither duration nor resolution (wire contract §3.3). */
  sendsOutputFields: boolean;
  /** Per clip, pay as you go; empty when none is published. */
  prices: readonly Price[];
  priceListedOn: string | null;
}

/** The day on which the list prices were last read (wire contract §8). */
export const priceListDate = '2026-08-18';

const upTo1080P: readonly Output[] = [
  { resolution: '768P', durations: [6, 10] },
  { resolution: '1080P', durations: [6] },
];
const from512P: readonly Output[] = [{ resolution: '512P', durations: [6, 10] }, ...upTo1080P];
const only720P: readonly Output[] = [{ resolution: '720P', durations: [6] }];

const requiredImages: Readonly<Record<Mode, readonly ImageField[]>> = {
  TEXT_TO_VIDEO: [],
  IMAGE_TO_VIDEO: ['firstFrameImage'],
  // The documentation requires the last frame only.
  FIRST_AND_LAST_FRAME: ['lastFrameImage'],
  SUBJECT_REFERENCE: ['subjectReference'],
};

function hailuo(mode: Mode, outputs = upTo1080P): ModeRules {
  return {
    mode,
    requiredImages: requiredImages[mode],
    outputs,
    defaultResolution: '768P',
    defaultDuration: 6,
    fastPretreatment: mode === Mode.TEXT_TO_VIDEO || mode === Mode.IMAGE_TO_VIDEO,
  };
}

function firstFamily(name: string, mode: Mode, cameraCommands: boolean): VideoModel {
  const documented = mode !== Mode.SUBJECT_REFERENCE;
  return {
    name,
    modes: [
      {
        mode,
        requiredImages: requiredImages[mode],
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
export const videoModels: readonly VideoModel[] = [
  {
    name: 'MiniMax-Hailuo-2.3',
    modes: [hailuo(Mode.TEXT_TO_VIDEO), hailuo(Mode.IMAGE_TO_VIDEO)],
    cameraCommands: true,
    sendsOutputFields: true,
    prices: prices(...usual),
    priceListedOn: priceListDate,
  },
  {
    name: 'MiniMax-Hailuo-2.3-Fast',
    modes: [hailuo(Mode.IMAGE_TO_VIDEO)],
    cameraCommands: true,
    sendsOutputFields: true,
    prices: prices('768P 6 0.19 1.35', '768P 10 0.32 2.25', '1080P 6 0.33 2.31'),
    priceListedOn: priceListDate,
  },
  {
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
  },
  firstFamily('T2V-01-Director', Mode.TEXT_TO_VIDEO, true),
  firstFamily('T2V-01', Mode.TEXT_TO_VIDEO, false),
  firstFamily('I2V-01-Director', Mode.IMAGE_TO_VIDEO, true),
  firstFamily('I2V-01-live', Mode.IMAGE_TO_VIDEO, false),
  firstFamily('I2V-01', Mode.IMAGE_TO_VIDEO, false),
  firstFamily('S2V-01', Mode.SUBJECT_REFERENCE, false),
];

export const videoModelNames: readonly string[] = videoModels.map((model) => model.name);

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

/** The model of exactly this documented name, or undefined. */
export function findVideoModel(name: string): VideoModel | undefined {
  return videoModels.find((model) => model.name === name);
}

/** The documented name that differs from `name` only in letter case, spaces or underscores, or null. */
export function suggestVideoModelName(name: string): string | null {
  const plain = (text: string) => text.toLowerCase().replace(/[\s_-]+/g, '');
  const wanted = plain(name);
  return (
    videoModelNames.find((known) => plain(known) === wanted) ??
    videoModelNames.find((known) => plain(known) === `minimax${wanted}`) ??
    null
  );
}

/** Whether the model speaks the second API generation, which this service does not (wire contract §1). */
export function isSecondGeneration(name: string): boolean {
  return name.trim().toLowerCase().startsWith('minimax-h3');
}

/** The mode that MiniMax would choose for a request with these images. */
export function modeOf(images: {
  firstFrameImage?: unknown;
  lastFrameImage?: unknown;
  subjectReference?: unknown;
}): Mode {
  if (images.subjectReference != null) return Mode.SUBJECT_REFERENCE;
  if (images.lastFrameImage != null) return Mode.FIRST_AND_LAST_FRAME;
  if (images.firstFrameImage != null) return Mode.IMAGE_TO_VIDEO;
  return Mode.TEXT_TO_VIDEO;
}

/** The rules of a model in a mode; undefined when it does not have that mode. */
export function rulesOf(model: VideoModel | undefined, mode: Mode): ModeRules | undefined {
  return model?.modes.find((rules) => rules.mode === mode);
}

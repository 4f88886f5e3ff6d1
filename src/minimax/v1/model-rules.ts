import { readCameraCommands } from './camera-commands.ts';
import { modeOf, rulesOf, type Mode, type VideoModel } from '../model.ts';
import { quote, type Report, type RequestInput } from '../request-problems.ts';
import { cameraCommands, firstGenerationModels as videoModels } from './models.ts';

const longestScanned = 8000;
const mostWarnings = 10;

/** Whether the images given are those that the model works from (wire contract §3.2). */
export function checkMode(input: RequestInput, model: VideoModel, report: Report): void {
  const before = report.problems.length;
  const has = (mode: Mode) => rulesOf(model, mode) !== undefined;
  const others = (mode: Mode) =>
    videoModels.flatMap((other) => (rulesOf(other, mode) === undefined ? [] : [other.name]));
  const takesFrames = has('IMAGE_TO_VIDEO') || has('FIRST_AND_LAST_FRAME');

  if (input.subjectReference != null && !has('SUBJECT_REFERENCE')) {
    report.refuse(
      'subjectReference',
      'SUBJECT_NOT_SUPPORTED',
      `${model.name} takes no subject: leave subjectReference out, or use ${others('SUBJECT_REFERENCE').join(', ')}.`,
    );
  }
  if (input.subjectReference == null && !has('TEXT_TO_VIDEO') && !takesFrames) {
    report.refuse(
      'subjectReference',
      'SUBJECT_REQUIRED',
      `${model.name} works from a subject: give subjectReference with one image of a face.`,
    );
  }
  if (input.firstFrameImage != null && !takesFrames) {
    report.refuse(
      'firstFrameImage',
      'FIRST_FRAME_NOT_SUPPORTED',
      `${model.name} takes no first frame: leave firstFrameImage out, or use one of: ${others('IMAGE_TO_VIDEO').join(', ')}.`,
    );
  }
  if (input.lastFrameImage != null && !has('FIRST_AND_LAST_FRAME')) {
    report.refuse(
      'lastFrameImage',
      'LAST_FRAME_NOT_SUPPORTED',
      `${model.name} takes no last frame: leave lastFrameImage out, or use ${others('FIRST_AND_LAST_FRAME').join(', ')}.`,
    );
  }
  if (input.firstFrameImage == null && takesFrames && !has('TEXT_TO_VIDEO')) {
    report.refuse(
      'firstFrameImage',
      'FIRST_FRAME_REQUIRED',
      `${model.name} works from an image: give firstFrameImage, or use one of: ${others('TEXT_TO_VIDEO').join(', ')}.`,
    );
  }
  const mode = modeOf(input);
  // References are refused by their own fields.
  const isOwn = mode !== 'REFERENCE_TO_VIDEO';
  if (report.problems.length === before && isOwn && !has(mode)) {
    report.refuse(
      'model',
      'MODE_NOT_SUPPORTED',
      `${model.name} does not do ${mode}; use one of: ${others(mode).join(', ')}.`,
    );
  }
}

export function checkFastPretreatment(
  { fastPretreatment }: RequestInput,
  model: VideoModel,
  mode: Mode,
  report: Report,
): void {
  if (fastPretreatment !== true || (rulesOf(model, mode) ?? model.modes[0]!).fastPretreatment)
    return;
  const able = videoModels.flatMap((other) =>
    other.modes.flatMap((rules) =>
      rules.fastPretreatment ? [`${other.name} (${rules.mode})`] : [],
    ),
  );
  report.refuse(
    'fastPretreatment',
    'FAST_PRETREATMENT_NOT_SUPPORTED',
    `${model.name} has no fastPretreatment for ${mode}: leave it out. It is for ${able.join(', ')}.`,
  );
}

export function checkCameraCommands(
  { prompt }: RequestInput,
  model: VideoModel,
  report: Report,
): void {
  const use = readCameraCommands((prompt ?? '').slice(0, longestScanned));
  if (!model.cameraCommands) {
    if (use.usesCommands) {
      const able = videoModels.filter((other) => other.cameraCommands).map((other) => other.name);
      report.warn(
        'prompt',
        'CAMERA_COMMANDS_NOT_SUPPORTED',
        `Camera commands in brackets are not documented for ${model.name}; they are for ${able.join(', ')}.`,
      );
    }
    return;
  }
  for (const { text, nearest } of use.unknown.slice(0, mostWarnings)) {
    const names = cameraCommands.map(({ name }) => `[${name}]`).join(', ');
    const advice = nearest === null ? '' : ` Did you mean [${nearest}]?`;
    report.warn(
      'prompt',
      'UNKNOWN_CAMERA_COMMAND',
      `${quote(`[${text}]`)} is not a documented camera command.${advice} They are: ${names}.`,
    );
  }
  for (const bracket of use.wide.slice(0, mostWarnings)) {
    report.warn(
      'prompt',
      'CAMERA_COMMANDS_IN_WIDE_BRACKETS',
      `${quote(bracket)} holds camera commands, which MiniMax reads in [ ] only.`,
    );
  }
  for (const bracket of use.crowded.slice(0, mostWarnings)) {
    report.warn(
      'prompt',
      'TOO_MANY_CAMERA_COMMANDS',
      `${quote(bracket)} asks for more than three camera movements at once; MiniMax advises three at most.`,
    );
  }
}

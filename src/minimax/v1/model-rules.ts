import { readCameraCommands } from './camera-commands.ts';
import { cameraCommands, modeOf, rulesOf, videoModels } from './models.ts';
import type { Mode, VideoModel } from './models.ts';
import { quote } from './request-problems.ts';
import type { Effective, Report, RequestInput } from './request-problems.ts';

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
  if (report.problems.length === before && !has(mode)) {
    report.refuse(
      'model',
      'MODE_NOT_SUPPORTED',
      `${model.name} does not do ${mode}; use one of: ${others(mode).join(', ')}.`,
    );
  }
}

/** Fills in duration and resolution and says whether they go together (wire contract §3.3). */
export function checkOutput(
  input: RequestInput,
  model: VideoModel,
  mode: Mode,
  report: Report,
): Effective {
  // With the wrong images, check against what the model does make.
  const rules = rulesOf(model, mode) ?? model.modes[0]!;
  const { sendsOutputFields } = model;
  const duration = input.duration ?? rules.defaultDuration;
  const resolution = input.resolution ?? rules.defaultResolution;
  const effective = { mode, duration, resolution, sendsOutputFields };
  const durations = [...new Set(rules.outputs.flatMap((output) => output.durations))];
  const resolutions = rules.outputs.map((output) => output.resolution);

  if (rules.outputs.length === 0) {
    if (duration !== null) {
      report.refuse(
        'duration',
        'DURATION_NOT_SUPPORTED',
        `${model.name} has no choice of duration: leave it out.`,
      );
    }
    if (resolution !== null) {
      report.refuse(
        'resolution',
        'RESOLUTION_NOT_SUPPORTED',
        `${model.name} has no choice of resolution: leave it out.`,
      );
    }
    return effective;
  }
  const durationFits = durations.includes(duration!);
  const output = rules.outputs.find((candidate) => candidate.resolution === resolution);
  if (!durationFits) {
    report.refuse(
      'duration',
      'DURATION_NOT_SUPPORTED',
      `${model.name} makes videos of ${durations.join(' or ')} seconds, not ${duration}.`,
    );
  }
  if (output === undefined) {
    report.refuse(
      'resolution',
      'RESOLUTION_NOT_SUPPORTED',
      `${model.name} makes ${resolutions.join(' or ')} here, not ${quote(resolution!)}.` +
        resolutionHint(model, resolution!, resolutions),
    );
  }
  if (durationFits && output !== undefined && !output.durations.includes(duration!)) {
    const fitting = rules.outputs.filter((candidate) => candidate.durations.includes(duration!));
    report.refuse(
      input.duration == null ? 'resolution' : 'duration',
      'COMBINATION_NOT_SUPPORTED',
      `${model.name} makes ${resolution} videos of ${output.durations.join(' or ')} seconds only: choose that, ` +
        `or ${fitting.map((candidate) => candidate.resolution).join(' or ')} for ${duration} seconds.`,
    );
  }
  return effective;
}

function resolutionHint(model: VideoModel, wanted: string, allowed: readonly string[]): string {
  const spelled = allowed.find((name) => name.toLowerCase() === wanted.trim().toLowerCase());
  if (spelled !== undefined) return ` Write ${spelled}.`;
  const elsewhere = model.modes.find((rules) =>
    rules.outputs.some((output) => output.resolution === wanted),
  );
  if (elsewhere === undefined) return '';
  return elsewhere.mode === 'IMAGE_TO_VIDEO'
    ? ` ${wanted} needs firstFrameImage, and no lastFrameImage.`
    : ` ${wanted} is for ${elsewhere.mode} only.`;
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

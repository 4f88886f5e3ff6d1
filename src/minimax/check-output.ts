import type { ModeRules, VideoModel } from './model.ts';
import { quote } from './request-problems.ts';
import type { Effective, Report, RequestInput } from './request-problems.ts';

/** Fills in duration and resolution and says whether they go together (wire contract §3.3, V2 §1). */
export function checkOutput(
  input: RequestInput,
  model: VideoModel,
  rules: ModeRules,
  report: Report,
): Pick<Effective, 'duration' | 'resolution'> {
  const duration = input.duration ?? rules.defaultDuration;
  const resolution = input.resolution ?? rules.defaultResolution;
  const effective = { duration, resolution };
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
      `${model.name} makes videos of ${inWords(durations)} seconds, not ${duration}.`,
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
      `${model.name} makes ${resolution} videos of ${inWords(output.durations)} seconds only: choose that, ` +
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

/** `6 or 10`, or of a row `4 to 15`. */
function inWords(seconds: readonly number[]): string {
  const [first, last] = [seconds[0]!, seconds.at(-1)!];
  const isRow = seconds.length > 2 && last - first === seconds.length - 1;
  return isRow ? `${first} to ${last}` : seconds.join(' or ');
}

import { checkImage, checkUpload, isFile, isStored, type GivenImage } from '../check-image.ts';
import { checkOutput } from '../check-output.ts';
import { checkPrompt } from '../check-prompt.ts';
import { imageUrlProblem } from '../image-url.ts';
import {
  Mode,
  modeOf,
  rulesOf,
  type MediaLimits,
  type ModeRules,
  type VideoModel,
} from '../model.ts';
import {
  quote,
  type CheckedClip,
  type CheckedImage,
  type GivenMedia,
  type ReferenceClip,
  type Report,
  type RequestCheck,
  type RequestInput,
  type Uploads,
} from '../request-problems.ts';
import { imageLimits } from './models.ts';
import { priceOf, toThousandths } from './reckon-price.ts';

const referenceFields = ['referenceImages', 'referenceVideos', 'referenceAudios'] as const;
const noReferences = { referenceImages: [], referenceVideos: [], referenceAudios: [] };
const clipFields = ['referenceVideos', 'referenceAudios'] as const;

/** Everything that can be said about a request to the second API generation before it is sent (V2 §2). */
export function checkSecondGeneration(
  input: RequestInput,
  model: VideoModel,
  report: Report,
  uploads: Uploads,
): Pick<RequestCheck, 'effective' | 'price' | 'images' | 'clips'> {
  checkOlderFields(input, model, report);
  checkMixture(input, report);
  const mode = modeOf(input);
  const rules = rulesOf(model, mode) ?? model.modes[0]!;
  checkPrompt(input, rules, model, report);
  const output = checkOutput(input, model, rules, report);
  checkAspectRatio(input, model, rules, report);
  checkPromptExpansion(input, model, report);
  // Of thousands none is looked at: that alone would take seconds.
  const few = checkCounts(input, model, report) ? input : { ...input, ...noReferences };
  const images = checkImages(few, report, uploads);
  const { clips, inputSeconds } = checkClips(few, model, report, uploads);
  const aspectRatio = input.aspectRatio ?? null;
  const effective = { mode, ...output, aspectRatio, sendsOutputFields: true };
  const { resolution, duration } = output;
  // With something refused the images are not those that would be sent.
  const isExact = inputSeconds !== null && duration !== null && report.problems.length === 0;
  const metered = { resolution, outputSeconds: duration ?? 0, inputSeconds: inputSeconds ?? 0 };
  const usd = isExact ? priceOf(model.secondPrices, { ...metered, images: images.length }) : null;
  const price = usd === null ? null : { usd, listedOn: model.priceListedOn! };
  return { effective, price, images, clips };
}

function checkOlderFields(input: RequestInput, { name }: VideoModel, report: Report): void {
  if (input.subjectReference != null) {
    const message = `${name} takes no subject: leave subjectReference out, give referenceImages, or use S2V-01.`;
    report.refuse('subjectReference', 'SUBJECT_NOT_SUPPORTED', message);
  }
  if (input.fastPretreatment === true) {
    const message = `${name} has no fastPretreatment: leave it out.`;
    report.refuse('fastPretreatment', 'FAST_PRETREATMENT_NOT_SUPPORTED', message);
  }
  if (input.promptOptimizer === false) {
    const message = `${name} has no prompt optimizer that could be switched off: promptOptimizer is not sent.`;
    report.warn('promptOptimizer', 'PROMPT_OPTIMIZER_NOT_SUPPORTED', message);
  }
}

/** Frames and references exclude each other; sound alone shows nothing. */
function checkMixture(input: RequestInput, report: Report): void {
  const hasFrame = input.firstFrameImage != null || input.lastFrameImage != null;
  const given = referenceFields.filter((field) => input[field]?.length);
  if (hasFrame) {
    for (const field of given) {
      const message = `Give frames or references, not both: leave ${field} out, or the frames.`;
      report.refuse(field, 'FRAMES_AND_REFERENCES', message);
    }
  } else if (given.length === 1 && given[0] === 'referenceAudios') {
    const message = 'Sound alone is no reference: give referenceImages or referenceVideos as well.';
    report.refuse('referenceAudios', 'REFERENCE_REQUIRED', message);
  }
}

function checkAspectRatio(
  { aspectRatio }: RequestInput,
  { name }: VideoModel,
  { aspectRatios, aspectRatioUse }: ModeRules,
  report: Report,
): void {
  const choices = aspectRatios.join(', ');
  if (aspectRatio == null) {
    if (aspectRatioUse !== 'REQUIRED') return;
    const message = `From text alone ${name} needs an aspectRatio: give one of ${choices}.`;
    report.refuse('aspectRatio', 'ASPECT_RATIO_REQUIRED', message);
  } else if (!aspectRatios.includes(aspectRatio)) {
    const why =
      aspectRatio === 'adaptive'
        ? 'From text alone there is nothing to adapt to'
        : `${name} makes no ${quote(aspectRatio)}`;
    const message = `${why}: give one of ${choices} as aspectRatio.`;
    report.refuse('aspectRatio', 'ASPECT_RATIO_NOT_SUPPORTED', message);
  } else if (aspectRatioUse === 'IGNORED' && aspectRatio !== 'adaptive') {
    const message =
      'The video has the aspect ratio of its frame: MiniMax ignores aspectRatio here.';
    report.warn('aspectRatio', 'ASPECT_RATIO_IGNORED', message);
  }
}

function checkPromptExpansion(
  { promptExpansion }: RequestInput,
  { name, promptExpansions }: VideoModel,
  report: Report,
): void {
  if (promptExpansion == null || promptExpansions.includes(promptExpansion)) return;
  const message = `${name} has no promptExpansion: leave it out, or use MiniMax-H3-Max.`;
  report.refuse('promptExpansion', 'PROMPT_EXPANSION_NOT_SUPPORTED', message);
}

/** False when there are too many. */
function checkCounts(input: RequestInput, model: VideoModel, report: Report): boolean {
  const { media, maxFiles } = rulesOf(model, Mode.REFERENCE_TO_VIDEO)!;
  let files = 0;
  for (const field of referenceFields) {
    const count = input[field]?.length ?? 0;
    const { maxCount } = media.find((rule) => rule.field === field)!;
    files += count;
    if (count <= maxCount) continue;
    const message = `${model.name} takes at most ${maxCount} in ${field}, not ${count}.`;
    report.refuse(field, 'TOO_MANY_REFERENCES', message);
  }
  if (maxFiles !== null && files > maxFiles) {
    const message = `${model.name} takes at most ${maxFiles} references in all, not ${files}.`;
    report.refuse('referenceImages', 'TOO_MANY_REFERENCES', message);
  }
  return report.problems.every(({ code }) => code !== 'TOO_MANY_REFERENCES');
}

function checkImages(input: RequestInput, report: Report, uploads: Uploads): CheckedImage[] {
  const given: GivenImage[] = [];
  for (const field of ['firstFrameImage', 'lastFrameImage'] as const) {
    const text = input[field];
    if (text != null) given.push({ field, index: 0, path: [field], text });
  }
  for (const [index, text] of (input.referenceImages ?? []).entries()) {
    given.push({
      ...{ field: 'referenceImages', index, text },
      path: ['referenceImages', String(index)],
    });
  }
  return given.flatMap(
    (image) => checkImage(image, imageLimits, report, { uploads, takesFiles: true }) ?? [],
  );
}

/** The clips, and the seconds of the reference videos together; null when that of one is not known. */
function checkClips(
  input: RequestInput,
  model: VideoModel,
  report: Report,
  uploads: Uploads,
): { clips: CheckedClip[]; inputSeconds: number | null } {
  const { media } = rulesOf(model, Mode.REFERENCE_TO_VIDEO)!;
  const clips: CheckedClip[] = [];
  let inputSeconds: number | null = 0;
  for (const field of clipFields) {
    const { limits } = media.find((rule) => rule.field === field)!;
    let together = 0;
    for (const [index, given] of (input[field] ?? []).entries()) {
      const { clip, seconds } = checkClip(given, [field, String(index)], limits, report, uploads);
      if (clip) clips.push({ field, index, ...clip });
      together += seconds ?? 0;
      if (seconds === null && field === 'referenceVideos') inputSeconds = null;
    }
    together = toThousandths(together);
    if (together > limits.maxSecondsTogether!) {
      const message = `All ${field} together have at most ${limits.maxSecondsTogether} seconds, not ${together}.`;
      report.refuse(field, 'REFERENCE_LENGTH_NOT_SUPPORTED', message);
    }
    if (field === 'referenceVideos' && inputSeconds !== null) inputSeconds = together;
  }
  if (inputSeconds === null) {
    report.warn(
      'referenceVideos',
      'REFERENCE_LENGTH_UNKNOWN',
      'Reference videos are paid by the second: give their `seconds` to know the price.',
    );
  }
  return { clips, inputSeconds };
}

/** Of an upload its measured length counts, whatever is said of it. */
function checkClip(
  { url: given, seconds: told }: ReferenceClip,
  path: string[],
  limits: MediaLimits,
  report: Report,
  uploads: Uploads,
): { clip: { url: string } | { stored: GivenMedia } | null; seconds: number | null } {
  const url = given.trim();
  if (isStored(url, uploads)) {
    const stored = checkUpload(url, [...path, 'url'], limits, report, uploads);
    return { clip: stored && { stored }, seconds: stored?.seconds ?? told ?? null };
  }
  const problem = clipProblem(url);
  if (problem !== null) report.refuse([...path, 'url'], 'REFERENCE_INVALID', problem);
  const { min, max } = limits.seconds!;
  if (told != null && !(told >= min && told <= max)) {
    const message = `A reference has ${min} to ${max} seconds, not ${told}.`;
    report.refuse([...path, 'seconds'], 'REFERENCE_LENGTH_NOT_SUPPORTED', message);
  }
  return { clip: problem === null ? { url } : null, seconds: told ?? null };
}

/** What is wrong with the address of a clip, or null. */
function clipProblem(url: string): string | null {
  if (isFile(url)) return null;
  const howTo =
    'Give a public http(s) URL, media:<id> of a file that was sent to POST /media, or mm_file://<file id> of a file at MiniMax.';
  if (/^data:/i.test(url)) return `Clips are not taken as data URLs here. ${howTo}`;
  const problem = imageUrlProblem(url);
  if (problem === null) return null;
  const isUrl = /^https?:/i.test(url);
  return isUrl ? problem.message.replaceAll('image', 'clip') : howTo;
}

import type { SubmitRequest } from './answers.ts';
import { imageUrlProblem } from '../image-url.ts';
import { readDataUrl } from '../images.ts';
import {
  checkCameraCommands,
  checkFastPretreatment,
  checkMode,
  checkOutput,
} from './model-rules.ts';
import {
  findVideoModel,
  isSecondGeneration,
  modeOf,
  rulesOf,
  suggestVideoModelName,
  videoModelNames,
} from './models.ts';
import type { ImageField, Mode, VideoModel } from './models.ts';
import { Report, quote } from './request-problems.ts';
import type { CheckedImage, Effective, RequestCheck, RequestInput } from './request-problems.ts';

export { ProblemCode, WarningCode } from './request-problems.ts';
export type {
  CheckedImage,
  Effective,
  Problem,
  RequestCheck,
  RequestInput,
  SubjectReferenceInput,
  Warning,
} from './request-problems.ts';

/** MiniMax does not say how many are too many; a few come with copied text. */
const toleratedInvisible = 10;

/** The longest prompt, in Unicode code points; MiniMax does not say what it counts (wire contract §3.1). */
export const maxPromptLength = 2000;

/**
 * Everything that can be said about a request before it is sent: what must be
 * corrected, what is odd, what it will make and what that costs by the list.
 *
 * `allowedExtraModels` are names that this service's operator lets through
 * although no documentation is known: prompt and images are checked for form,
 * the rest is left to MiniMax. A documented model keeps its rules even there.
 */
export function checkRequest(
  input: RequestInput,
  allowedExtraModels: readonly string[] = [],
): RequestCheck {
  const report = new Report();
  const model = findVideoModel(input.model);
  const known = model ?? checkUnknownModel(input.model, allowedExtraModels, report);
  const mode = modeOf(input);
  checkPrompt(input, mode, report);

  let effective: Effective = {
    mode,
    duration: input.duration ?? null,
    resolution: input.resolution ?? null,
    sendsOutputFields: true,
  };
  if (model !== undefined) {
    checkMode(input, model, report);
    effective = checkOutput(input, model, mode, report);
    checkFastPretreatment(input, model, mode, report);
    checkCameraCommands(input, model, report);
  }
  const images = checkImages(input, report);
  if (input.fastPretreatment === true && input.promptOptimizer === false) {
    report.warn(
      'fastPretreatment',
      'FAST_PRETREATMENT_WITHOUT_OPTIMIZER',
      'fastPretreatment shortens the work of the prompt optimizer, which is off: it does nothing here.',
    );
  }
  const price = model === undefined ? null : priceOf(model, effective);
  // With a problem in the request the price may be missing only because of that.
  if (price === null && known && report.problems.length === 0) {
    report.warn(
      'model',
      'PRICE_UNKNOWN',
      `MiniMax publishes no price for ${input.model}: the cost of this generation is not known.`,
    );
  }
  return { problems: report.problems, warnings: report.warnings, effective, price, images };
}

/**
 * The submission of a checked request, whose duration and resolution have their defaults filled in:
 * what its model does not document is left out, such as both of these for the 01 family.
 */
export function toSubmitRequest(request: SubmitRequest): SubmitRequest {
  const { model: name, firstFrameImage, lastFrameImage, subjectImage } = request;
  const model = findVideoModel(name);
  const mode = modeOf({ firstFrameImage, lastFrameImage, subjectReference: subjectImage });
  return {
    ...request,
    ...(model?.sendsOutputFields === false && { duration: null, resolution: null }),
    // Only `false` comes this far, and that is the default.
    ...(rulesOf(model, mode)?.fastPretreatment === false && { fastPretreatment: null }),
  };
}

function checkUnknownModel(name: string, extra: readonly string[], report: Report): boolean {
  if (isSecondGeneration(name)) {
    report.refuse(
      'model',
      'MODEL_NOT_SUPPORTED_YET',
      `${quote(name)} speaks MiniMax’s second API generation, which this service does not support yet. ` +
        `Use one of: ${videoModelNames.join(', ')}.`,
    );
    return false;
  }
  if (extra.includes(name)) return true;
  const suggestion = suggestVideoModelName(name);
  const names = [...videoModelNames, ...extra].join(', ');
  report.refuse(
    'model',
    'MODEL_UNKNOWN',
    suggestion === null
      ? `There is no model ${quote(name)}. Use one of: ${names}.`
      : `There is no model ${quote(name)}; write ${suggestion}. The models are: ${names}.`,
  );
  return false;
}

function checkPrompt({ prompt }: RequestInput, mode: Mode, report: Report): void {
  if (prompt == null) {
    if (mode === 'TEXT_TO_VIDEO') {
      report.refuse('prompt', 'PROMPT_REQUIRED', 'Without an image a prompt is needed: write one.');
    }
    return;
  }
  if (isBlank(prompt)) {
    report.refuse('prompt', 'PROMPT_REQUIRED', 'The prompt is blank: write one or leave it out.');
  }
  const length = countCodePoints(prompt);
  if (length > maxPromptLength) {
    report.refuse(
      'prompt',
      'PROMPT_TOO_LONG',
      `The prompt has ${length} characters; shorten it to at most ${maxPromptLength}.`,
    );
  }
  const unseen = prompt.match(invisible)?.length ?? 0;
  if (unseen > toleratedInvisible) {
    report.warn(
      'prompt',
      'INVISIBLE_CHARACTERS',
      `The prompt has ${unseen} invisible characters: MiniMax refuses prompts with too many of them (code 1042).`,
    );
  }
}

function checkImages(input: RequestInput, report: Report): CheckedImage[] {
  const images: CheckedImage[] = [];
  const check = (field: ImageField, path: string[], given: string) => {
    const text = given.trim();
    if (/^data:/i.test(text)) {
      const { image, problem } = readDataUrl(text);
      if (problem === undefined) images.push({ field, image });
      else report.refuse(path, problem.code, problem.message);
      return;
    }
    const problem = imageUrlProblem(text);
    if (problem === null) images.push({ field, url: text });
    else report.refuse(path, problem.code, problem.message);
  };
  for (const field of ['firstFrameImage', 'lastFrameImage'] as const) {
    const text = input[field];
    if (text != null) check(field, [field], text);
  }
  const subjects = input.subjectReference;
  if (subjects != null) {
    const [subject] = subjects;
    const image = subject?.image[0];
    if (subjects.length !== 1 || subject!.image.length !== 1 || subject!.type !== 'character') {
      report.refuse(
        'subjectReference',
        'SUBJECT_INVALID',
        'Give exactly one subject, of type "character", with exactly one image.',
      );
    } else {
      check('subjectReference', ['subjectReference', '0', 'image', '0'], image!);
    }
  }
  return images;
}

function priceOf(model: VideoModel, { duration, resolution }: Effective): RequestCheck['price'] {
  const price = model.prices.find(
    (listed) => listed.duration === duration && listed.resolution === resolution,
  );
  return price && model.priceListedOn ? { ...price, listedOn: model.priceListedOn } : null;
}

/** Controls, formats and fillers; not the joints within an emoji, nor the ends of lines. */
const invisible =
  /(?!\u200d|\ufe0f|[\n\r\t])[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/gu;

function isBlank(text: string): boolean {
  return text.replace(invisible, '').replace(/\s|\u200d|\ufe0f/g, '') === '';
}

function countCodePoints(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += text.codePointAt(at)! > 0xffff ? 2 : 1) count += 1;
  return count;
}

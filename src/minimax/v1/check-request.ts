import type { SubmitRequest } from '../answers.ts';
import { checkImage, type GivenImage } from '../check-image.ts';
import { checkPrompt } from '../check-prompt.ts';
import { modeOf, rulesOf, type ModeRules, type VideoModel } from '../model.ts';
import type {
  CheckedImage,
  Effective,
  Report,
  RequestCheck,
  RequestInput,
  Uploads,
} from '../request-problems.ts';
import { checkCameraCommands, checkFastPretreatment, checkMode } from './model-rules.ts';
import { checkOutput } from '../check-output.ts';
import { imageLimits, maxPromptLength } from './models.ts';

/**
 * Everything that can be said about a request to the first API generation before it is sent.
 *
 * Without a model, one that this service's operator lets through although no documentation is known:
 * prompt and images are checked for form, the rest is left to MiniMax.
 */
export function checkFirstGeneration(
  input: RequestInput,
  model: VideoModel | undefined,
  report: Report,
  uploads: Uploads,
): Pick<RequestCheck, 'effective' | 'price' | 'images' | 'clips'> {
  const mode = modeOf(input);
  const promptRequired = mode === 'TEXT_TO_VIDEO';
  checkPrompt(input, { promptRequired }, { maxPromptLength }, report);

  let effective: Effective = {
    mode,
    duration: input.duration ?? null,
    resolution: input.resolution ?? null,
    aspectRatio: null,
    sendsOutputFields: true,
  };
  if (model !== undefined) {
    checkMode(input, model, report);
    checkNewerFields(input, model, report);
    // With the wrong images, check against what the model does make.
    const rules: ModeRules = rulesOf(model, mode) ?? model.modes[0]!;
    effective = { ...effective, ...checkOutput(input, model, rules, report) };
    effective.sendsOutputFields = model.sendsOutputFields;
    checkFastPretreatment(input, model, mode, report);
    checkCameraCommands(input, model, report);
  }
  const images = checkImages(input, report, uploads);
  if (input.fastPretreatment === true && input.promptOptimizer === false) {
    report.warn(
      'fastPretreatment',
      'FAST_PRETREATMENT_WITHOUT_OPTIMIZER',
      'fastPretreatment shortens the work of the prompt optimizer, which is off: it does nothing here.',
    );
  }
  const price = model === undefined ? null : priceOf(model, effective);
  return { effective, price, images, clips: [] };
}

/**
 * The submission of a checked request, whose duration and resolution have their defaults filled in:
 * what its model does not document is left out, such as both of these for the 01 family.
 */
export function toFirstGeneration(
  request: SubmitRequest,
  model: VideoModel | undefined,
): SubmitRequest {
  const { firstFrameImage, lastFrameImage, subjectImage } = request;
  const mode = modeOf({ firstFrameImage, lastFrameImage, subjectReference: subjectImage });
  return {
    ...request,
    ...(model?.sendsOutputFields === false && { duration: null, resolution: null }),
    // Only `false` comes this far, and that is the default.
    ...(rulesOf(model, mode)?.fastPretreatment === false && { fastPretreatment: null }),
  };
}

/** What only models of the second generation take. */
function checkNewerFields(input: RequestInput, { name }: VideoModel, report: Report): void {
  const other = 'leave it out, or use MiniMax-H3 or MiniMax-H3-Max.';
  if (input.aspectRatio != null) {
    const message = `${name} has no choice of aspectRatio: ${other}`;
    report.refuse('aspectRatio', 'ASPECT_RATIO_NOT_SUPPORTED', message);
  }
  if (input.promptExpansion != null) {
    const message = `${name} has no promptExpansion: leave it out, or use MiniMax-H3-Max.`;
    report.refuse('promptExpansion', 'PROMPT_EXPANSION_NOT_SUPPORTED', message);
  }
  for (const field of ['referenceImages', 'referenceVideos', 'referenceAudios'] as const) {
    if (!input[field]?.length) continue;
    report.refuse(field, 'REFERENCE_NOT_SUPPORTED', `${name} takes no ${field}: ${other}`);
  }
}

function checkImages(input: RequestInput, report: Report, uploads: Uploads): CheckedImage[] {
  const given: GivenImage[] = [];
  for (const field of ['firstFrameImage', 'lastFrameImage'] as const) {
    const text = input[field];
    if (text != null) given.push({ field, index: 0, path: [field], text });
  }
  const subjects = input.subjectReference;
  if (subjects != null) {
    const [subject] = subjects;
    const text = subject?.image[0];
    if (subjects.length !== 1 || subject!.image.length !== 1 || subject!.type !== 'character') {
      report.refuse(
        'subjectReference',
        'SUBJECT_INVALID',
        'Give exactly one subject, of type "character", with exactly one image.',
      );
    } else {
      const path = ['subjectReference', '0', 'image', '0'];
      given.push({ field: 'subjectReference', index: 0, path, text: text! });
    }
  }
  return given.flatMap((image) => checkImage(image, imageLimits, report, { uploads }) ?? []);
}

function priceOf(model: VideoModel, { duration, resolution }: Effective): RequestCheck['price'] {
  const price = model.prices.find(
    (listed) => listed.duration === duration && listed.resolution === resolution,
  );
  return price && model.priceListedOn ? { usd: price.usd, listedOn: model.priceListedOn } : null;
}

import type { RequestInput } from '../../upstream/check-request.ts';
import type { SubmitBody } from '../../minimax/v1/wire.ts';
import { apiGenerationOf } from '../../upstream/models.ts';
import {
  asBoolean,
  asText,
  isAbsent,
  isObject,
  orProblem,
  refuseCallback,
  refuseForeign,
  Unreadable,
  type Fields,
} from '../fields.ts';

const imageKeys = ['first_frame_image', 'last_frame_image', 'subject_reference'] as const;

const ownKeys: ReadonlySet<string> = new Set<keyof SubmitBody>([
  ...imageKeys,
  ...(['model', 'prompt', 'duration', 'resolution', 'callback_url'] as const),
  ...(['prompt_optimizer', 'fast_pretreatment', 'aigc_watermark'] as const),
]);

const subjectShape =
  'subject_reference must be [{ "type": "character", "image": ["<one image>"] }]';

/** The largest number that the columns and MiniMax's integers hold. */
const maxInteger = 2 ** 31 - 1;

/**
 * The request that a submission's body asks for (wire contract §3.1), or what is wrong with its
 * form; whether a model takes it is for the service to say.
 *
 * Spaces around a key are overlooked, since the published example has `"prompt_optimizer "`; an
 * exact key wins. Keys that MiniMax does not have are ignored as it ignores them, but for those that
 * look like an input. Absent means:
 * left out, `null`, or the empty value of the type, which clients with fixed structures write.
 */
export function readSubmitBody(body: unknown): RequestInput | string {
  return orProblem(() => readFields(body));
}

function readFields(body: unknown): RequestInput {
  if (!isObject(body)) throw new Unreadable('the body must be a JSON object');
  const fields: Fields = {
    ...Object.fromEntries(Object.entries(body).map(([key, value]) => [key.trim(), value])),
    ...body,
  };
  const read = <T>(key: keyof SubmitBody, as: (key: string, value: unknown) => T): T | null => {
    const value = fields[key];
    // Only what is a list can be an empty one.
    const isEmpty = isAbsent(value) && (!Array.isArray(value) || key === 'subject_reference');
    return isEmpty ? null : as(key, value);
  };
  refuseForeign(fields, ownKeys, imageKeys.join(', '));
  const model = read('model', asText);
  if (model === null) throw new Unreadable('model is required');
  if (apiGenerationOf(model) === 2) {
    throw new Unreadable(`model ${model.slice(0, 60)} is not supported by /v1/video_generation`);
  }
  refuseCallback('callback_url', fields['callback_url']);
  return {
    model,
    prompt: read('prompt', asText),
    duration: read('duration', asSeconds),
    resolution: read('resolution', asText),
    firstFrameImage: read('first_frame_image', asText),
    lastFrameImage: read('last_frame_image', asText),
    subjectReference: read('subject_reference', asSubjects),
    promptOptimizer: read('prompt_optimizer', asBoolean),
    fastPretreatment: read('fast_pretreatment', asBoolean),
    aigcWatermark: read('aigc_watermark', asBoolean),
  };
}

/** Whole seconds, also as text; null for 0, which clients in Go write for "not set". */
function asSeconds(key: string, value: unknown): number | null {
  const isNumeric = typeof value === 'string' && /^ *\d+(\.0+)? *$/.test(value);
  const seconds = isNumeric ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds > maxInteger) {
    throw new Unreadable(`${key} must be a whole number of seconds, such as 6`);
  }
  return seconds === 0 ? null : seconds;
}

/** As documented, or as clients abbreviate it: without its only type, with the image by itself. */
function asSubjects(_key: string, value: unknown): RequestInput['subjectReference'] {
  if (!Array.isArray(value)) throw new Unreadable(subjectShape);
  return value.map((subject: unknown) => {
    const { type, image, ...others } = isObject(subject) ? subject : {};
    refuseForeign(others, new Set(), 'its image');
    const images: unknown[] = Array.isArray(image) ? image : [image];
    return {
      type: type == null ? 'character' : asText('subject_reference[].type', type),
      image: images.map((one) => {
        if (typeof one !== 'string') throw new Unreadable(subjectShape);
        return asText('subject_reference[].image', one);
      }),
    };
  });
}

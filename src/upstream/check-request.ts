import type { SubmitRequest } from '../minimax/answers.ts';
import { Report, quote } from '../minimax/request-problems.ts';
import type { RequestCheck, RequestInput, Uploads } from '../minimax/request-problems.ts';
import { checkFirstGeneration, toFirstGeneration } from '../minimax/v1/check-request.ts';
import { checkSecondGeneration } from '../minimax/v2/check-request.ts';
import { rulesForUndocumented } from '../minimax/v2/models.ts';
import {
  apiGenerationOf,
  findVideoModel,
  suggestVideoModelName,
  videoModelNames,
} from './models.ts';

export { ProblemCode, WarningCode } from '../minimax/request-problems.ts';
export type {
  CheckedClip,
  CheckedImage,
  Effective,
  GivenMedia,
  Problem,
  ReferenceClip,
  RequestCheck,
  RequestInput,
  SubjectReferenceInput,
  Uploads,
  Warning,
} from '../minimax/request-problems.ts';

/**
 * Everything that can be said about a request before it is sent: what must be
 * corrected, what is odd, what it will make and what that costs by the list.
 *
 * `allowedExtraModels` are names that this service's operator lets through
 * although no documentation is known: prompt and files are checked for form,
 * the rest is left to MiniMax. A documented model keeps its rules even there.
 * `uploads` are those that the input refers to and the caller may.
 */
export function checkRequest(
  input: RequestInput,
  allowedExtraModels: readonly string[] = [],
  uploads: Uploads = new Map(),
): RequestCheck {
  const report = new Report();
  const model = findVideoModel(input.model);
  const known = model !== undefined || allowUnknown(input.model, allowedExtraModels, report);
  const apiGeneration = apiGenerationOf(input.model);
  const checked =
    apiGeneration === 2
      ? checkSecondGeneration(input, model ?? rulesForUndocumented(input.model), report, uploads)
      : checkFirstGeneration(input, model, report, uploads);
  // With a problem in the request the price may be missing only because of that.
  const isUnpriced = checked.price === null && report.problems.length === 0;
  const isForWant = report.warnings.some(({ code }) => code === 'REFERENCE_LENGTH_UNKNOWN');
  if (isUnpriced && known && !isForWant) {
    report.warn(
      'model',
      'PRICE_UNKNOWN',
      `MiniMax publishes no price for ${input.model}: the cost of this generation is not known.`,
    );
  }
  return { problems: report.problems, warnings: report.warnings, apiGeneration, ...checked };
}

/** The submission of a checked request, with what its model takes. */
export function toSubmitRequest(request: SubmitRequest): SubmitRequest {
  const model = findVideoModel(request.model);
  return apiGenerationOf(request.model) === 1 ? toFirstGeneration(request, model) : request;
}

function allowUnknown(name: string, extra: readonly string[], report: Report): boolean {
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

import { videoModels } from '../upstream/models.ts';
import { readRequest, type GenerationInput } from './read-request.ts';
import { refused, type CreateResult, type GenerationService, type Request } from './service.ts';
import { userError } from './user-errors.ts';

/** What the prompt is for: a video of which everything is said but how it is made. */
export type EnhancementInput = Pick<
  GenerationInput,
  | 'model'
  | 'prompt'
  | 'duration'
  | 'aspectRatio'
  | 'firstFrameImage'
  | 'lastFrameImage'
  | 'referenceImages'
  | 'referenceVideos'
  | 'referenceAudios'
  | 'tags'
>;

/**
 * Has MiniMax make a better prompt for a video that is not made by that (Context-IR, V2 §8): a
 * generation of its own kind, checked by the rules of the video, and stored, sent and answered as one.
 *
 * It is paid by tokens, which nobody knows beforehand: it has no list price.
 */
export async function enhancePrompt(
  service: GenerationService,
  input: EnhancementInput,
  request: Request,
): Promise<CreateResult> {
  if (!enhancedModels.includes(input.model)) {
    const message = `MiniMax enhances prompts for ${enhancedModels.join(', ')} alone: give that as model, spelled like this.`;
    return refused([userError('model', 'PROMPT_ENHANCEMENT_NOT_SUPPORTED', message)]);
  }
  const check = await service.check(input, request);
  if (check.problems.length > 0) return refused(check.problems);
  const { video, files } = readRequest(input, check);
  const kind = 'PROMPT_ENHANCEMENT' as const;
  const enhancement = { ...video, kind, resolution: null, listPriceUsd: null };
  return await service.submit(enhancement, files, request, null);
}

const enhancedModels = videoModels.flatMap(({ name, enhancement }) => (enhancement ? [name] : []));

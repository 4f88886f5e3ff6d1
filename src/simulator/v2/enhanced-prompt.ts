import { RATIOS, type TaskFacts } from './task-ids.ts';

/** As in the documentation's sample (V2 §14). */
export const ENHANCEMENT_USAGE = {
  ...{ total_tokens: 9090, prompt_tokens: 5664, completion_tokens: 3426 },
};

/**
 * The text that a better prompt is, with the labels that are known of MiniMax's (V2 §8). An id does
 * not hold the prompt: it says what the task was for.
 */
export function enhancedPrompt({ seconds, ratio, images, inputSeconds }: TaskFacts): string {
  const inputs = `${images} images and ${inputSeconds} seconds of reference video`;
  return [
    `integrated_multimodal_description: A paper boat crosses a puddle in one shot of ${seconds} seconds, ${RATIOS[ratio]!}, after ${inputs}.`,
    'overall_soundscape: Rain on water, and wind.',
    'non_diegetic_music: None.',
  ].join('\n');
}

import type { ModeRules, VideoModel } from './model.ts';
import type { Report, RequestInput } from './request-problems.ts';

/** MiniMax does not say how many are too many; a few come with copied text. */
const toleratedInvisible = 10;

/** Whether there is a prompt where one is needed, and one that a model takes. */
export function checkPrompt(
  { prompt }: RequestInput,
  { promptRequired }: Pick<ModeRules, 'promptRequired'>,
  { maxPromptLength }: Pick<VideoModel, 'maxPromptLength'>,
  report: Report,
): void {
  if (prompt == null) {
    if (promptRequired) {
      report.refuse('prompt', 'PROMPT_REQUIRED', 'A prompt is needed here: write one.');
    }
    return;
  }
  if (isBlank(prompt)) {
    const orNot = promptRequired ? '' : ' or leave it out';
    report.refuse('prompt', 'PROMPT_REQUIRED', `The prompt is blank: write one${orNot}.`);
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

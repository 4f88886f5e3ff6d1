import type { NewEvent } from '../audit/events.ts';
import { withoutAddresses } from '../network/without-addresses.ts';

/** So much of a prompt's beginning, at the end of a message that was cut, is taken for its echo. */
const recognisedLength = 12;

/**
 * A message of MiniMax's without the prompt, should it repeat it: events are never altered, and
 * prompts must be removable. A shorter part of the prompt is not recognised.
 */
export function withoutPrompt<Text extends string | null | undefined>(
  message: Text,
  prompt: string | null,
): Text {
  const words = prompt?.trim();
  if (message == null || !words) return message;
  const clean = withoutWords(message, words);
  // Messages lose addresses first, also those that stood in the prompt.
  const shown = withoutAddresses(words);
  return (shown === words ? clean : withoutWords(clean, shown)) as Text;
}

function withoutWords(message: string, words: string): string {
  const escaped = words.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const whole = new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, 'giu');
  const clean = message.replace(whole, '[prompt]');
  // Long messages are cut, perhaps in the middle of it.
  const start = clean.lastIndexOf(words.slice(0, recognisedLength));
  const isCutEcho = start >= 0 && clean.endsWith('…') && words.startsWith(clean.slice(start, -1));
  return isCutEcho ? `${clean.slice(0, start)}[prompt]…` : clean;
}

/** Events outlive the prompt, so none may repeat it. */
export function withoutEcho(event: NewEvent, prompt: string | null): NewEvent {
  const { upstreamMessage, detail } = event;
  return {
    ...event,
    ...(upstreamMessage != null && { upstreamMessage: withoutPrompt(upstreamMessage, prompt) }),
    ...(detail && {
      detail: Object.fromEntries(
        Object.entries(detail).map(([key, value]) => [
          key,
          typeof value === 'string' ? withoutPrompt(value, prompt) : value,
        ]),
      ),
    }),
  };
}

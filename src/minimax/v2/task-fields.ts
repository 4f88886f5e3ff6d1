import type { ListedTask, Usage, UsageValue } from '../answers.ts';
import { asObject, layersOf, type Fields } from '../envelope.ts';
import { shownText, type Redact } from '../reading.ts';
import { storable } from '../../network/storable.ts';
import { asHttpUrl, asId, asNumber, asSize, asText, firstOf } from '../values.ts';

/** So much is kept of what MiniMax metered, as JSON. */
const longestUsage = 4_096;

/** How many lists and objects within each other are kept of it. */
const deepestUsage = 16;

/** MiniMax takes no longer text back, for whatever it is asked (V2 §8). */
const longestPrompt = 40_000;

/** The task of an answer: in `task`, or, as some resellers have it, the answer itself (V2 §12). */
export function taskOf(fields: Fields): Fields | null {
  const layers = layersOf(fields);
  const isTask = (layer: Fields) => asText(layer.status) !== null;
  return firstOf(layers, ({ task }) => asObject(task)) ?? layers.findLast(isTask) ?? null;
}

/** The id that a submission was given: `task_id`, or `task.id` as some resellers have it. */
export function acceptedTaskId(fields: Fields): string | null {
  const ofTask = ({ task }: Fields) => asId(asObject(task)?.id);
  return firstOf(layersOf(fields), (layer) => asId(layer.task_id) ?? ofTask(layer));
}

export interface TaskFields {
  /** Empty when the answer has none. */
  statusWord: string;
  downloadUrl: string | null;
  /** `content.prompt`, of a task that makes no video (V2 §8). */
  enhancedPrompt: string | null;
  usage: Usage | null;
  /** Only resellers tell. */
  videoWidth: number | null;
  videoHeight: number | null;
  errorCode: number | null;
  errorMessage: string | null;
}

export function readTaskFields(task: Fields, redact: Redact): TaskFields {
  const error = asObject(task.error);
  return {
    statusWord: asText(task.status) ?? '',
    downloadUrl: readUrl(task),
    enhancedPrompt: readPrompt(task),
    usage: readUsage(task.usage, redact),
    videoWidth: asSize(task.video_width),
    videoHeight: asSize(task.video_height),
    errorCode: asNumber(error?.code),
    errorMessage: asText(error?.message) ?? asText(task.error) ?? asText(task.fail_reason) ?? null,
  };
}

/** What was done with a task that was to go (V2 §5): by `action`, or by `status`. */
export function readRemoval(fields: Fields): {
  taskId: string | null;
  action: 'cancelled' | 'deleted' | null;
} {
  const layers = layersOf(fields);
  const word = firstOf(layers, ({ action, status }) => asText(action) ?? asText(status));
  const plain = word?.toLowerCase().replace('canceled', 'cancelled');
  const action = plain === 'cancelled' || plain === 'deleted' ? plain : null;
  return { taskId: firstOf(layers, ({ task_id }) => asId(task_id)), action };
}

/** One of the list; null when it has no id or no time. */
export function readListedTask(item: unknown, redact: Redact): ListedTask | null {
  const task = asObject(item) ?? {};
  const taskId = asId(task.id);
  const createdAt = readInstant(task.created_at);
  if (taskId === null || createdAt === null) return null;
  return {
    ...{ taskId, createdAt },
    model: shownText(task.model, redact),
    statusWord: shownText(task.status, redact) ?? '',
    resolution: shownText(task.resolution, redact),
    duration: asNumber(task.duration),
    aspectRatio: shownText(task.ratio, redact),
    taskType: shownText(task.task_type, redact),
    images: asSize(asObject(task.usage)?.input_image_count),
  };
}

/** In seconds, as MiniMax has it, or in milliseconds. */
function readInstant(value: unknown): Date | null {
  const told = asNumber(value);
  if (told === null || !(told > 0 && told < 1e14)) return null;
  return new Date(told < 1e11 ? told * 1000 : told);
}

/** `content.url`, or where resellers put it. */
function readUrl(task: Fields): string | null {
  const content = asObject(task.content);
  const video = asObject(task.video);
  const [first] = Array.isArray(task.data) ? (task.data as unknown[]) : [];
  return (
    asHttpUrl(content?.url) ??
    asHttpUrl(content?.video_url) ??
    asHttpUrl(video?.download_url) ??
    asHttpUrl(asObject(first)?.url) ??
    asHttpUrl(task.url)
  );
}

function readPrompt({ content }: Fields): string | null {
  const prompt = asText(asObject(content)?.prompt);
  return prompt === null ? null : storable(prompt, longestPrompt);
}

/**
 * What MiniMax metered, made storable; null when there is nothing, as while a task runs. What is too
 * long or nested too deep to be kept is left out, not what stands behind it.
 */
function readUsage(value: unknown, redact: Redact): Usage | null {
  const kept: Record<string, UsageValue> = {};
  let length = 2;
  for (const [name, told] of Object.entries(asObject(value) ?? {})) {
    if (isDeep(told) || JSON.stringify({ [name]: told }).length > longestUsage) continue;
    const text = JSON.stringify({ [redact(name)]: shownIn(told, redact) });
    if (length + text.length > longestUsage) continue;
    length += text.length;
    Object.assign(kept, JSON.parse(text));
  }
  return length > 2 ? kept : null;
}

/** Asked level by level: an answer may be nested as deep as it is long. */
function isDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth <= deepestUsage && level.length > 0; depth += 1) {
    level = level.flatMap((each) =>
      typeof each === 'object' && each !== null ? (Object.values(each) as unknown[]) : [],
    );
  }
  return level.length > 0;
}

function shownIn(value: unknown, redact: Redact): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((each) => shownIn(each, redact));
  const fields = asObject(value);
  if (fields === null) return value;
  return Object.fromEntries(
    Object.entries(fields).map(([name, told]) => [redact(name), shownIn(told, redact)]),
  );
}

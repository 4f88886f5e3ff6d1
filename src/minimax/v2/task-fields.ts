import type { ListedTask, Usage } from '../answers.ts';
import { asObject, layersOf, type Fields } from '../envelope.ts';
import { storable } from '../../network/storable.ts';
import { asHttpUrl, asId, asNumber, asSize, asText, firstOf } from '../values.ts';

/** As many numbers are kept of what MiniMax metered. */
const mostFigures = 30;

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

export function readTaskFields(task: Fields): TaskFields {
  const error = asObject(task.error);
  return {
    statusWord: asText(task.status) ?? '',
    downloadUrl: readUrl(task),
    enhancedPrompt: readPrompt(task),
    usage: readUsage(task.usage),
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
  const action = word === 'cancelled' || word === 'deleted' ? word : null;
  return { taskId: firstOf(layers, ({ task_id }) => asId(task_id)), action };
}

/** One of the list; null when it has no id or no time. */
export function readListedTask(item: unknown): ListedTask | null {
  const task = asObject(item) ?? {};
  const taskId = asId(task.id);
  const createdAt = asNumber(task.created_at);
  if (taskId === null || createdAt === null || !(createdAt > 0 && createdAt < 1e11)) return null;
  return {
    taskId,
    createdAt: new Date(createdAt * 1000),
    model: asText(task.model),
    statusWord: asText(task.status) ?? '',
    resolution: asText(task.resolution),
    duration: asNumber(task.duration),
    aspectRatio: asText(task.ratio),
    taskType: asText(task.task_type),
    images: asSize(asObject(task.usage)?.input_image_count),
  };
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

/** The numbers of it; null when there are none, as while a task runs. */
function readUsage(value: unknown): Usage | null {
  const figures = Object.entries(asObject(value) ?? {}).filter(
    (entry): entry is [string, number] =>
      /^\w{1,64}$/.test(entry[0]) && Number.isFinite(entry[1]) && typeof entry[1] === 'number',
  );
  return figures.length > 0 ? Object.fromEntries(figures.slice(0, mostFigures)) : null;
}

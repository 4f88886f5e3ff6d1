import { asObject, callbackOf, checkContent, isMedia, type Create } from './check-create.ts';
import { kindOf, RESOLUTIONS } from './task-ids.ts';
import type { Task } from './tasks.ts';

const MAX_PROMPT_CHARACTERS = 40_000;

/** Nobody looks into the video that is given. */
const SECONDS_OF_VIDEO = 5;

/** Where tasks are looked for. */
interface Tasks {
  find(id: string): Task | undefined;
  wordOf(task: Task): string;
}

/** What is to be made anew, with the task that it is made from where one is named (V2 §8). */
export type Regeneration = Create & { source?: Task };

/** The part of a regeneration's body that matters to the simulator, or what follows "invalid params, ". */
export function checkRegeneration(
  body: unknown,
  tasks: Tasks,
  nowSeconds: number,
): Regeneration | string {
  const fields = asObject(body);
  if (!fields) return 'the body must be a JSON object';
  const { model, resolution, source_task_id: sourceId, content } = fields;
  if (model !== 'MiniMax-H3') return 'this model is not supported by /v2/video_regeneration';
  if (resolution !== '2K') return 'resolution must be 2K';
  if ((sourceId == null) === (content == null)) {
    return 'exactly one of source_task_id and content is required';
  }
  const made = { kind: 'regeneration', model, resolution, ratio: 'adaptive' } as const;
  if (sourceId != null) {
    const source = typeof sourceId === 'string' ? tasks.find(sourceId) : undefined;
    const isFit =
      source &&
      tasks.wordOf(source) === 'succeeded' &&
      kindOf(source.facts) === 'generation' &&
      RESOLUTIONS[source.facts.resolution] === '768P';
    if (!isFit) return 'invalid source_task_id';
    const { seconds, images } = source.facts;
    const videos = source.facts.inputSeconds / SECONDS_OF_VIDEO;
    return { ...made, prompt: '', seconds, images, videos, ...callbackOf(fields), source };
  }
  const items = Array.isArray(content) ? content.map(asObject) : [];
  const isBase = (item: (typeof items)[number]) => item?.['role'] === 'base_video';
  const [base, ...more] = items.filter(isBase);
  const url = asObject(base?.['video_url'])?.['url'];
  const isVideo = base?.['type'] === 'video_url' && typeof url === 'string' && isMedia(url);
  if (!isVideo || more.length > 0) return 'content must include exactly one base_video';
  const others = checkContent(
    items.filter((item) => !isBase(item)),
    nowSeconds,
    MAX_PROMPT_CHARACTERS,
  );
  if (typeof others === 'string') return others;
  const { prompt, images, videos } = others;
  return { ...made, prompt, seconds: SECONDS_OF_VIDEO, images, videos, ...callbackOf(fields) };
}

import { adaptive } from '../../minimax/v2/models.ts';
import type { TaskBody } from '../../minimax/v2/wire.ts';

/** Append only, all of them: ids hold places in these lists. */
export const MODELS = ['MiniMax-H3', 'MiniMax-H3-Max'] as const;
export const RESOLUTIONS = ['480P', '768P', '2K'] as const;
export const RATIOS = [adaptive, '21:9', '16:9', '4:3', '1:1', '3:4', '9:16'] as const;

/** What an id states of its task, so that it survives a restart and is known to every process. */
export interface TaskFacts {
  /** Unix time of the create, in whole seconds. */
  startedAtSeconds: number;
  sequence: number;
  scenario: number;
  /** Places in the lists above. */
  model: number;
  resolution: number;
  ratio: number;
  /** Of the video, 4 to 15. */
  seconds: number;
  /** Frames among them, 0 to 9. */
  images: number;
  /** Of reference videos, 0 to 15. */
  inputSeconds: number;
}

/** A combination that no create can ask for says that a video of H3 was made anew in 2K. */
const REGENERATED = {
  model: MODELS.indexOf('MiniMax-H3-Max'),
  resolution: RESOLUTIONS.indexOf('2K'),
};

/** Another one: that a prompt for H3 was made better. */
const ENHANCED = { model: MODELS.indexOf('MiniMax-H3'), resolution: RESOLUTIONS.indexOf('480P') };

type Kind = TaskBody['task_type'];

/** What the task was, as its id tells. */
export function kindOf({ model, resolution }: TaskFacts): Kind {
  const is = (places: typeof REGENERATED) =>
    model === places.model && resolution === places.resolution;
  if (is(REGENERATED)) return 'regeneration';
  return is(ENHANCED) ? 'h3_context_ir' : 'generation';
}

/** The places in the lists for a task of a model and a resolution. */
export function placesOf(
  kind: Kind,
  model: (typeof MODELS)[number],
  resolution: (typeof RESOLUTIONS)[number],
): Pick<TaskFacts, 'model' | 'resolution'> {
  if (kind === 'regeneration') return REGENERATED;
  if (kind === 'h3_context_ir') return ENHANCED;
  return { model: MODELS.indexOf(model), resolution: RESOLUTIONS.indexOf(resolution) };
}

/** The model that made it. */
export function modelOf(facts: TaskFacts): (typeof MODELS)[number] {
  return kindOf(facts) === 'regeneration' ? 'MiniMax-H3' : MODELS[facts.model]!;
}

const EPOCH_SECONDS = Date.UTC(2025, 0, 1) / 1000;

/** The digits of an id, most significant first: so many values each, counted from `from`. */
const digits = [
  { name: 'startedAtSeconds', values: 400_000_000, from: EPOCH_SECONDS },
  { name: 'sequence', values: 1000, from: 0 },
  { name: 'scenario', values: 100, from: 0 },
  { name: 'model', values: 2, from: 0 },
  { name: 'resolution', values: 3, from: 0 },
  { name: 'ratio', values: 7, from: 0 },
  { name: 'seconds', values: 12, from: 4 },
  { name: 'images', values: 10, from: 0 },
  { name: 'inputSeconds', values: 16, from: 0 },
] as const satisfies readonly { name: keyof TaskFacts; values: number; from: number }[];

/** Makes each of them nineteen digits long, as those of resellers are (V2 §2.5). */
const OFFSET = 4_000_000_000_000_000_000n;

export function encodeTaskId(facts: TaskFacts): string {
  let id = 0n;
  for (const { name, values, from } of digits) {
    const value = facts[name] - from;
    if (value < 0 || value >= values) throw new RangeError(`an id cannot hold ${name} ${value}`);
    id = id * BigInt(values) + BigInt(value);
  }
  return String(OFFSET + id);
}

/** The facts an id states, or `undefined` when it is not one; says nothing about its age. */
export function decodeTaskId(id: string): TaskFacts | undefined {
  if (!/^\d{19}$/.test(id) || BigInt(id) < OFFSET) return undefined;
  let rest = BigInt(id) - OFFSET;
  const facts: Partial<TaskFacts> = {};
  for (const { name, values, from } of digits.toReversed()) {
    facts[name] = Number(rest % BigInt(values)) + from;
    rest /= BigInt(values);
  }
  return rest === 0n ? (facts as TaskFacts) : undefined;
}

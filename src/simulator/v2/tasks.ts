import { randomInt } from 'node:crypto';
import type { TaskBody, TaskWord } from '../../minimax/v2/wire.ts';
import { regeneratedSeconds } from '../../minimax/v2/video-length.ts';
import { DEFAULT_TIMES } from '../tags.ts';
import type { Create } from './check-create.ts';
import { ENHANCEMENT_USAGE, enhancedPrompt } from './enhanced-prompt.ts';
import { taskScenario, type TaskScenario } from './scenarios.ts';
import {
  decodeTaskId,
  encodeTaskId,
  kindOf,
  modelOf,
  placesOf,
  RATIOS,
  RESOLUTIONS,
  type TaskFacts,
} from './task-ids.ts';

export interface Task {
  id: string;
  facts: TaskFacts;
  scenario: TaskScenario;
  /** Exact where this process accepted the task; to the second, rounded down, where its id is all there is. */
  startedAtMs: number;
  /** From then on the list shows it. */
  shownFromMs: number;
  /** How many more queries the scenario spoils, as far as this process counted. */
  spoiledQueries: number;
  /** Set when it was cancelled, or runs although it should not, by a request. */
  turned?: { word: 'cancelled' | 'running' | 'deleted'; atMs: number };
}

/** How much is kept in memory; what falls out is known by its id alone. */
const MAX_REMEMBERED = 10_000;

/** Older tasks are not shown any more (V2 §3). */
const WINDOW_SECONDS = 7 * 24 * 3600;

/** How far another process's clock may be ahead. */
const AHEAD_SECONDS = 3600;

const SEQUENCES = 1000;

/** The part of the render time in which a task is queued. */
const QUEUED = 0.3;

/** The length of a reference video, which nobody fetches. */
const SECONDS_OF_REFERENCE = 5;

/** The tasks there are: told from their ids, with a little memory for what an id cannot hold. */
export class Tasks {
  readonly #now: () => number;
  readonly #renderMs: number;
  readonly #remembered = new Map<string, Task>();
  readonly #refusals = new Map<string, number>();
  #sequence = randomInt(SEQUENCES);

  constructor(now: () => number, renderMs: number) {
    this.#now = now;
    this.#renderMs = renderMs;
  }

  create(create: Create, scenario: TaskScenario, times: number, appearsAfterMs = 0): Task {
    this.#sequence = (this.#sequence + 1) % SEQUENCES;
    const startedAtMs = this.#now();
    const task = this.#remember(
      {
        startedAtSeconds: Math.floor(startedAtMs / 1000),
        sequence: this.#sequence,
        scenario: scenario.number,
        ...placesOf(create.kind, create.model, create.resolution),
        ratio: RATIOS.findIndex((ratio) => ratio === create.ratio),
        seconds: create.seconds,
        images: Math.min(create.images, 9),
        inputSeconds: Math.min(create.videos * SECONDS_OF_REFERENCE, 15),
      },
      startedAtMs,
      times,
    )!;
    task.shownFromMs = startedAtMs + appearsAfterMs;
    return task;
  }

  /** One that is shown, by its id. */
  find(id: string): Task | undefined {
    const remembered = this.#remembered.get(id);
    const facts = decodeTaskId(id);
    if (!facts) return undefined;
    const ageSeconds = this.#now() / 1000 - facts.startedAtSeconds;
    if (ageSeconds > WINDOW_SECONDS || ageSeconds < -AHEAD_SECONDS) return undefined;
    const task = remembered ?? this.#remember(facts, facts.startedAtSeconds * 1000, DEFAULT_TIMES);
    return task?.turned?.word === 'deleted' ? undefined : task;
  }

  /** Those that this process has seen and that are shown, newest first. */
  list(): Task[] {
    const now = this.#now();
    return [...this.#remembered.keys()]
      .flatMap((id) => this.find(id) ?? [])
      .filter(({ shownFromMs }) => shownFromMs <= now)
      .reverse();
  }

  /** Whether this create is one of the first `times` of its prompt, which are refused; the one after them starts anew. */
  isRefused(prompt: string, times: number): boolean {
    const refused = this.#refusals.get(prompt) ?? 0;
    if (refused >= times) {
      this.#refusals.delete(prompt);
      return false;
    }
    if (Number.isFinite(times)) this.#refusals.set(prompt, refused + 1);
    return true;
  }

  /** Where it stands, in MiniMax's words. */
  wordOf({ startedAtMs, scenario, turned }: Task): string {
    if (turned) return turned.word;
    const elapsedMs = this.#now() - startedAtMs;
    const renderMs = this.#renderMsOf(scenario);
    if (elapsedMs >= renderMs) return scenario.failure?.word ?? 'succeeded';
    const queuedMs = (Number.isFinite(renderMs) ? renderMs : this.#renderMs) * queuedPart(scenario);
    return elapsedMs < queuedMs ? 'queued' : 'running';
  }

  /** When a callback tells what, in milliseconds after the start. */
  changes({ scenario }: Task): { word: TaskWord; afterMs: number }[] {
    const renderMs = this.#renderMsOf(scenario);
    if (!Number.isFinite(renderMs)) return [];
    return [
      { word: 'running', afterMs: renderMs * queuedPart(scenario) },
      { word: scenario.failure ? 'failed' : 'succeeded', afterMs: renderMs },
    ];
  }

  /** The task as query, list and callback tell of it (V2 §3). */
  describe({ id, facts, scenario }: Task, word: string, url: () => string): TaskBody {
    const isDone = word === 'succeeded';
    const kind = kindOf(facts);
    const isText = kind === 'h3_context_ir';
    const { failure, withoutUrl, upperCase } = scenario;
    const hasFailed = failure?.word === word;
    return {
      id,
      model: modelOf(facts),
      status: upperCase ? word.toUpperCase() : word,
      ...(hasFailed &&
        failure.code !== undefined && {
          error: { code: failure.code, message: failure.message ?? '' },
        }),
      created_at: facts.startedAtSeconds,
      updated_at: Math.floor(this.#now() / 1000),
      ...(isDone &&
        !withoutUrl && { content: isText ? { prompt: enhancedPrompt(facts) } : { url: url() } }),
      ...(!isText && { resolution: RESOLUTIONS[facts.resolution]! }),
      duration: facts.seconds,
      usage: isDone ? usageOf(facts) : {},
      ratio: kind === 'regeneration' ? '' : RATIOS[facts.ratio]!,
      task_type: kind,
      modality: isText ? 'text' : 'video',
    };
  }

  #renderMsOf({ renderMs }: TaskScenario): number {
    return renderMs ?? this.#renderMs;
  }

  #remember(facts: TaskFacts, startedAtMs: number, times: number): Task | undefined {
    const scenario = taskScenario(facts.scenario);
    if (!scenario) return undefined;
    const task: Task = {
      ...{ id: encodeTaskId(facts), facts, scenario, startedAtMs, shownFromMs: startedAtMs },
      spoiledQueries: scenario.queryTrouble || scenario.queryWord ? times : 0,
    };
    this.#remembered.set(task.id, task);
    if (this.#remembered.size > MAX_REMEMBERED) {
      const [oldest] = this.#remembered.keys();
      this.#remembered.delete(oldest!);
    }
    return task;
  }
}

function queuedPart({ queuedPart: part }: TaskScenario): number {
  return part ?? QUEUED;
}

function usageOf(facts: TaskFacts): Record<string, number> {
  if (kindOf(facts) === 'h3_context_ir') return ENHANCEMENT_USAGE;
  const { seconds, inputSeconds, images } = facts;
  const output = kindOf(facts) === 'regeneration' ? regeneratedSeconds(seconds) : seconds;
  return {
    total_seconds: output + inputSeconds,
    input_seconds: inputSeconds,
    output_seconds: output,
    input_image_count: images,
  };
}

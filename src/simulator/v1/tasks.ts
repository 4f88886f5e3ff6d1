import { randomInt } from 'node:crypto';
import { OUTPUTS } from './videos.ts';
import type { Output } from './videos.ts';
import { DEFAULT_TIMES } from '../tags.ts';
import { taskScenario } from './scenarios.ts';
import type { TaskScenario } from './scenarios.ts';
import { SEQUENCES, decodeFileId, decodeTaskId, encodeFileId, encodeTaskId } from './task-ids.ts';
import type { TaskFacts } from './task-ids.ts';

export interface Task {
  id: string;
  fileId: string;
  output: Output;
  scenario: TaskScenario;
  /** Exact where this process accepted the task; to the second, rounded down, where its id is all there is. */
  startedAtMs: number;
  /** How many more queries and retrievals the scenario spoils, as far as this process counted. */
  spoiledQueries: number;
  spoiledRetrievals: number;
}

/** How much is kept in memory; what falls out is known by its id alone. */
const MAX_REMEMBERED = 10_000;
/** Older tasks are unknown. MiniMax's own retention is not documented (wire contract §13). */
const RETENTION_SECONDS = 90 * 24 * 3600;
/** How far another process's clock, or a second lent by a full one, may be ahead. */
const AHEAD_SECONDS = 3600;

/** The tasks there are: told from their ids, with a little memory for what an id cannot hold. */
export class Tasks {
  readonly #now: () => number;
  readonly #remembered = new Map<string, Task>();
  readonly #refusals = new Map<string, number>();
  #second = 0;
  #named = 0;
  #sequence = randomInt(SEQUENCES);

  constructor(now: () => number) {
    this.#now = now;
  }

  /** `times`: how many queries or retrievals its scenario spoils. */
  create(output: number, scenario: TaskScenario, times: number): Task {
    const startedAtMs = this.#now();
    const facts = { ...this.#nextName(), output, scenario: scenario.number };
    return this.#remember(facts, startedAtMs, times)!;
  }

  find(taskId: string): Task | undefined {
    return this.#remembered.get(taskId) ?? this.#recall(decodeTaskId(taskId));
  }

  findByFile(fileId: string): Task | undefined {
    const facts = decodeFileId(fileId);
    return facts && (this.#remembered.get(encodeTaskId(facts)) ?? this.#recall(facts));
  }

  /**
   * Whether this submit is one of the first `times` of its prompt, which are refused. The one
   * after them starts the count anew.
   */
  isRefused(prompt: string, times: number): boolean {
    const refused = this.#refusals.get(prompt) ?? 0;
    if (refused >= times) {
      this.#refusals.delete(prompt);
      return false;
    }
    if (Number.isFinite(times)) keep(this.#refusals, prompt, refused + 1);
    return true;
  }

  /** A second that is full lends from the next one, so that one process never gives an id twice. */
  #nextName(): Pick<TaskFacts, 'startedAtSeconds' | 'sequence'> {
    const second = Math.floor(this.#now() / 1000);
    if (second > this.#second || this.#named === SEQUENCES) {
      this.#second = Math.max(second, this.#second + 1);
      this.#named = 0;
    }
    this.#named += 1;
    // Where it starts is random, so that two processes rarely meet within one second.
    this.#sequence = (this.#sequence + 1) % SEQUENCES;
    return { startedAtSeconds: this.#second, sequence: this.#sequence };
  }

  #recall(facts: TaskFacts | undefined): Task | undefined {
    if (!facts) return undefined;
    const ageSeconds = this.#now() / 1000 - facts.startedAtSeconds;
    if (ageSeconds > RETENTION_SECONDS || ageSeconds < -AHEAD_SECONDS) return undefined;
    return this.#remember(facts, facts.startedAtSeconds * 1000, DEFAULT_TIMES);
  }

  #remember(facts: TaskFacts, startedAtMs: number, times: number): Task | undefined {
    const output = OUTPUTS[facts.output];
    const scenario = taskScenario(facts.scenario);
    if (!output || !scenario) return undefined;
    const task = {
      id: encodeTaskId(facts),
      fileId: encodeFileId(facts),
      output,
      scenario,
      startedAtMs,
      spoiledQueries: scenario.queryTrouble || scenario.queryWord ? times : 0,
      spoiledRetrievals: scenario.retrieveTrouble ? times : 0,
    };
    keep(this.#remembered, task.id, task);
    return task;
  }
}

/** Sets the entry and lets the oldest go when there are too many. */
function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MAX_REMEMBERED) {
    for (const oldest of map.keys()) {
      map.delete(oldest);
      break;
    }
  }
}

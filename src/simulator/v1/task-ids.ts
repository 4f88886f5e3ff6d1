/**
 * Ids that carry their own task, so that a task survives a restart and is known to every process.
 *
 * Fifteen decimal digits, as MiniMax's ids have (wire contract §4): nine for the second of the
 * submit, one for the output (an index into `OUTPUTS`), two for the scenario's number and three
 * that keep apart the tasks of one second. A file id says the same with a later range of seconds.
 * The first digit is never 0, because a file id is also answered as a JSON number.
 */
export interface TaskFacts {
  /** Unix time of the submit, in whole seconds. */
  startedAtSeconds: number;
  output: number;
  scenario: number;
  sequence: number;
}

const EPOCH_SECONDS = Date.UTC(2025, 0, 1) / 1000;
const RANGE_SECONDS = 400_000_000;
const TASK_OFFSET = 100_000_000;
const FILE_OFFSET = TASK_OFFSET + RANGE_SECONDS;

/** How many tasks one second can name. */
export const SEQUENCES = 1000;

export function encodeTaskId(facts: TaskFacts): string {
  return encode(facts, TASK_OFFSET);
}

export function encodeFileId(facts: TaskFacts): string {
  return encode(facts, FILE_OFFSET);
}

/** The facts a task id states, or `undefined` when it is not one; says nothing about their age. */
export function decodeTaskId(id: string): TaskFacts | undefined {
  return decode(id, TASK_OFFSET);
}

/** The facts a file id states, or `undefined` when it is not one; says nothing about their age. */
export function decodeFileId(id: string): TaskFacts | undefined {
  return decode(id, FILE_OFFSET);
}

function encode(facts: TaskFacts, offset: number): string {
  const seconds = facts.startedAtSeconds - EPOCH_SECONDS;
  if (seconds < 0 || seconds >= RANGE_SECONDS) {
    throw new RangeError('The simulator can only name tasks submitted between 2025 and 2037.');
  }
  return (
    String(offset + seconds) +
    String(facts.output) +
    String(facts.scenario).padStart(2, '0') +
    String(facts.sequence).padStart(3, '0')
  );
}

function decode(id: string, offset: number): TaskFacts | undefined {
  if (!/^\d{15}$/.test(id)) return undefined;
  const seconds = Number(id.slice(0, 9)) - offset;
  if (seconds < 0 || seconds >= RANGE_SECONDS) return undefined;
  return {
    startedAtSeconds: EPOCH_SECONDS + seconds,
    output: Number(id.slice(9, 10)),
    scenario: Number(id.slice(10, 12)),
    sequence: Number(id.slice(12)),
  };
}

import type { VideoGenerationStatus as Status } from '../../database/generated/client.ts';
import { ApiError } from '../../graphql/errors.ts';
import { firstIdAt } from '../../graphql/ids.ts';
import { allowedMoves } from '../lifecycle.ts';
import type { GenerationFilter } from './filter.ts';
import { containing } from './letter-case.ts';
import type { VideoGeneration } from '../generation.ts';

/** What a watched filter may hold, so that checking each change against it stays cheap. */
const limits = { conditions: 100, values: 1_000 };

type Test = (row: VideoGeneration) => boolean;
/** Trace ids match the latest answer only: `tracedId` is looked up for lists. */
type Field = Exclude<keyof GenerationFilter, 'and' | 'or' | 'not' | 'tracedId'>;
type Value<F extends Field> = NonNullable<GenerationFilter[F]>;

/** The same conditions as `toWhere` has for SQL, for a row in memory. */
const tests: { [F in Field]: (value: Value<F>) => Test } = {
  id: (ids) => {
    const wanted = new Set(ids.map((id) => id.toLowerCase()));
    return (row) => wanted.has(row.id);
  },
  status: (statuses) => (row) => statuses.includes(row.status),
  kind: (kinds) => (row) => kinds.includes(row.kind),
  model: (models) => (row) => models.includes(row.model),
  taskId: (ids) => (row) => row.taskId !== null && ids.includes(row.taskId),
  statusCode: (codes) => (row) => row.statusCode !== null && codes.includes(row.statusCode),
  failureKind: (kinds) => (row) => row.failureKind !== null && kinds.includes(row.failureKind),
  traceId: (ids) => (row) => row.traceId !== null && ids.includes(row.traceId),
  tags: (tags) => (row) => row.tags.some((tag) => tags.includes(tag)),
  listPriceUsd:
    ({ from, to }) =>
    ({ listPriceUsd: price }) =>
      price !== null && (from == null || price.gte(from)) && (to == null || price.lte(to)),
  callerId: (ids) => (row) => ids.includes(row.callerId),
  tenant: (tenants) => (row) => row.tenant !== null && tenants.includes(row.tenant),
  held: (held) => (row) => (row.heldAt !== null) === held,
  createdAt: ({ from, to }) => {
    const [first, end] = [from && firstIdAt(from), to && firstIdAt(to)];
    return ({ id }) => (!first || id >= first) && (!end || id < end);
  },
  promptContains: (text) => {
    if (text === '') return () => true;
    const wanted = new RegExp(containing(text), 'u');
    return ({ prompt }) => prompt !== null && wanted.test(prompt);
  },
};

const fields = Object.keys(tests) as Field[];

/** What may change about a generation; the rest never does. */
const changing: readonly Field[] = [
  ...(['status', 'taskId', 'statusCode', 'failureKind', 'traceId', 'held'] as const),
];

/** Whether a row matches now. Throws BAD_USER_INPUT for a filter that is too large to be watched. */
export function matcherOf(filter: GenerationFilter | null | undefined): Test {
  const given = filter ?? {};
  checkSize(given);
  return compile(given, (field, value) => testOf(field, value));
}

/** Whether anything in the filter can change about a generation. */
export function canChange(filter: GenerationFilter | null | undefined): boolean {
  if (!filter) return false;
  const { and, or, not } = filter;
  const parts = [...(and ?? []), ...(or ?? []), ...(not ? [not] : [])];
  return changing.some((field) => filter[field] != null) || parts.some(canChange);
}

/**
 * Whether a row may have matched before it came to its status: in one of the statuses that lead
 * there, with whatever else may have changed.
 */
export function earlierMatcherOf(filter: GenerationFilter | null | undefined): Test {
  const matches = compile(filter ?? {}, (field, value, negated) => {
    if (field === 'status' || !changing.includes(field)) return testOf(field, value);
    return () => !negated;
  });
  return (row) => earlier[row.status].some((status) => matches({ ...row, status }));
}

/** The filter without conditions that a change may have made true or false: it lets more through. */
export function lastingPart(filter: GenerationFilter, negated = false): GenerationFilter {
  const { and, or, not, ...rest } = filter;
  const given = changing.some((field) => filter[field] != null);
  const lasting = Object.entries(rest).filter(([field]) => !changing.includes(field as Field));
  // Under a negation, letting more through means to hold for less.
  if (given && negated) return { id: [] };
  return {
    ...Object.fromEntries(lasting),
    ...(and && { and: and.map((part) => lastingPart(part, negated)) }),
    ...(or && { or: or.map((part) => lastingPart(part, negated)) }),
    ...(not && { not: lastingPart(not, !negated) }),
  };
}

function testOf<F extends Field>(field: F, value: unknown): Test {
  return tests[field](value as Value<F>);
}

function compile(
  filter: GenerationFilter,
  make: (field: Field, value: unknown, negated: boolean) => Test,
  negated = false,
): Test {
  const { and, or, not } = filter;
  const all = fields
    .filter((field) => filter[field] != null)
    .map((field) => make(field, filter[field], negated));
  for (const part of and ?? []) all.push(compile(part, make, negated));
  if (or && or.length > 0) {
    const any = or.map((part) => compile(part, make, negated));
    all.push((row) => any.some((test) => test(row)));
  }
  if (not) {
    const test = compile(not, make, !negated);
    all.push((row) => !test(row));
  }
  return (row) => all.every((test) => test(row));
}

function checkSize(filter: GenerationFilter): void {
  let conditions = 0;
  let values = 0;
  const count = (part: GenerationFilter) => {
    for (const field of fields) {
      const value = part[field];
      if (value == null) continue;
      conditions += 1;
      values += Array.isArray(value) ? value.length : 1;
    }
    const nested = [...(part.and ?? []), ...(part.or ?? []), ...(part.not ? [part.not] : [])];
    conditions += nested.length;
    if (conditions > limits.conditions || values > limits.values) {
      throw new ApiError(
        'BAD_USER_INPUT',
        `A filter that is watched may have ${limits.conditions} conditions and ${limits.values} values.`,
      );
    }
    nested.forEach(count);
  };
  count(filter);
}

const statuses = Object.keys(allowedMoves) as Status[];

/** The statuses from which each can be reached. */
const earlier = Object.fromEntries(
  statuses.map((status) => {
    const found = new Set<Status>();
    const add = (to: Status) => {
      for (const from of statuses) {
        if (!allowedMoves[from].includes(to) || found.has(from)) continue;
        found.add(from);
        add(from);
      }
    };
    add(status);
    return [status, [...found]];
  }),
) as Record<Status, Status[]>;

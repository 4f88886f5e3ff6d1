import type {
  FailureKind,
  GenerationKind,
  VideoGenerationFilter,
  VideoGenerationOrder,
  VideoGenerationStatus,
} from '../../../generated/graphql.ts';

/** The words of the address of a list; each may be missing. Lists are separated by commas. */
export const listWords = [
  ...['status', 'kind', 'model', 'caller', 'tenant', 'tag', 'failure', 'code', 'prompt'],
  ...['trace', 'task', 'id', 'from', 'to', 'min', 'max', 'held', 'order', 'columns'],
] as const;

export type ListWord =
  | 'status'
  | 'kind'
  | 'model'
  | 'caller'
  | 'tenant'
  | 'tag'
  | 'failure'
  | 'code'
  | 'prompt'
  | 'trace'
  | 'task'
  | 'id'
  | 'from'
  | 'to'
  | 'min'
  | 'max'
  | 'held'
  | 'order'
  | 'columns';
export type ListSearch = Partial<Record<ListWord, string>>;

export function readListSearch(search: Record<string, unknown>): ListSearch {
  const read: ListSearch = {};
  for (const word of listWords as readonly ListWord[]) {
    const value = search[word];
    if (typeof value === 'string' && value !== '') read[word] = value;
  }
  return read;
}

export const listOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

const range = (from: string | undefined, to: string | undefined) =>
  from === undefined && to === undefined ? undefined : { ...(from && { from }), ...(to && { to }) };

/** The filter of the API that the words mean. What is no number or time the API refuses, and says so. */
export function filterOf(search: ListSearch): VideoGenerationFilter {
  const list = <T extends string>(word: ListWord) => {
    const values = listOf(search[word]);
    return values.length > 0 ? (values as T[]) : undefined;
  };
  const filter: VideoGenerationFilter = {
    status: list<VideoGenerationStatus>('status'),
    kind: list<GenerationKind>('kind'),
    model: list('model'),
    callerId: list('caller'),
    tenant: list('tenant'),
    tags: list('tag'),
    failureKind: list<FailureKind>('failure'),
    statusCode: list('code')?.map(Number),
    promptContains: search.prompt,
    traceId: list('trace'),
    taskId: list('task'),
    id: list('id'),
    createdAt: range(search.from, search.to),
    listPriceUsd: range(search.min, search.max),
    held: search.held === undefined ? undefined : search.held === 'yes',
  };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

export const orders: Record<string, VideoGenerationOrder> = {
  newest: { field: 'CREATED_AT', direction: 'DESC' },
  oldest: { field: 'CREATED_AT', direction: 'ASC' },
  changed: { field: 'UPDATED_AT', direction: 'DESC' },
};

export const orderOf = ({ order }: ListSearch): VideoGenerationOrder =>
  orders[order ?? 'newest'] ?? orders['newest']!;

/** How many of the words narrow the list. */
export function countConditions(search: ListSearch): number {
  return (Object.keys(search) as ListWord[]).filter(
    (word) => search[word] !== undefined && word !== 'order' && word !== 'columns',
  ).length;
}

import type {
  FailureKind,
  GenerationKind,
  VideoGenerationFilter,
  VideoGenerationOrder,
  VideoGenerationStatus,
} from '../../../generated/graphql.ts';
import {
  amount,
  anyText,
  instant,
  listOf,
  oneOf,
  readWords,
  someOf,
  wholeNumber,
} from '../../parts/address.ts';
import { texts } from '../../texts.ts';

/** The words of the address of a list; each may be missing. */
export const listReaders = {
  status: someOf(oneOf(texts.status)),
  kind: someOf(oneOf(texts.kinds)),
  model: anyText,
  caller: anyText,
  tenant: anyText,
  tag: anyText,
  failure: someOf(oneOf(texts.failures)),
  code: someOf(wholeNumber),
  prompt: anyText,
  trace: anyText,
  task: anyText,
  id: anyText,
  from: instant,
  to: instant,
  min: amount,
  max: amount,
  held: oneOf(texts.filters.heldOptions),
  order: oneOf(texts.filters.orders),
  columns: anyText,
};

export type ListWord = keyof typeof listReaders;
export const listWords = Object.keys(listReaders) as ListWord[];
export type ListSearch = Partial<Record<ListWord, string>>;

export const readListSearch = (search: Record<string, unknown>): ListSearch =>
  readWords(listReaders, search);

const range = (from: string | undefined, to: string | undefined) =>
  from === undefined && to === undefined ? undefined : { ...(from && { from }), ...(to && { to }) };

/** The filter of the API that the words mean. */
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

const orders: Record<string, VideoGenerationOrder> = {
  newest: { field: 'CREATED_AT', direction: 'DESC' },
  oldest: { field: 'CREATED_AT', direction: 'ASC' },
  changed: { field: 'UPDATED_AT', direction: 'DESC' },
};

export const orderOf = ({ order = 'newest' }: ListSearch): VideoGenerationOrder => orders[order]!;

/** How many of the words narrow the list. */
export function countConditions(search: ListSearch): number {
  return listWords.filter(
    (word) => search[word] !== undefined && word !== 'order' && word !== 'columns',
  ).length;
}

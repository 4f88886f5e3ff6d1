import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import {
  GenerationsDocument,
  type GenerationCardFragment,
  type GenerationChangeFragment,
  type GenerationsQueryVariables,
  type VideoGenerationFilter,
  type VideoGenerationOrder,
} from '../../generated/graphql.ts';
import type { TypedDocument } from '../http.ts';
import { mayPass, pause } from '../patience.ts';
import { useReelgraph } from './provider.ts';

/** What a list document of your own must ask for. */
export interface GenerationsPage<Node> {
  generations: {
    nodes?: Node[];
    edges?: { node: Node }[];
    pageInfo: { hasNextPage: boolean; endCursor: string | null };
    totalCount: number;
    totalCountIsExact: boolean;
  };
}

export interface UseGenerationsOptions<Node> {
  filter?: VideoGenerationFilter | null;
  orderBy?: VideoGenerationOrder | null;
  /** To a page, 1 to 100. Default: 20. */
  pageSize?: number;
  /** Whether changes are shown as they happen. Default: true. */
  live?: boolean;
  /** One that asks for other fields; it takes the variables of `Generations`. */
  document?: TypedDocument<GenerationsPage<Node>, GenerationsQueryVariables>;
}

export interface GenerationsView<Node> {
  /** Those read so far, in the order of the list; each is changed in its place. */
  generations: Node[];
  /** At least so many match, or exactly when `totalCountIsExact`; null until the first answer. */
  totalCount: number | null;
  totalCountIsExact: boolean;
  /** How many new ones match since the list was read. They are not put in by themselves: rows would jump. */
  newCount: number;
  /** Reads the list anew, with the new ones. */
  refresh: () => void;
  hasMore: boolean;
  /** Reads the next page. */
  loadMore: () => void;
  isLoading: boolean;
  /** Why nothing, or nothing newer, is shown. Where nothing answers, it is tried again and again. */
  error: Error | null;
}

interface Least {
  id: string;
  createdAt: string;
  version: number;
}

interface State<Node> {
  generations: Node[];
  page: Omit<GenerationsPage<Node>['generations'], 'nodes' | 'edges'> | null;
  isLoading: boolean;
  error: Error | null;
}

const retryMs = 2_000;

/** A list of generations that follows what happens, read page by page. */
export function useGenerations<Node extends Least = GenerationCardFragment>(
  options: UseGenerationsOptions<Node> = {},
): GenerationsView<Node> {
  const { pageSize = 20, live = true } = options;
  const document = (options.document ?? GenerationsDocument) as TypedDocument<
    GenerationsPage<Node>,
    GenerationsQueryVariables
  >;
  const client = useReelgraph();
  // Callers write them out anew each time.
  const asked = JSON.stringify({ filter: options.filter, orderBy: options.orderBy });
  const { filter, orderBy } = useMemo(
    () => JSON.parse(asked) as Pick<UseGenerationsOptions<Node>, 'filter' | 'orderBy'>,
    [asked],
  );
  const [round, setRound] = useState(0);
  const [state, setState] = useState<State<Node>>(starting);
  const [unseen, setUnseen] = useState<ReadonlySet<string>>(none);
  const shown = useRef(state.generations);
  shown.current = state.generations;
  const reading = useRef<AbortController>(undefined);

  /** Reads a page, however long it takes to get an answer. */
  const read = useCallback(
    async (after: string | null, signal: AbortSignal) => {
      for (;;) {
        try {
          const variables = { first: pageSize, after, filter, orderBy };
          const { generations: page } = await client.request(document, variables, { signal });
          const nodes = page.nodes ?? page.edges?.map(({ node }) => node) ?? [];
          setState((before) => ({
            generations: after === null ? nodes : [...before.generations, ...nodes],
            page,
            isLoading: false,
            error: null,
          }));
          return;
        } catch (error) {
          if (signal.aborted) return;
          const isLoading = mayPass(error);
          // What was refused has no rows: those before are of another filter.
          setState((before) => ({
            ...(isLoading || after !== null ? before : starting),
            ...{ isLoading, error: error as Error },
          }));
          if (!isLoading) return;
          await pause(retryMs, signal).catch(() => undefined);
          if (signal.aborted) return;
        }
      }
    },
    [client, document, filter, orderBy, pageSize],
  );

  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    reading.current = stop;
    setState((before) => ({ ...before, isLoading: true, error: null }));
    setUnseen(none);
    const run = async () => {
      const askedAt = performance.now();
      await read(null, signal);
      if (!live || signal.aborted) return;
      // When it was asked for, by the clock of the API.
      const from = new Date(client.now().getTime() - (performance.now() - askedAt)).toISOString();
      const watched = client.watchGenerations({ filter, updatedAfter: from, signal });
      for await (const change of watched) {
        if (signal.aborted) return;
        const isShown = shown.current.some(({ id }) => id === change.id);
        if (isShown) setState((before) => ({ ...before, generations: put(before, change) }));
        else if (isNew(change, shown.current, from))
          setUnseen((ids) => new Set(ids).add(change.id));
      }
    };
    run().catch((error: unknown) => {
      if (!signal.aborted) setState((before) => ({ ...before, error: error as Error }));
    });
    return () => stop.abort();
  }, [client, filter, live, read, round]);

  const endCursor = state.page?.pageInfo.endCursor;
  return {
    generations: state.generations,
    totalCount: state.page?.totalCount ?? null,
    totalCountIsExact: state.page?.totalCountIsExact ?? false,
    newCount: unseen.size,
    refresh: useCallback(() => setRound((n) => n + 1), []),
    hasMore: state.page?.pageInfo.hasNextPage ?? false,
    loadMore: useCallback(() => {
      if (!reading.current || endCursor == null) return;
      setState((before) => ({ ...before, isLoading: true }));
      void read(endCursor, reading.current.signal);
    }, [endCursor, read]),
    isLoading: state.isLoading,
    error: state.error,
  };
}

const none: ReadonlySet<string> = new Set();

const starting = { generations: [], page: null, isLoading: true, error: null };

function put<Node extends Least>({ generations }: State<Node>, change: GenerationChangeFragment) {
  return generations.map((row) =>
    row.id === change.id && row.version < change.version ? { ...row, ...change } : row,
  );
}

/** Whether it was made after the list was read; others that change lie on pages not read yet. */
function isNew({ createdAt }: Least, rows: readonly Least[], from: string): boolean {
  return rows.every((row) => row.createdAt < createdAt) && createdAt >= shortlyBefore(from);
}

/** Answers tell the time to the second, and several servers a little differently. */
function shortlyBefore(time: string): string {
  return new Date(Date.parse(time) - 30_000).toISOString();
}

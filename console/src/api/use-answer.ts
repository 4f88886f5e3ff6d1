import { QueryClient, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { ConnectionError } from '../../../client/src/errors.ts';
import type { TypedDocument } from '../../../client/src/http.ts';
import { mayPass } from '../../../client/src/patience.ts';
import { useReelgraph } from '../../../client/src/react/index.ts';

/** Before what got no answer, or an error that may pass, is asked again. */
const retryMs = 2_000;

/** Remembers answers. */
export function createAnswers(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // Whether this machine has internet says nothing about whether the service answers.
        networkMode: 'always',
        retry: (_count, error) => error instanceof ConnectionError,
        retryDelay: retryMs,
        staleTime: 5_000,
        refetchOnWindowFocus: false,
      },
    },
  });
}

/**
 * The answer to a query, and again when its variables change, or after `everyMs`, as long as `isOpen` says
 * of the answer that there is more to come; an error that may pass is shown, and it is asked again.
 * `null` asks nothing.
 */
export function useAnswer<Result, Variables>(
  document: TypedDocument<Result, Variables>,
  variables: NoInfer<Variables> | null,
  options: { everyMs?: number; isOpen?: (known: Result) => boolean; keepFormer?: boolean } = {},
): UseQueryResult<Result> {
  const client = useReelgraph();
  const { everyMs, isOpen } = options;
  return useQuery<Result>({
    queryKey: [document.toString(), variables],
    queryFn: ({ signal }) => client.request(document, variables as Variables, { signal }),
    enabled: variables !== null,
    refetchInterval: ({ state: { data, error } }) => {
      if (error && mayPass(error)) return retryMs;
      return everyMs === undefined || (data !== undefined && isOpen?.(data) === false)
        ? false
        : everyMs;
    },
    ...(options.keepFormer && { placeholderData: (former: Result | undefined) => former as never }),
  });
}

import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
import { ApiError, ConnectionError } from './errors.ts';
import type { ServerClock } from './server-clock.ts';

/** A document as text that knows its types: of this package, or as your own code generator writes it. */
export type TypedDocument<Result, Variables> = DocumentTypeDecoration<Result, Variables> & {
  toString(): string;
};

export interface HttpOptions {
  url: URL;
  /** What to send as `Authorization`; undefined: nothing. */
  authorization: () => Promise<string | undefined>;
  fetch: typeof fetch;
  timeoutMs: number;
  clock: ServerClock;
}

interface GraphqlAnswer<Result> {
  data?: Result | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/**
 * The `data` of one operation, asked once. Throws an `ApiError` when any part of it failed, and a
 * `ConnectionError` when no answer came in time or none that could be read.
 */
export async function ask<Result, Variables>(
  { url, authorization, fetch, timeoutMs, clock }: HttpOptions,
  document: TypedDocument<Result, Variables>,
  variables: Variables,
  signal: AbortSignal | undefined,
): Promise<Result> {
  signal?.throwIfAborted();
  const secret = await authorization();
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json',
        ...(secret !== undefined && { Authorization: secret }),
      },
      body: JSON.stringify({ query: document.toString(), variables }),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    clock.note(response);
    return readData(response, await readAnswer<Result>(response));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ApiError || error instanceof ConnectionError) throw error;
    throw new ConnectionError('No answer came from the API.', { cause: error });
  }
}

/** Something in between, such as a proxy, may answer with something else than GraphQL. */
async function readAnswer<Result>(response: Response): Promise<GraphqlAnswer<Result>> {
  const { status, headers } = response;
  if (/json/.test(headers.get('Content-Type') ?? ''))
    return (await response.json()) as GraphqlAnswer<Result>;
  await response.body?.cancel();
  const message = `Something answered with ${status} and no JSON.`;
  if (status >= 500 || status === 429 || status === 408) throw new ConnectionError(message);
  throw new ApiError('NOT_GRAPHQL', message);
}

function readData<Result>(response: Response, { data, errors }: GraphqlAnswer<Result>): Result {
  const [error] = errors ?? [];
  if (error) {
    const retryAfter = Number(response.headers.get('Retry-After') ?? NaN);
    throw new ApiError(
      error.extensions?.code ?? 'UNKNOWN',
      error.message,
      Number.isFinite(retryAfter) ? retryAfter * 1_000 : undefined,
    );
  }
  if (data == null) throw new ApiError('NO_DATA', 'The API answered without data.');
  return data;
}

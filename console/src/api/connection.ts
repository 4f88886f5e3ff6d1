import { useSyncExternalStore } from 'react';

/** Since when nothing answers, as epoch milliseconds; null while the service answers. */
let awaySince: number | null = null;
const listeners = new Set<() => void>();

function note(isAway: boolean): void {
  const since = isAway ? (awaySince ?? Date.now()) : null;
  if (since === awaySince) return;
  awaySince = since;
  for (const listener of listeners) listener();
}

/** `fetch` that notes whether the service answers at all. */
export const watchedFetch: typeof fetch = async (...request) => {
  try {
    const response = await fetch(...request);
    // What stands in front of a service that is away answers with these, or in its own words.
    const isOurs = /json/.test(response.headers.get('Content-Type') ?? '');
    note(response.status === 502 || response.status === 504 || (response.status >= 500 && !isOurs));
    return response;
  } catch (error) {
    const isOurs = (request[1]?.signal?.reason as Error | undefined)?.name === 'AbortError';
    if (!isOurs) note(true);
    throw error;
  }
};

export function useAwaySince(): number | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => awaySince,
  );
}

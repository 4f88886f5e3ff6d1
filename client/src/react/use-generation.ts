import { useEffect, useState } from 'react';
import type { ReelgraphClient } from '../client.ts';
import { VideoGenerationError } from '../errors.ts';
import type { GenerationState } from '../video-run.ts';
import { useReelgraph } from './provider.ts';

export interface UseGenerationOptions {
  /** Goes on when it is final: it may be redacted, or a FAILED one be taken up again. Default: false. */
  beyondEnd?: boolean;
}

export interface FollowedGeneration {
  /** As it is now; null until the first answer. */
  generation: GenerationState | null;
  /**
   * Why it is not followed any more, other than that it is final: an `ApiError` such as NOT_FOUND, or
   * a `ConnectionError`. That there is no video is told by the generation's `status` and `failure`.
   */
  error: Error | null;
}

const nothing: FollowedGeneration = { generation: null, error: null };

/** Follows one generation until it is final, however long an UNCERTAIN one waits for a person; `null` follows none. */
export function useGeneration(
  id: string | null,
  { beyondEnd = false }: UseGenerationOptions = {},
): FollowedGeneration {
  const client = useReelgraph();
  const [followed, setFollowed] = useState(nothing);
  useEffect(() => {
    setFollowed(nothing);
    if (id === null) return;
    const stop = new AbortController();
    const { signal } = stop;
    const run = async () => {
      try {
        for await (const generation of states(client, id, beyondEnd, signal)) {
          if (signal.aborted) return;
          setFollowed({ generation, error: null });
        }
      } catch (error) {
        if (signal.aborted) return;
        setFollowed(({ generation }) => ({ generation, error: error as Error }));
      }
    };
    void run();
    return () => stop.abort();
  }, [client, id, beyondEnd]);
  return followed;
}

async function* states(
  client: ReelgraphClient,
  id: string,
  beyondEnd: boolean,
  signal: AbortSignal,
): AsyncGenerator<GenerationState, void, undefined> {
  let last: GenerationState | undefined;
  for (;;) {
    try {
      const options = { signal, ...(last && { afterVersion: last.version }) };
      for await (const state of client.followVideo(id, options)) yield (last = state);
    } catch (error) {
      if (!(error instanceof VideoGenerationError)) throw error;
    }
    if (!last || (last.status !== 'UNCERTAIN' && !beyondEnd)) return;
    await nextChange(client, last, signal);
  }
}

/** Resolves when there is a later version. */
async function nextChange(
  client: ReelgraphClient,
  { id, version, updatedAt }: GenerationState,
  signal: AbortSignal,
): Promise<void> {
  const options = { filter: { id: [id] }, updatedAfter: updatedAt, signal };
  for await (const change of client.watchGenerations(options)) if (change.version > version) return;
}

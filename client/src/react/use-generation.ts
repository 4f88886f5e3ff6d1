import { useEffect, useState } from 'react';
import { VideoGenerationError } from '../errors.ts';
import type { GenerationState } from '../video-run.ts';
import { useReelgraph } from './provider.ts';

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

/** Follows one generation until it is final; `null` follows none. */
export function useGeneration(id: string | null): FollowedGeneration {
  const client = useReelgraph();
  const [followed, setFollowed] = useState(nothing);
  useEffect(() => {
    setFollowed(nothing);
    if (id === null) return;
    const stop = new AbortController();
    const { signal } = stop;
    const run = async () => {
      try {
        for await (const generation of client.followVideo(id, { signal })) {
          if (signal.aborted) return;
          setFollowed({ generation, error: null });
        }
      } catch (error) {
        if (signal.aborted || error instanceof VideoGenerationError) return;
        setFollowed(({ generation }) => ({ generation, error: error as Error }));
      }
    };
    void run();
    return () => stop.abort();
  }, [client, id]);
  return followed;
}

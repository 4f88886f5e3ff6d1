import { useCallback, useEffect, useRef, useState } from 'react';
import type { CreateVideoGenerationInput } from '../../generated/graphql.ts';
import { VideoGenerationError } from '../errors.ts';
import type { GenerationState } from '../video-run.ts';
import { useReelgraph } from './provider.ts';

export interface GenerateVideo {
  /**
   * Has a video made and follows it. One that is under way is not followed any more, but goes on.
   * Resolves when it is stored; what became of it then, and why it was not, is in the fields below.
   */
  generate: (input: Omit<CreateVideoGenerationInput, 'idempotencyKey'>) => Promise<void>;
  /** The latest state; null until it is stored. */
  generation: GenerationState | null;
  /** An `InvalidInputError` with `userErrors`, a `VideoGenerationError`, an `ApiError` or a `ConnectionError`. */
  error: Error | null;
  /** From `generate` until it is final, uncertain or was refused. */
  isRunning: boolean;
}

const idle: Omit<GenerateVideo, 'generate'> = { generation: null, error: null, isRunning: false };

/** For a form that has videos made. Leaving the page ends following only. */
export function useGenerateVideo(): GenerateVideo {
  const client = useReelgraph();
  const [state, setState] = useState(idle);
  const under = useRef<AbortController>(undefined);
  useEffect(() => () => under.current?.abort(), []);
  const generate = useCallback<GenerateVideo['generate']>(
    (input) => {
      under.current?.abort();
      const { signal } = (under.current = new AbortController());
      setState({ ...idle, isRunning: true });
      return new Promise((stored) => {
        const run = async () => {
          let error: Error | null = null;
          try {
            for await (const generation of client.generateVideo(input, { signal })) {
              if (signal.aborted) return;
              setState({ generation, error: null, isRunning: true });
              stored();
            }
          } catch (thrown) {
            error = thrown as Error;
          }
          if (!signal.aborted) {
            const last = error instanceof VideoGenerationError ? error.generation : undefined;
            setState(({ generation }) => ({
              generation: last ?? generation,
              error,
              isRunning: false,
            }));
          }
          stored();
        };
        void run().finally(stored);
      });
    },
    [client],
  );
  return { ...state, generate };
}

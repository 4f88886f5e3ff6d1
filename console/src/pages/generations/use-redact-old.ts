import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useReelgraph } from '../../../../client/src/react/index.ts';
import { RedactOldDocument, type RedactOldMutationVariables } from '../../../generated/graphql.ts';
import { describeActError } from '../../parts/feedback.tsx';

export interface Progress {
  redacted: number;
  state: 'RUNNING' | 'DONE' | 'STOPPED';
  problem: string | null;
}

/**
 * Redacts a part after the other. It ends early, after the part that is under way, when it is stopped
 * and when whoever began it leaves.
 */
export function useRedactOld() {
  const client = useReelgraph();
  const answers = useQueryClient();
  const isOver = useRef(false);
  /** Null until it is begun. */
  const [progress, setProgress] = useState<Progress | null>(null);
  const [isStopping, setStopping] = useState(false);
  useEffect(() => {
    isOver.current = false;
    return () => {
      isOver.current = true;
    };
  }, []);
  const run = async (variables: RedactOldMutationVariables) => {
    let redacted = 0;
    const show = (state: Progress['state'], problem: string | null = null) =>
      setProgress({ redacted, state, problem });
    show('RUNNING');
    try {
      while (!isOver.current) {
        const done = (await client.request(RedactOldDocument, variables)).redactVideoGenerations;
        redacted += done.redacted;
        if (done.userErrors.length > 0) return show('DONE', done.userErrors[0]!.message);
        if (!done.hasMore) return show('DONE');
        show('RUNNING');
      }
      show('STOPPED');
    } catch (error) {
      show('DONE', describeActError(error as Error).help);
    } finally {
      void answers.invalidateQueries();
    }
  };
  const stop = () => {
    isOver.current = true;
    setStopping(true);
  };
  return { progress, isStopping, run, stop };
}

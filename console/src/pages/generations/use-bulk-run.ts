import { useEffect, useRef, useState } from 'react';
import { ApiError, ConnectionError } from '../../../../client/src/errors.ts';
import { useReelgraph } from '../../../../client/src/react/index.ts';
import {
  CancelDocument,
  RedactDocument,
  ReleaseDocument,
  RetryDocument,
  type RowFragment,
} from '../../../generated/graphql.ts';
import { describeActError } from '../../parts/feedback.tsx';

export type BulkAction = 'cancel' | 'retry' | 'release' | 'redact';

/** What became of one; `UNKNOWN` when no answer came. */
export interface Outcome {
  row: RowFragment;
  end: 'DONE' | 'REFUSED' | 'UNKNOWN';
  message: string;
}

export interface BulkRun {
  /** Null until it is begun. */
  outcomes: Outcome[] | null;
  isRunning: boolean;
  /** It ends with the one that is under way. */
  isStopping: boolean;
  run: (reason: string) => Promise<void>;
  stop: () => void;
}

/** After these the others would fare no better. */
const endsAll = (error: unknown) =>
  error instanceof ConnectionError ||
  (error instanceof ApiError && error.code === 'UNAUTHENTICATED');

/**
 * Does one after the other. It ends early when it is stopped, when whoever began it leaves or signs out,
 * and when nothing answers: what is not seen is not to go on, least of all when it is paid for.
 */
export function useBulkRun(action: BulkAction, rows: RowFragment[]): BulkRun {
  const client = useReelgraph();
  const isOver = useRef(false);
  const [outcomes, setOutcomes] = useState<Outcome[] | null>(null);
  const [isRunning, setRunning] = useState(false);
  const [isStopping, setStopping] = useState(false);
  useEffect(() => {
    isOver.current = false;
    return () => {
      isOver.current = true;
    };
  }, []);
  const send = async (id: string, reason: string) => {
    if (action === 'cancel') return (await client.request(CancelDocument, { id })).outcome;
    if (action === 'retry') return (await client.request(RetryDocument, { id })).outcome;
    if (action === 'release')
      return (await client.request(ReleaseDocument, { id })).releaseVideoGenerations;
    return (await client.request(RedactDocument, { id, reason })).outcome;
  };
  const runOne = async (row: RowFragment, reason: string): Promise<Outcome> => {
    try {
      const [refusal] = (await send(row.id, reason)).userErrors;
      return { row, end: refusal ? 'REFUSED' : 'DONE', message: refusal?.message ?? '' };
    } catch (error) {
      if (endsAll(error)) isOver.current = true;
      const end = error instanceof ConnectionError ? 'UNKNOWN' : 'REFUSED';
      return { row, end, message: describeActError(error as Error).help };
    }
  };
  const run = async (reason: string) => {
    setOutcomes([]);
    setRunning(true);
    for (const row of rows) {
      if (isOver.current) break;
      const outcome = await runOne(row, reason);
      setOutcomes((before) => [...(before ?? []), outcome]);
    }
    setRunning(false);
  };
  const stop = () => {
    isOver.current = true;
    setStopping(true);
  };
  return { outcomes, isRunning, isStopping, run, stop };
}

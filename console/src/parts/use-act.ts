import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { TypedDocument } from '../../../client/src/http.ts';
import { useReelgraph } from '../../../client/src/react/index.ts';
import { useReport } from './report.tsx';

/** Has something changed; what is shown is asked for anew then. What goes wrong is told on top of the page. */
export function useAct() {
  const client = useReelgraph();
  const answers = useQueryClient();
  const report = useReport();
  const [isActing, setActing] = useState(false);
  const act = async <Result, Variables>(
    document: TypedDocument<Result, Variables>,
    variables: NoInfer<Variables>,
  ): Promise<Result | null> => {
    setActing(true);
    report(null);
    try {
      return await client.request(document, variables);
    } catch (error) {
      report(error);
      return null;
    } finally {
      setActing(false);
      void answers.invalidateQueries();
    }
  };
  return { act, isActing };
}

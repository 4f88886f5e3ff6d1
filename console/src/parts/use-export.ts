import { useState } from 'react';
import { useReelgraph } from '../../../client/src/react/index.ts';
import {
  ExportAuditDocument,
  ExportGenerationsDocument,
  type AuditEventFilter,
  type ExportFormat,
  type VideoGenerationFilter,
} from '../../generated/graphql.ts';
import { useReport } from './report.tsx';

type Wanted =
  | { of: 'generations'; filter: VideoGenerationFilter; format: ExportFormat }
  | { of: 'audit'; filter: AuditEventFilter; format: ExportFormat };

/** Has a file made of what a list shows, and gives it to the browser's downloads. */
export function useExport() {
  const client = useReelgraph();
  const report = useReport();
  const [isExporting, setExporting] = useState(false);
  const link = async ({ of, filter, format }: Wanted): Promise<string> => {
    if (of === 'generations') {
      const answer = await client.request(ExportGenerationsDocument, { filter, format });
      return answer.exportGenerations.url;
    }
    const answer = await client.request(ExportAuditDocument, { filter, format });
    return answer.exportAuditEvents.url;
  };
  const exportFile = (wanted: Wanted) => {
    setExporting(true);
    link(wanted)
      .then((url) => {
        const anchor = document.createElement('a');
        // Under the name by which this page was opened: the service may have several.
        const { pathname, search } = new URL(url, location.href);
        anchor.href = pathname + search;
        anchor.download = '';
        anchor.click();
      })
      .catch(report)
      .finally(() => setExporting(false));
  };
  return { exportFile, isExporting };
}

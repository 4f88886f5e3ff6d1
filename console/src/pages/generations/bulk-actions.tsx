import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import type { RowFragment, VideoGenerationStatus } from '../../../generated/graphql.ts';
import { useExport } from '../../parts/use-export.ts';
import { useMay } from '../../session.tsx';
import { count, texts } from '../../texts.ts';
import { BulkConfirm } from './bulk-confirm.tsx';
import type { BulkAction } from './use-bulk-run.ts';
import { RedactOld } from './redact-old.tsx';
import { filterOf, type ListSearch } from './search.ts';

/** In which states each may work; the API decides for each one. */
const states: Record<BulkAction, ReadonlySet<VideoGenerationStatus>> = {
  cancel: new Set(['QUEUED', 'PROCESSING']),
  retry: new Set(['FAILED', 'UNCERTAIN']),
  release: new Set(['QUEUED']),
  redact: new Set(['SUCCEEDED', 'FAILED', 'CANCELLED', 'UNCERTAIN']),
};

function applies(name: BulkAction, { status, heldAt }: RowFragment): boolean {
  return states[name].has(status) && (name !== 'release' || heldAt !== null);
}

/** What can be done with the chosen ones, or with all that the list shows. */
export function BulkActions(props: {
  rows: RowFragment[];
  search: ListSearch;
  onDone: () => void;
}) {
  const { rows, search, onDone } = props;
  const may = useMay();
  const [action, setAction] = useState<BulkAction | null>(null);
  const [isRedacting, setRedacting] = useState(false);
  const { exportFile, isExporting } = useExport();
  const fits = (name: BulkAction) => rows.filter((row) => applies(name, row));
  const allowed: Record<BulkAction, boolean> = {
    cancel: may.generate,
    retry: may.generate,
    release: may.administer,
    redact: may.administer,
  };
  const filter = rows.length > 0 ? { id: rows.map(({ id }) => id) } : filterOf(search);
  return (
    <Group gap="xs">
      <Text size="sm" fw={600}>
        {rows.length > 0 ? count(texts.bulk.chosen, rows.length) : texts.bulk.none}
      </Text>
      {rows.length > 0 &&
        (Object.keys(states) as BulkAction[])
          .filter((name) => allowed[name] && (name !== 'release' || fits(name).length > 0))
          .map((name) => (
            <Button
              key={name}
              size="xs"
              variant="default"
              disabled={fits(name).length === 0}
              onClick={() => setAction(name)}
            >
              {`${texts.actions[name]} (${fits(name).length})`}
            </Button>
          ))}
      {(['CSV', 'NDJSON'] as const).map((format) => (
        <Button
          key={format}
          size="xs"
          variant="default"
          loading={isExporting}
          onClick={() => exportFile({ of: 'generations', filter, format })}
        >
          {`${texts.bulk.export} ${format}`}
        </Button>
      ))}
      {rows.length === 0 && may.administer && (
        <Button size="xs" variant="default" onClick={() => setRedacting(true)}>
          {texts.redactOld.open}
        </Button>
      )}
      {isRedacting && (
        <RedactOld
          onClose={() => {
            setRedacting(false);
            onDone();
          }}
        />
      )}
      {action && (
        <BulkConfirm
          action={action}
          rows={fits(action)}
          onClose={(hasRun) => {
            setAction(null);
            if (hasRun) onDone();
          }}
        />
      )}
    </Group>
  );
}

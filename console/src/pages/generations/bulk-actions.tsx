import { Button, Group, List, Modal, Progress, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useReelgraph } from '../../../../client/src/react/index.ts';
import {
  CancelDocument,
  RedactDocument,
  ReleaseDocument,
  RetryDocument,
  type RowFragment,
  type VideoGenerationStatus,
} from '../../../generated/graphql.ts';
import { describeActError } from '../../parts/feedback.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { sumOf } from '../../parts/money.ts';
import { useExport } from '../../parts/use-export.ts';
import { useMay } from '../../session.tsx';
import { count, texts } from '../../texts.ts';
import { RedactOld } from './redact-old.tsx';
import { filterOf, type ListSearch } from './search.ts';

type ActionName = 'cancel' | 'retry' | 'release' | 'redact';

/** In which states each may work; the API decides for each one. */
const states: Record<ActionName, ReadonlySet<VideoGenerationStatus>> = {
  cancel: new Set(['QUEUED', 'PROCESSING']),
  retry: new Set(['FAILED', 'UNCERTAIN']),
  release: new Set(['QUEUED']),
  redact: new Set(['SUCCEEDED', 'FAILED', 'CANCELLED', 'UNCERTAIN']),
};

function applies(name: ActionName, { status, heldAt }: RowFragment): boolean {
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
  const [action, setAction] = useState<ActionName | null>(null);
  const [isRedacting, setRedacting] = useState(false);
  const { exportFile, isExporting } = useExport();
  const fits = (name: ActionName) => rows.filter((row) => applies(name, row));
  const allowed: Record<ActionName, boolean> = {
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
        (Object.keys(states) as ActionName[])
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
        <Confirm
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

interface Outcome {
  row: RowFragment;
  refusal: string | null;
}

/** Says what it will cost, does one after the other, and says of each that was refused why. */
function Confirm(props: {
  action: ActionName;
  rows: RowFragment[];
  onClose: (hasRun: boolean) => void;
}) {
  const { action, onClose } = props;
  const client = useReelgraph();
  // What is done changes what the list shows.
  const [rows] = useState(props.rows);
  const [reason, setReason] = useState('');
  const [outcomes, setOutcomes] = useState<Outcome[] | null>(null);
  const uncertain = rows.filter(({ status }) => status === 'UNCERTAIN').length;
  const { text: price, unknown } = sumOf(rows.map(({ listPrice }) => listPrice));
  const runOne = async ({ id }: RowFragment) => {
    const variables = { id };
    if (action === 'cancel') return (await client.request(CancelDocument, variables)).outcome;
    if (action === 'retry') return (await client.request(RetryDocument, variables)).outcome;
    if (action === 'release')
      return (await client.request(ReleaseDocument, variables)).releaseVideoGenerations;
    return (await client.request(RedactDocument, { id, reason: reason.trim() })).outcome;
  };
  const run = async () => {
    setOutcomes([]);
    for (const row of rows) {
      let refusal: string | null;
      try {
        refusal = (await runOne(row)).userErrors[0]?.message ?? null;
      } catch (error) {
        refusal = describeActError(error as Error).help;
      }
      setOutcomes((before) => [...(before ?? []), { row, refusal }]);
    }
  };
  const isDone = outcomes?.length === rows.length;
  const refused = outcomes?.filter(({ refusal }) => refusal !== null) ?? [];
  return (
    <Modal
      opened
      onClose={() => onClose(outcomes !== null)}
      closeOnClickOutside={outcomes === null}
      title={`${texts.actions[action]}: ${count(texts.bulk.chosen, rows.length)}`}
      closeButtonProps={{ 'aria-label': texts.close }}
    >
      <Stack>
        <Text>
          {action === 'retry' ? count(texts.bulk.retryCost, rows.length) + ` ${price}.` : null}
          {action === 'retry' && unknown > 0 && ` ${count(texts.bulk.unknownPrice, unknown)}`}
          {action === 'retry' && uncertain > 0 && ` ${count(texts.bulk.paidTwice, uncertain)}`}
          {action === 'release' && `${texts.bulk.releaseCost} ${price}.`}
          {action === 'cancel' && texts.bulk.cancelCost}
          {action === 'redact' && texts.bulk.redactCost}
        </Text>
        {action === 'redact' && outcomes === null && (
          <TextInput
            label={texts.reason.label}
            description={texts.reason.help}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            maxLength={200}
            data-autofocus
          />
        )}
        {outcomes !== null && (
          <div role="status">
            <Progress
              value={(100 * outcomes.length) / rows.length}
              aria-label={texts.bulk.progress}
            />
            <Text size="sm" mt={4}>
              {`${outcomes.length - refused.length} ${texts.bulk.done}, ${refused.length} ${texts.bulk.refused}`}
            </Text>
            {refused.length > 0 && (
              <List size="sm">
                {refused.slice(0, 20).map(({ row, refusal }) => (
                  <List.Item key={row.id}>
                    <Foreign text={refusal!} />
                  </List.Item>
                ))}
              </List>
            )}
          </div>
        )}
        <Group justify="flex-end">
          {outcomes === null ? (
            <>
              <Button variant="default" onClick={() => onClose(false)}>
                {texts.leave}
              </Button>
              <Button
                color={action === 'redact' || action === 'release' ? 'red' : undefined}
                disabled={action === 'redact' && reason.trim() === ''}
                onClick={() => void run()}
              >
                {texts.actions[action]}
              </Button>
            </>
          ) : (
            <Button disabled={!isDone} onClick={() => onClose(true)}>
              {texts.close}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}

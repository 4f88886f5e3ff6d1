import { Button, Group, List, Progress, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { RowFragment } from '../../../generated/graphql.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { ErrorNote } from '../../parts/feedback.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { sumOf } from '../../parts/money.ts';
import { ReasonInput } from '../../parts/reason-input.tsx';
import { count, texts } from '../../texts.ts';
import { useRisk } from './use-risk.ts';
import { useBulkRun, type BulkAction, type BulkRun, type Outcome } from './use-bulk-run.ts';

/** Says what it will cost, does one after the other, and says of each that was refused why. */
export function BulkConfirm(props: {
  action: BulkAction;
  rows: RowFragment[];
  onClose: (hasRun: boolean) => void;
}) {
  const { action, onClose } = props;
  // What is done changes what the list shows.
  const [rows] = useState(props.rows);
  const [reason, setReason] = useState('');
  const bulk = useBulkRun(action, rows);
  const { outcomes, isRunning, isStopping, run, stop } = bulk;
  const risk = useRisk(action === 'retry' ? rows : []);
  return (
    <Dialog
      // What is under way is not to go on unseen.
      onClose={() => (isRunning ? stop() : onClose(outcomes !== null))}
      closeOnClickOutside={outcomes === null}
      withCloseButton={!isRunning}
      title={`${texts.actions[action]}: ${count(texts.bulk.chosen, rows.length)}`}
    >
      <Stack>
        <Text>{costOf(action, rows)}</Text>
        {risk.data && risk.data.times > rows.length && (
          <Text role="status">
            {texts.bulk.risk
              .replace('{worst}', risk.data.worst.text)
              .replace('{times}', String(risk.data.times))}
          </Text>
        )}
        <ErrorNote error={risk.error} retry={() => void risk.refetch()} />
        {action === 'redact' && outcomes === null && (
          <ReasonInput value={reason} onChange={setReason} isFirst />
        )}
        {outcomes !== null && <Outcomes bulk={bulk} outcomes={outcomes} of={rows.length} />}
        <Group justify="flex-end">
          {outcomes === null && (
            <>
              <Button variant="default" onClick={() => onClose(false)}>
                {texts.leave}
              </Button>
              <Button
                color={action === 'redact' || action === 'release' ? 'red' : undefined}
                disabled={
                  (action === 'redact' && reason.trim() === '') ||
                  (action === 'retry' && !risk.data)
                }
                onClick={() => void run(reason.trim())}
              >
                {texts.actions[action]}
              </Button>
            </>
          )}
          {isRunning && (
            <Button variant="default" disabled={isStopping} onClick={stop}>
              {texts.bulk.stop}
            </Button>
          )}
          {outcomes !== null && (
            <Button disabled={isRunning} onClick={() => onClose(true)}>
              {texts.close}
            </Button>
          )}
        </Group>
      </Stack>
    </Dialog>
  );
}

function costOf(action: BulkAction, rows: RowFragment[]): string {
  const t = texts.bulk;
  if (action === 'cancel') return t.cancelCost;
  if (action === 'redact') return t.redactCost;
  const { text: price, unknown } = sumOf(rows.map(({ listPrice }) => listPrice));
  const cost = action === 'release' ? t.releaseCost : count(t.retryCost, rows.length);
  return [`${cost} ${price}.`, ...(unknown > 0 ? [count(t.unknownPrice, unknown)] : [])].join(' ');
}

function Outcomes(props: { bulk: BulkRun; outcomes: Outcome[]; of: number }) {
  const { bulk, outcomes, of } = props;
  const t = texts.bulk;
  const ended = (end: Outcome['end']) => outcomes.filter((each) => each.end === end).length;
  const unknown = ended('UNKNOWN');
  const others = outcomes.filter(({ end }) => end !== 'DONE');
  const notBegun = of - outcomes.length;
  const counts = [
    `${ended('DONE')} ${t.done}`,
    `${ended('REFUSED')} ${t.refused}`,
    ...(unknown > 0 ? [`${unknown} ${t.unknown}`] : []),
    ...(!bulk.isRunning && notBegun > 0 ? [`${notBegun} ${t.notBegun}`] : []),
  ];
  return (
    <>
      <Progress value={(100 * outcomes.length) / of} aria-label={t.progress} />
      <Text size="sm" role="status">
        {counts.join(', ')}
      </Text>
      {others.length > 0 && (
        <List size="sm">
          {others.map(({ row, message }) => (
            <List.Item key={row.id}>
              <Foreign text={row.prompt?.slice(0, 80) ?? row.id} />: <Foreign text={message} />
            </List.Item>
          ))}
        </List>
      )}
    </>
  );
}

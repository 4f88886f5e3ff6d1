import { Button, Group, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { CountOldDocument } from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { ErrorNote } from '../../parts/feedback.tsx';
import { ReasonInput } from '../../parts/reason-input.tsx';
import { count, texts } from '../../texts.ts';
import { useRedactOld } from './use-redact-old.ts';

const dayMs = 24 * 60 * 60_000;
const mostDays = 36_500;

/** Removes prompts and images of all that are old enough, after saying of how many. */
export function RedactOld({ onClose }: { onClose: () => void }) {
  const t = texts.redactOld;
  const [days, setDays] = useState<number | string>(90);
  const [caller, setCaller] = useState('');
  const [reason, setReason] = useState('');
  const { progress, isStopping, run, stop } = useRedactOld();
  const isNumber = typeof days === 'number' && days >= 0 && days <= mostDays;
  const callerId = caller.trim() || null;
  const filter = useMemo(
    () => (isNumber ? oldOnes(days, callerId) : null),
    [isNumber, days, callerId],
  );
  const found = useAnswer(CountOldDocument, filter && progress === null ? { filter } : null);
  const { totalCount = null, totalCountIsExact = true } = found.data?.generations ?? {};
  const howMany = totalCount === null ? '' : count(t.count, totalCount, !totalCountIsExact);
  const isRunning = progress?.state === 'RUNNING';
  return (
    <Dialog
      onClose={() => (isRunning ? stop() : onClose())}
      // The second click of two may fall beside the dialog, which is lower by then.
      closeOnClickOutside={progress === null}
      title={t.title}
    >
      {progress === null ? (
        <Stack>
          <NumberInput
            label={t.days}
            description={t.daysHelp}
            value={days}
            onChange={setDays}
            min={0}
            max={mostDays}
            allowDecimal={false}
            allowNegative={false}
            data-autofocus
          />
          <TextInput
            label={t.caller}
            description={t.callerHelp}
            value={caller}
            onChange={(event) => setCaller(event.currentTarget.value)}
          />
          <ReasonInput value={reason} onChange={setReason} />
          <ErrorNote error={found.error} />
          <Text fw={600} role="status" mih="1.6em">
            {howMany}
          </Text>
          <Text size="sm">{texts.bulk.redactCost}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {texts.leave}
            </Button>
            <Button
              color="red"
              disabled={!isNumber || reason.trim() === '' || !totalCount}
              onClick={() =>
                void run({ olderThanDays: Number(days), callerId, reason: reason.trim() })
              }
            >
              {t.confirm}
            </Button>
          </Group>
        </Stack>
      ) : (
        <Stack>
          <div role="status">
            <Text>{count(t.redacted, progress.redacted)}</Text>
            {isRunning && <Text c="dimmed">{t.goesOn}</Text>}
            {progress.state === 'STOPPED' && <Text>{t.stopped}</Text>}
          </div>
          {progress.problem && (
            <Text c="var(--mantine-color-error)" role="alert">
              {progress.problem}
            </Text>
          )}
          <Group justify="flex-end">
            {isRunning && (
              <Button variant="default" disabled={isStopping} onClick={stop}>
                {texts.bulk.stop}
              </Button>
            )}
            <Button disabled={isRunning} onClick={onClose}>
              {texts.close}
            </Button>
          </Group>
        </Stack>
      )}
    </Dialog>
  );
}

/** Those that the mutation would take; some of them may be redacted already. */
const oldOnes = (days: number, callerId: string | null) => ({
  createdAt: { to: new Date(Date.now() - days * dayMs).toISOString() },
  status: ['SUCCEEDED' as const, 'FAILED' as const, 'CANCELLED' as const, 'UNCERTAIN' as const],
  ...(callerId !== null && { callerId: [callerId] }),
});

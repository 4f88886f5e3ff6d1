import { Button, Group, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useReelgraph } from '../../../../client/src/react/index.ts';
import { CountOldDocument, RedactOldDocument } from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { describeActError, ErrorNote } from '../../parts/feedback.tsx';
import { ReasonInput } from '../../parts/reason-input.tsx';
import { count, texts } from '../../texts.ts';

const dayMs = 24 * 60 * 60_000;
const mostDays = 36_500;

interface Progress {
  redacted: number;
  isDone: boolean;
  problem: string | null;
}

/** Removes prompts and images of all that are old enough, after saying of how many. */
export function RedactOld({ onClose }: { onClose: () => void }) {
  const t = texts.redactOld;
  const client = useReelgraph();
  const answers = useQueryClient();
  const [days, setDays] = useState<number | string>(90);
  const [caller, setCaller] = useState('');
  const [reason, setReason] = useState('');
  const [progress, setProgress] = useState<Progress | null>(null);
  const isNumber = typeof days === 'number' && days >= 0 && days <= mostDays;
  const callerId = caller.trim() || null;
  const filter = useMemo(
    () => (isNumber ? oldOnes(days, callerId) : null),
    [isNumber, days, callerId],
  );
  const found = useAnswer(CountOldDocument, filter && progress === null ? { filter } : null);
  const { totalCount = null, totalCountIsExact = true } = found.data?.generations ?? {};
  const run = async () => {
    let redacted = 0;
    const show = (isDone: boolean, problem: string | null) =>
      setProgress({ redacted, isDone, problem });
    show(false, null);
    try {
      for (let hasMore = true; hasMore; show(false, null)) {
        const variables = { olderThanDays: Number(days), callerId, reason: reason.trim() };
        const answer = await client.request(RedactOldDocument, variables);
        const done = answer.redactVideoGenerations;
        redacted += done.redacted;
        if (done.userErrors.length > 0) return show(true, done.userErrors[0]!.message);
        hasMore = done.hasMore;
      }
      show(true, null);
    } catch (error) {
      show(true, describeActError(error as Error).help);
    } finally {
      void answers.invalidateQueries();
    }
  };
  const howMany = totalCount === null ? '' : count(t.count, totalCount, !totalCountIsExact);
  const isRunning = progress !== null && !progress.isDone;
  return (
    <Dialog
      onClose={() => !isRunning && onClose()}
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
              onClick={() => void run()}
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
          </div>
          {progress.problem && (
            <Text c="var(--mantine-color-error)" role="alert">
              {progress.problem}
            </Text>
          )}
          <Group justify="flex-end">
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

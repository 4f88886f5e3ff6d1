import { Button, Group, Stack, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import {
  CancelDocument,
  DeleteTaskDocument,
  GenerationMediaDocument,
  KeepVideoDocument,
  LookNowDocument,
  RedactDocument,
  RegenerateDocument,
  RegenerationPriceDocument,
  ReleaseDocument,
  RetryDocument,
  type FailureKind,
  type VideoArchiveState,
} from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Decide, sayRisk } from '../../parts/decide.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { moneyOf, riskOf } from '../../parts/money.ts';
import { useAct } from '../../parts/use-act.ts';
import { useMay, useSession } from '../../session.tsx';
import { ReasonInput } from '../../parts/reason-input.tsx';
import { texts } from '../../texts.ts';
import type { Detail } from './page.tsx';

type ActionName =
  'cancel' | 'look' | 'retry' | 'regenerate' | 'keep' | 'release' | 'redact' | 'deleteTask';

/** Failures after which a task may still be found at MiniMax. */
const lost: ReadonlySet<FailureKind> = new Set(['TASK_UNKNOWN', 'RESULT_MISSING', 'NOT_CREATED']);

/** Videos that may still be kept, as long as MiniMax has them. */
const unkept: ReadonlySet<VideoArchiveState> = new Set(['FAILED', 'EXPIRED', 'SKIPPED']);

/** What cannot be undone, or may pay twice. */
const dangerous: ReadonlySet<ActionName> = new Set(['release', 'redact', 'deleteTask']);

/** The actions that the state and the role allow; each says what it costs before it is done. */
export function Actions({ generation }: { generation: Detail }) {
  const may = useMay();
  const { me } = useSession();
  const [open, setOpen] = useState<ActionName | 'attach' | null>(null);
  const { status, heldAt, successorId, apiGeneration, kind, resolution, redactedAt } = generation;
  // The answer that what is kept is shown from.
  const media = useAnswer(GenerationMediaDocument, { id: generation.id });
  const archive = media.data?.generation?.archive;
  const isUnkept = archive && !archive.removedAt && unkept.has(archive.state);
  const owns = may.administer || (may.generate && generation.callerId === me.callerId);
  const isFinal = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'UNCERTAIN'].includes(status);
  const isSecond = apiGeneration === 2;
  const allowed: Record<ActionName, boolean> = {
    cancel: owns && (status === 'QUEUED' || (isSecond && status === 'PROCESSING')),
    look: owns && status === 'PROCESSING',
    retry: owns && !successorId && ['FAILED', 'CANCELLED', 'UNCERTAIN'].includes(status),
    regenerate:
      owns && isSecond && kind === 'GENERATION' && status === 'SUCCEEDED' && resolution === '768P',
    keep: owns && !redactedAt && Boolean(isUnkept),
    release: may.administer && heldAt !== null && status === 'QUEUED',
    redact: may.administer && isFinal && !redactedAt,
    deleteTask:
      may.administer &&
      isSecond &&
      generation.taskId !== null &&
      (status === 'SUCCEEDED' || status === 'FAILED'),
  };
  const names = (Object.keys(allowed) as ActionName[]).filter((name) => allowed[name]);
  const failure = status === 'FAILED' && generation.failure;
  const wasSent =
    status === 'CANCELLED' && generation.taskId === null && generation.submissions.length > 0;
  const isAttachable = heldAt !== null || wasSent || (failure && lost.has(failure.kind));
  const mayAttach = may.administer && isAttachable;
  if (names.length === 0 && !mayAttach) return null;
  const close = () => setOpen(null);
  return (
    <Group gap="xs">
      {names.map((name) => (
        <Button key={name} size="xs" variant="default" onClick={() => setOpen(name)}>
          {texts.actions[name]}
        </Button>
      ))}
      {mayAttach && (
        <Button size="xs" variant="default" onClick={() => setOpen('attach')}>
          {texts.decide.attach.title}
        </Button>
      )}
      {open === 'attach' ? (
        <Decide decision={open} generation={generation} onClose={close} onSettled={close} />
      ) : (
        open && <Confirm name={open} generation={generation} onClose={close} />
      )}
    </Group>
  );
}

function Confirm(props: { name: ActionName; generation: Detail; onClose: () => void }) {
  const { name, generation, onClose } = props;
  const { id, taskId, listPrice } = generation;
  const { act, isActing } = useAct();
  const navigate = useNavigate();
  const [reason, setReason] = useState('');
  const [refusal, setRefusal] = useState<string | null>(null);
  const regeneration = useAnswer(RegenerationPriceDocument, name === 'regenerate' ? { id } : null);
  const price =
    name === 'regenerate'
      ? moneyOf(regeneration.data?.validateVideoRegeneration.estimatedPrice)
      : moneyOf(listPrice);
  const problem = regeneration.data?.validateVideoRegeneration.userErrors[0]?.message;
  const run = async () => {
    const answer = await send();
    if (!answer) return onClose();
    const [error] = answer.userErrors;
    if (error) return setRefusal(error.message);
    onClose();
    const made = 'generation' in answer ? answer.generation?.id : undefined;
    if (made && made !== id) {
      void navigate({ to: '/generations/$id', params: { id: made } });
    }
  };
  const send = async () => {
    if (name === 'release') return (await act(ReleaseDocument, { id }))?.releaseVideoGenerations;
    if (name === 'redact') {
      return (await act(RedactDocument, { id, reason: reason.trim() }))?.outcome;
    }
    if (name === 'deleteTask') {
      return (await act(DeleteTaskDocument, { id, taskId: taskId! }))?.outcome;
    }
    if (name === 'retry') return (await act(RetryDocument, { id }))?.outcome;
    if (name === 'keep') return (await act(KeepVideoDocument, { id }))?.outcome;
    if (name === 'regenerate') return (await act(RegenerateDocument, { id }))?.outcome;
    return (await act(name === 'cancel' ? CancelDocument : LookNowDocument, { id }))?.outcome;
  };
  const cost = texts.actionCosts[name];
  return (
    <Dialog onClose={onClose} title={texts.actions[name]}>
      <Stack>
        <Text>{cost.replace('{price}', price || texts.generation.noPrice)}</Text>
        {name === 'retry' && riskOf([generation]).times > 1 && (
          <Text>{`${texts.actionCosts.risk} ${sayRisk(generation)}`}</Text>
        )}
        {name === 'redact' && <ReasonInput value={reason} onChange={setReason} isFirst />}
        {(refusal ?? problem) && (
          <Text c="var(--mantine-color-error)" role="alert">
            {refusal ?? problem}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {texts.leave}
          </Button>
          <Button
            color={dangerous.has(name) ? 'red' : undefined}
            loading={isActing}
            disabled={(name === 'redact' && reason.trim() === '') || problem !== undefined}
            onClick={() => void run()}
          >
            {texts.actions[name]}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

import { Anchor, Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import {
  CheckpointDocument,
  VerifyAuditDocument,
  type AuditBreakReason,
  type VerifyAuditQuery,
} from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Copy } from '../../parts/copy.tsx';
import { Facts } from '../../parts/facts.tsx';
import { ErrorNote } from '../../parts/feedback.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { TimeWithUtc } from '../../parts/time.tsx';
import { count, texts } from '../../texts.ts';
import { useState } from 'react';

/** Whether the log is what was written, and until when somebody has signed for it. */
export function Chain() {
  const [isAsked, setAsked] = useState(false);
  const checkpoint = useAnswer(CheckpointDocument, {});
  const look = useAnswer(VerifyAuditDocument, isAsked ? {} : null);
  const head = checkpoint.data?.auditCheckpoint;
  const found = look.data?.verifyAuditLog;
  const t = texts.audit.chain;
  const verify = () => {
    if (isAsked) void look.refetch();
    setAsked(true);
  };
  return (
    <Card withBorder>
      <Group justify="space-between">
        <Title order={2}>{t.title}</Title>
        <Button size="xs" onClick={verify} loading={look.isFetching}>
          {t.verify}
        </Button>
      </Group>
      <Stack gap="xs" mt="sm">
        <Facts
          facts={
            head
              ? [
                  [t.until, <TimeWithUtc key="until" at={head.createdAt} />],
                  [t.events, head.eventCount.toLocaleString()],
                  [t.signature, t.signatures[head.signature]],
                  [
                    t.head,
                    <Group key="head" gap="xs">
                      <code>{head.head.slice(0, 40)}…</code>
                      <Copy label={t.copyHead} text={head.head} />
                    </Group>,
                  ],
                ]
              : []
          }
        />
        {checkpoint.isSuccess && !head && <Text c="dimmed">{t.none}</Text>}
        <div role="status">
          {found && (
            <div className={`note ${found.ok ? 'good' : 'bad'}`}>
              {found.failure ? t.unknown : found.ok ? t.ok : t.broken}{' '}
              {count(t.checked, found.checked)}{' '}
              {found.finishedAt ? <TimeWithUtc at={found.finishedAt} /> : t.running}
              {found.firstBad && <FirstBad bad={found.firstBad} />}
            </div>
          )}
        </div>
        <ErrorNote error={look.error} />
      </Stack>
    </Card>
  );
}

/** Their number is that of a checkpoint. */
const ofCheckpoints: ReadonlySet<AuditBreakReason> = new Set([
  'CHECKPOINT_MISMATCH',
  'CHECKPOINT_NOT_SIGNED',
  'HEAD_MISMATCH',
]);

/** What was found, where, and what to do. */
function FirstBad(props: { bad: NonNullable<VerifyAuditQuery['verifyAuditLog']['firstBad']> }) {
  const { reason, detail, generationId, eventId, sequence } = props.bad;
  const t = texts.audit.chain;
  return (
    <>
      <Text fw={600}>{t.reasons[reason]}</Text>
      <Facts
        facts={[
          [
            texts.generation.title,
            generationId && (
              <Anchor
                inherit
                c="inherit"
                underline="always"
                renderRoot={(link) => (
                  <Link to="/generations/$id" params={{ id: generationId }} {...link} />
                )}
              >
                {generationId}
              </Anchor>
            ),
          ],
          [ofCheckpoints.has(reason) ? t.checkpointNumber : t.eventNumber, sequence],
          [t.event, eventId && <code>{eventId}</code>],
          [t.detail, detail && <Foreign text={detail} />],
        ]}
      />
      <Text size="sm">{t.todo}</Text>
    </>
  );
}

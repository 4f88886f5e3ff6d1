import { Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { CheckpointDocument, VerifyAuditDocument } from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Copy } from '../../parts/copy.tsx';
import { Facts } from '../../parts/facts.tsx';
import { ErrorNote } from '../../parts/feedback.tsx';
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
              {found.firstBad && (
                <Text size="sm">
                  {found.firstBad.reason} · {found.firstBad.detail} · {found.firstBad.eventId}
                </Text>
              )}
            </div>
          )}
        </div>
        <ErrorNote error={look.error} />
      </Stack>
    </Card>
  );
}

import { Anchor, Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useGenerations } from '../../../../client/src/react/index.ts';
import {
  AuditEventsDocument,
  GenerationDetailDocument,
  GenerationRowsDocument,
  type RowFragment,
} from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Facts } from '../../parts/facts.tsx';
import { Empty, ErrorNote, Waiting } from '../../parts/feedback.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { riskOf } from '../../parts/money.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { TimeWithUtc } from '../../parts/time.tsx';
import { count, texts } from '../../texts.ts';
import { restOfDetail } from '../../parts/changes.ts';
import { sayAction } from '../../parts/timeline.tsx';
import { WaysOut } from '../../parts/ways-out.tsx';

/** What nobody knows about: one decision at a time, and those that were taken. */
export function Uncertain() {
  const t = texts.uncertain;
  const view = useGenerations<RowFragment>({
    filter: { status: ['UNCERTAIN'] },
    orderBy: { field: 'CREATED_AT', direction: 'ASC' },
    document: GenerationRowsDocument,
  });
  // Those that are settled stay in the list until it is read anew.
  const waiting = view.generations.filter(({ status }) => status === 'UNCERTAIN');
  const [skipped, setSkipped] = useState(0);
  const current = waiting[skipped % Math.max(waiting.length, 1)];
  return (
    <>
      <PageHead title={texts.pages.uncertain} />
      <Stack>
        <ErrorNote error={view.error} retry={view.refresh} />
        {view.isLoading && waiting.length === 0 && <Waiting />}
        {!view.isLoading && !view.error && waiting.length === 0 && (
          <Empty title={t.none}>{t.noneHelp}</Empty>
        )}
        {current && (
          <>
            <Group justify="space-between">
              <Text role="status">{count(t.count, waiting.length)}</Text>
              {waiting.length > 1 && (
                <Button size="xs" variant="default" onClick={() => setSkipped((n) => n + 1)}>
                  {t.next}
                </Button>
              )}
            </Group>
            <Case key={current.id} id={current.id} onSettled={view.refresh} />
          </>
        )}
        <Settled />
      </Stack>
    </>
  );
}

function Case({ id, onSettled }: { id: string; onSettled: () => void }) {
  const answer = useAnswer(GenerationDetailDocument, { id });
  const generation = answer.data?.generation;
  const t = texts.uncertain;
  if (answer.error) return <ErrorNote error={answer.error} />;
  if (!generation) return <Waiting />;
  const last = generation.submissions.at(-1);
  const mayHaveCost = generation.listPrice
    ? riskOf([generation]).lost.text
    : texts.generation.noPrice;
  return (
    <Card withBorder>
      <Stack>
        <Title order={2}>
          <Anchor
            inherit
            renderRoot={(link) => <Link to="/generations/$id" params={{ id }} {...link} />}
          >
            <Foreign text={generation.prompt?.slice(0, 200) ?? texts.list.noPrompt} />
          </Anchor>
        </Title>
        <Facts
          facts={[
            [texts.list.model, generation.model],
            [texts.list.caller, <Foreign key="caller" text={generation.callerId} />],
            [t.sentAt, last?.sentAt && <TimeWithUtc at={last.sentAt} />],
            [
              t.sentTo,
              last && <Foreign text={`${last.account.name} (${last.account.fingerprint})`} />,
            ],
            [t.answered, last?.statusMessage && <Foreign text={last.statusMessage} />],
            [t.why, generation.failure && <Foreign text={generation.failure.message} />],
            [t.mayHaveCost, mayHaveCost],
          ]}
        />
        <WaysOut generation={generation} onSettled={onSettled} />
      </Stack>
    </Card>
  );
}

/** Who decided what, by the audit log. */
function Settled() {
  const answer = useAnswer(AuditEventsDocument, {
    first: 20,
    direction: 'DESC',
    filter: {
      action: ['TASK_ATTACHED', 'DECLARED_NOT_CREATED', 'RESUBMISSION_ORDERED', 'TASK_RECONCILED'],
    },
  });
  const events = answer.data?.auditEvents.nodes ?? [];
  if (events.length === 0) return null;
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {texts.uncertain.settled}
      </Title>
      <Stack gap="xs">
        {events.map((event) => (
          <Text key={event.id} size="sm">
            <strong>{sayAction(event.action)}</strong> · <TimeWithUtc at={event.occurredAt} />
            {event.callerId && (
              <>
                {' · '}
                {texts.timeline.by} <Foreign text={event.callerId} />
              </>
            )}
            {event.detail && (
              <>
                {' · '}
                <Foreign text={restOfDetail(event)} />
              </>
            )}{' '}
            {event.generationId && (
              <Anchor
                renderRoot={(link) => (
                  <Link to="/generations/$id" params={{ id: event.generationId! }} {...link} />
                )}
              >
                {texts.webhooks.generation}
              </Anchor>
            )}
          </Text>
        ))}
      </Stack>
    </Card>
  );
}

import { Anchor, Button, Card, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useGenerations } from '../../../../client/src/react/index.ts';
import {
  AttachTaskDocument,
  AuditEventsDocument,
  DeclareNotCreatedDocument,
  GenerationDetailDocument,
  GenerationRowsDocument,
  ResubmitDocument,
  TaskCandidatesDocument,
  type GenerationDetailQuery,
  type RowFragment,
} from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Facts } from '../../parts/facts.tsx';
import { Empty, ErrorNote, Waiting } from '../../parts/feedback.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { moneyOf } from '../../parts/money.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { TimeWithUtc } from '../../parts/time.tsx';
import { useAct } from '../../parts/use-act.ts';
import { useMay } from '../../session.tsx';
import { count, texts } from '../../texts.ts';
import { sayAction, sayDetail } from '../../parts/timeline.tsx';

type Detail = NonNullable<GenerationDetailQuery['generation']>;

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
            [t.sentTo, last && `${last.account.name} (${last.account.fingerprint})`],
            [t.answered, last?.statusMessage && <Foreign text={last.statusMessage} />],
            [t.why, generation.failure && <Foreign text={generation.failure.message} />],
            [t.mayHaveCost, moneyOf(last?.listPrice) || texts.generation.noPrice],
          ]}
        />
        <WaysOut generation={generation} onSettled={onSettled} />
      </Stack>
    </Card>
  );
}

function WaysOut({ generation, onSettled }: { generation: Detail; onSettled: () => void }) {
  const { id, version, apiGeneration } = generation;
  const may = useMay();
  const { act, isActing } = useAct();
  const [taskId, setTaskId] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const candidates = useAnswer(
    TaskCandidatesDocument,
    may.administer && apiGeneration === 2 ? { id } : null,
  );
  const t = texts.uncertain;
  if (!may.administer) return <Text c="dimmed">{t.adminsOnly}</Text>;
  const settle = async (way: 'attach' | 'notCreated' | 'resubmit', task = taskId.trim()) => {
    const answer =
      way === 'attach'
        ? await act(AttachTaskDocument, { id, version, taskId: task })
        : await act(way === 'resubmit' ? ResubmitDocument : DeclareNotCreatedDocument, {
            id,
            version,
          });
    const refusal = answer?.outcome.userErrors[0]?.message ?? null;
    setProblem(refusal);
    if (answer && refusal === null) onSettled();
  };
  const price = moneyOf(generation.listPrice) || texts.generation.noPrice;
  return (
    <Stack>
      {problem && (
        <div className="note bad" role="alert">
          {problem}
        </div>
      )}
      <section>
        <Title order={3} fz="md">
          {t.attach}
        </Title>
        <Text size="sm">{t.attachHelp}</Text>
        {(candidates.data?.generation?.candidates ?? []).map((task) => (
          <Group key={task.taskId} gap="xs" mt="xs">
            <code>{task.taskId}</code>
            <Text size="sm">
              <TimeWithUtc at={task.createdAt} /> · {task.upstreamStatus} · {task.resolution}
            </Text>
            <Button
              size="compact-xs"
              loading={isActing}
              onClick={() => void settle('attach', task.taskId)}
            >
              {t.thisOne}
            </Button>
          </Group>
        ))}
        <Group align="flex-end" gap="xs" mt="xs">
          <TextInput
            size="xs"
            label={t.taskId}
            value={taskId}
            onChange={(event) => setTaskId(event.currentTarget.value)}
          />
          <Button
            size="xs"
            loading={isActing}
            disabled={taskId.trim() === ''}
            onClick={() => void settle('attach')}
          >
            {t.attachIt}
          </Button>
        </Group>
      </section>
      <section>
        <Title order={3} fz="md">
          {t.notCreated}
        </Title>
        <Text size="sm">{t.notCreatedHelp}</Text>
        <Button size="xs" mt="xs" loading={isActing} onClick={() => void settle('notCreated')}>
          {t.declareIt}
        </Button>
      </section>
      <section>
        <Title order={3} fz="md">
          {t.resubmit}
        </Title>
        <Text size="sm">{t.resubmitHelp.replace('{price}', price)}</Text>
        <Button
          size="xs"
          mt="xs"
          color="red"
          loading={isActing}
          onClick={() => void settle('resubmit')}
        >
          {t.resubmitIt}
        </Button>
      </section>
    </Stack>
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
                <Foreign text={sayDetail(event.detail)} />
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

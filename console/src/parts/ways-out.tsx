import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { TaskCandidatesDocument, type GenerationDetailQuery } from '../../generated/graphql.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Decide, sayRisk, type Decision } from './decide.tsx';
import { Foreign } from './foreign.tsx';
import { TimeWithUtc } from './time.tsx';
import { useMay } from '../session.tsx';
import { texts } from '../texts.ts';

/** The three ways out of not knowing; each opens a dialog that says what it comes to. */
export function WaysOut(props: {
  generation: NonNullable<GenerationDetailQuery['generation']>;
  onSettled?: () => void;
}) {
  const { generation, onSettled } = props;
  const { id, apiGeneration } = generation;
  const may = useMay();
  const [open, setOpen] = useState<{ decision: Decision; taskId?: string } | null>(null);
  const candidates = useAnswer(
    TaskCandidatesDocument,
    may.administer && apiGeneration === 2 ? { id } : null,
  );
  const t = texts.uncertain;
  if (!may.administer) return <Text c="dimmed">{t.adminsOnly}</Text>;
  const ways = [
    { decision: 'attach', help: t.attachHelp, button: t.attachIt },
    { decision: 'notCreated', help: t.notCreatedHelp, button: t.declareIt },
    {
      decision: 'resubmit',
      help: `${t.resubmitHelp} ${sayRisk(generation)}`,
      button: t.resubmitIt,
    },
  ] as const;
  return (
    <Stack>
      {ways.map(({ decision, help, button }) => (
        <section key={decision}>
          <Title order={3} fz="md">
            {t[decision]}
          </Title>
          <Text size="sm">{help}</Text>
          {decision === 'attach' &&
            (candidates.data?.generation?.candidates ?? []).map((task) => (
              <Group key={task.taskId} gap="xs" mt="xs">
                <code>{task.taskId}</code>
                <Text size="sm">
                  <TimeWithUtc at={task.createdAt} /> · <Foreign text={task.upstreamStatus} /> ·{' '}
                  {task.resolution}
                </Text>
                <Button
                  size="compact-xs"
                  onClick={() => setOpen({ decision, taskId: task.taskId })}
                >
                  {t.thisOne}
                </Button>
              </Group>
            ))}
          <Button
            size="xs"
            mt="xs"
            color={decision === 'resubmit' ? 'red' : undefined}
            onClick={() => setOpen({ decision })}
          >
            {button}
          </Button>
        </section>
      ))}
      {open && (
        <Decide
          {...open}
          generation={generation}
          onClose={() => setOpen(null)}
          onSettled={() => {
            setOpen(null);
            onSettled?.();
          }}
        />
      )}
    </Stack>
  );
}

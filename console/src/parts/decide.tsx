import { Button, Group, List, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { flushSync } from 'react-dom';
import { InvalidInputError } from '../../../client/src/errors.ts';
import {
  AttachTaskDocument,
  DeclareNotCreatedDocument,
  ResubmitDocument,
  type GenerationDetailQuery,
} from '../../generated/graphql.ts';
import { texts } from '../texts.ts';
import { Dialog } from './dialog.tsx';
import { Facts } from './facts.tsx';
import { Foreign } from './foreign.tsx';
import { moneyOf, riskOf } from './money.ts';
import { TimeWithUtc } from './time.tsx';
import { useReport } from './report.tsx';
import { useAct } from './use-act.ts';

export type Decision = 'attach' | 'notCreated' | 'resubmit';
type Detail = NonNullable<GenerationDetailQuery['generation']>;

/** What a person settles: first what is meant, what will happen, and what it costs at worst. */
export function Decide(props: {
  decision: Decision;
  generation: Detail;
  /** The one that was chosen; left out, it is asked for. */
  taskId?: string;
  onClose: () => void;
  onSettled: () => void;
}) {
  const { decision, taskId: chosen, onClose, onSettled } = props;
  // What was seen when the dialog opened is what is decided about: whatever changed since is refused.
  const [generation] = useState(props.generation);
  const { act, isActing } = useAct();
  const report = useReport();
  const [typed, setTyped] = useState('');
  const [refusal, setRefusal] = useState<string | null>(null);
  const t = texts.decide[decision];
  const taskId = chosen ?? typed.trim();
  const decide = async () => {
    const { id, version } = generation;
    const answer =
      decision === 'attach'
        ? await act(AttachTaskDocument, { id, version, taskId })
        : await act(decision === 'resubmit' ? ResubmitDocument : DeclareNotCreatedDocument, {
            id,
            version,
          });
    if (!answer) return onClose();
    const { userErrors } = answer.outcome;
    if (userErrors[0]?.field?.includes('taskId')) return setRefusal(userErrors[0].message);
    // Told on the page: the dialog goes with what somebody else has settled.
    if (userErrors.length > 0) {
      report(new InvalidInputError(userErrors));
      return onClose();
    }
    // Only without the dialog can the page be gone to; the button that opened it goes with what was settled.
    flushSync(onSettled);
    document.getElementById('page')?.focus();
  };
  return (
    <Dialog onClose={onClose} title={t.title}>
      <Stack>
        <Meant generation={generation} taskId={chosen} />
        <List size="sm" spacing={4}>
          {t.happens.map((line) => (
            <List.Item key={line}>{line}</List.Item>
          ))}
        </List>
        <Text fw={600}>{costOf(decision, generation)}</Text>
        {generation.simulated && <Text size="sm">{texts.decide.simulated}</Text>}
        {decision === 'attach' && chosen === undefined && (
          <TextInput
            label={texts.uncertain.taskId}
            description={texts.decide.taskIdHelp}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              setRefusal(null);
            }}
            maxLength={256}
            data-autofocus
          />
        )}
        {refusal && (
          <Text c="var(--mantine-color-error)" role="alert">
            <Foreign text={refusal} />
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {texts.leave}
          </Button>
          <Button
            color={decision === 'attach' ? undefined : 'red'}
            loading={isActing}
            disabled={decision === 'attach' && taskId === ''}
            onClick={() => void decide()}
          >
            {t.confirm}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function Meant({ generation, taskId }: { generation: Detail; taskId: string | undefined }) {
  const { prompt, submissions } = generation;
  const last = submissions.at(-1);
  const name = prompt?.slice(0, 120) ?? texts.list.noPrompt;
  return (
    <Facts
      facts={[
        [texts.list.prompt, <Foreign key="prompt" text={name} />],
        [texts.list.caller, <Foreign key="caller" text={generation.callerId} />],
        [texts.uncertain.sentAt, last?.sentAt && <TimeWithUtc at={last.sentAt} />],
        [texts.list.task, taskId && <code>{taskId}</code>],
      ]}
    />
  );
}

const costOf = (decision: Decision, generation: Detail) =>
  decision === 'resubmit' ? sayRisk(generation) : texts.decide[decision].cost;

/** What it costs to send it once more, and at worst. */
export function sayRisk(generation: Detail): string {
  const { listPrice } = generation;
  const { times, worst } = riskOf([generation]);
  const t = texts.decide.resubmit;
  return (listPrice ? t.cost : t.noPrice)
    .replace('{price}', moneyOf(listPrice))
    .replace('{worst}', worst.text)
    .replace('{times}', String(times));
}

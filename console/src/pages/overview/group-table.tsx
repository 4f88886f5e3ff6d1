import { Button, Card, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { StatsDocument, type StatsQuery } from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { ErrorNote } from '../../parts/feedback.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { moneyOf } from '../../parts/money.ts';
import { describeMs } from '../../parts/time.tsx';
import { count, texts } from '../../texts.ts';

interface Named {
  title: string;
  groupBy: 'DAY' | 'MODEL' | 'CALLER' | 'TENANT';
}

/** Of a thousand callers few are looked at. */
const shownAtOnce = 50;

/** The numbers by day, model, caller or tenant. */
export function GroupTable(
  props: Named & {
    period: { from: string };
    /** Below a picture: shown when it is asked for. */
    folded?: boolean;
  },
) {
  const { title, groupBy, period, folded = false } = props;
  const [isOpen, setOpen] = useState(!folded);
  const answer = useAnswer(StatsDocument, { groupBy: [groupBy], period });
  const table = <Groups title={title} groupBy={groupBy} stats={answer.data?.generationStats} />;
  if (folded) {
    return (
      <>
        <Button
          size="compact-sm"
          variant="subtle"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {texts.overview.numbers}
        </Button>
        {isOpen && table}
      </>
    );
  }
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {title}
      </Title>
      <ErrorNote error={answer.error} />
      {table}
    </Card>
  );
}

function Groups(props: Named & { stats: StatsQuery['generationStats'] | undefined }) {
  const { title, groupBy, stats } = props;
  const [shown, setShown] = useState(shownAtOnce);
  const groups = stats?.groups ?? [];
  const t = texts.overview;
  return (
    <>
      <Table.ScrollContainer minWidth={480} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table aria-label={title}>
          <Table.Thead>
            <Table.Tr>
              {[t.group[groupBy], t.count, t.successRate, t.latency, t.spend, t.possibleSpend].map(
                (label) => (
                  <Table.Th key={label}>{label}</Table.Th>
                ),
              )}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {groups.slice(0, shown).map((group) => {
              const name = group.day ?? group.model ?? group.callerId ?? group.tenant ?? t.noTenant;
              return (
                <Table.Tr key={name}>
                  <Table.Th scope="row">
                    <Foreign text={name} />
                  </Table.Th>
                  <Table.Td>{group.count.toLocaleString()}</Table.Td>
                  <Table.Td>
                    {group.successRate === null ? '' : `${(100 * group.successRate).toFixed(1)} %`}
                  </Table.Td>
                  <Table.Td>{group.latency && describeMs(group.latency.p50 * 1_000)}</Table.Td>
                  <Table.Td>{moneyOf(group.spend)}</Table.Td>
                  <Table.Td>{moneyOf(group.possibleSpend)}</Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {groups.length > shown && (
        <Button size="xs" mt="xs" variant="default" onClick={() => setShown(shown + shownAtOnce)}>
          {texts.list.more}
        </Button>
      )}
      {stats?.hasMoreGroups && (
        <Text size="sm" c="dimmed" mt="xs">
          {count(t.leftOut, groups.length)}
        </Text>
      )}
    </>
  );
}

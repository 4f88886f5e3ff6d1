import { Card, SegmentedControl, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useMemo } from 'react';
import { StatsDocument, type StatsQuery } from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Empty, ErrorNote, Waiting } from '../../parts/feedback.tsx';
import { moneyOf } from '../../parts/money.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { describeMs } from '../../parts/time.tsx';
import { overviewRoute } from '../../router.tsx';
import { useMay } from '../../session.tsx';
import { texts } from '../../texts.ts';
import { GroupTable } from './group-table.tsx';
import { TroubleCards } from './trouble.tsx';

// The pictures are heavier than all the rest.
const DayChart = lazy(() => import('./day-chart.tsx'));

export type StatsGroup = StatsQuery['generationStats']['groups'][number];

const dayMs = 86_400_000;

export function Overview() {
  const { days = '30' } = overviewRoute.useSearch();
  const navigate = useNavigate();
  const may = useMay();
  const t = texts.overview;
  const period = useMemo(() => {
    // To the minute, so that the same question is remembered.
    const now = Math.ceil(Date.now() / 60_000) * 60_000;
    return { from: new Date(now - Number(days) * dayMs).toISOString() };
  }, [days]);
  const all = useAnswer(StatsDocument, { groupBy: [], period });
  const stats = all.data?.generationStats;
  const total = stats?.groups[0];
  return (
    <>
      <PageHead title={texts.pages.overview}>
        <SegmentedControl
          size="xs"
          aria-label={t.period}
          data={Object.entries(t.periods).map(([value, label]) => ({ value, label }))}
          value={days}
          onChange={(value) => void navigate({ to: '/', search: { days: value } })}
        />
      </PageHead>
      <Stack>
        <TroubleCards />
        <ErrorNote error={all.error} retry={() => void all.refetch()} />
        {!stats && !all.error && <Waiting />}
        {stats && !total?.count && <Empty title={t.nothing}>{t.nothingHelp}</Empty>}
        {stats && total && total.count > 0 && (
          <>
            {stats.simulated && <div className="note calm">{t.simulated}</div>}
            <Totals total={total} />
            <ByDay period={period} />
            <SimpleGrid cols={{ base: 1, xl: 2 }}>
              <GroupTable title={t.byModel} groupBy="MODEL" period={period} />
              {may.seeAll && <GroupTable title={t.byCaller} groupBy="CALLER" period={period} />}
              {may.seeAll && <GroupTable title={t.byTenant} groupBy="TENANT" period={period} />}
            </SimpleGrid>
          </>
        )}
      </Stack>
    </>
  );
}

function Totals({ total }: { total: StatsGroup }) {
  const t = texts.overview;
  const { latency, successRate } = total;
  const figures = [
    [t.count, total.count.toLocaleString()],
    [t.spend, moneyOf(total.spend)],
    [t.possibleSpend, moneyOf(total.possibleSpend)],
    [t.successRate, successRate === null ? '–' : `${(100 * successRate).toFixed(1)} %`],
    [t.latency, latency ? describeMs(latency.p50 * 1_000) : '–'],
    [t.latencySlow, latency ? describeMs(latency.p95 * 1_000) : '–'],
  ] as const;
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="xs">
      {figures.map(([label, value]) => (
        <Card key={label} withBorder padding="sm">
          <Text size="sm" c="dimmed">
            {label}
          </Text>
          <Text fw={700} fz="lg">
            {value}
          </Text>
        </Card>
      ))}
    </SimpleGrid>
  );
}

function ByDay({ period }: { period: { from: string } }) {
  const answer = useAnswer(StatsDocument, { groupBy: ['DAY'], period });
  const groups = answer.data?.generationStats.groups ?? [];
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {texts.overview.byDay}
      </Title>
      <ErrorNote error={answer.error} />
      <div style={{ minHeight: 240 }}>
        {groups.length > 0 && (
          <Suspense fallback={<Waiting />}>
            <DayChart groups={groups} />
          </Suspense>
        )}
      </div>
      <GroupTable title={texts.overview.byDay} groupBy="DAY" period={period} folded />
    </Card>
  );
}

import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { texts } from '../../texts.ts';
import type { StatsGroup } from './page.tsx';

/** Spend by day; the numbers are in the table below it, which is what a screen reader reads. */
export default function DayChart({ groups }: { groups: readonly StatsGroup[] }) {
  const data = groups
    .map(({ day, spend, possibleSpend }) => ({
      day: day ?? '',
      [texts.overview.spend]: Number(spend.amount),
      [texts.overview.possibleSpend]: Number(possibleSpend.amount),
    }))
    .reverse();
  return (
    <div aria-hidden>
      <BarChart
        h={240}
        data={data}
        dataKey="day"
        type="stacked"
        withLegend
        series={[
          { name: texts.overview.spend, color: 'blue.6' },
          { name: texts.overview.possibleSpend, color: 'yellow.6' },
        ]}
        valueFormatter={(value) => `$${value.toFixed(2)}`}
        barChartProps={{ accessibilityLayer: false }}
        barProps={{ isAnimationActive: false }}
      />
    </div>
  );
}

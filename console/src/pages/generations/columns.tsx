import type { RowFragment } from '../../../generated/graphql.ts';
import { Foreign } from '../../parts/foreign.tsx';
import { moneyOf } from '../../parts/money.ts';
import { StateBadge } from '../../parts/state-badge.tsx';
import { describeMs, Time } from '../../parts/time.tsx';
import { texts } from '../../texts.ts';
import { Poster } from './posters.tsx';

interface Column {
  label: string;
  show: (row: RowFragment) => React.ReactNode;
}

/** What may stand in the table, in this order; the state and the prompt, which comes behind the video, are always there. */
export const columns = {
  video: { label: texts.list.video, show: (row) => <Poster row={row} /> },
  model: {
    label: texts.list.model,
    show: ({ model }) => <span className="unbroken">{model}</span>,
  },
  output: {
    label: texts.list.output,
    show: ({ resolution, duration }) =>
      [resolution, duration === null ? null : `${duration}\u00a0s`]
        .filter(Boolean)
        .join('\u00a0·\u00a0'),
  },
  created: { label: texts.list.created, show: ({ createdAt }) => <Time at={createdAt} brief /> },
  took: {
    label: texts.list.took,
    show: ({ createdAt, completedAt }) =>
      completedAt && describeMs(Date.parse(completedAt) - Date.parse(createdAt)),
  },
  price: {
    label: texts.list.price,
    show: ({ cost, listPrice }) => moneyOf(cost ?? listPrice),
  },
  caller: { label: texts.list.caller, show: ({ callerId }) => <Foreign text={callerId} /> },
  tenant: { label: texts.list.tenant, show: ({ tenant }) => tenant && <Foreign text={tenant} /> },
  tags: {
    label: texts.list.tags,
    show: ({ tags }) =>
      tags.map((tag) => (
        <span key={tag} className="state calm">
          <Foreign text={tag} />
        </span>
      )),
  },
  failure: {
    label: texts.list.failure,
    show: ({ failure }) => failure && <Foreign text={failure.message} />,
  },
  attempts: { label: texts.list.attempts, show: ({ attempts }) => attempts },
  task: { label: texts.list.task, show: ({ taskId }) => taskId && <code>{taskId}</code> },
  changed: { label: texts.list.changed, show: ({ updatedAt }) => <Time at={updatedAt} brief /> },
} as const satisfies Record<string, Column>;

export type ColumnName = keyof typeof columns;
export const columnNames = Object.keys(columns) as ColumnName[];

export const usualColumns: ColumnName[] = [
  'video',
  'model',
  'output',
  'created',
  'price',
  'caller',
];

export const stateColumn: Column = {
  label: texts.list.state,
  show: (row) => <StateBadge generation={row} />,
};

import { Anchor, Checkbox, Table } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { memo, useEffect, useRef } from 'react';
import type { RowFragment } from '../../../generated/graphql.ts';
import { Foreign } from '../../parts/foreign.tsx';
import { texts } from '../../texts.ts';
import { columns, stateColumn, type ColumnName } from './columns.tsx';

interface Props {
  rows: RowFragment[];
  shown: ColumnName[];
  /** The row that the keys j and k have come to; -1: none. */
  at: number;
  chosen: ReadonlySet<string>;
  choose: React.Dispatch<React.SetStateAction<ReadonlySet<string>>>;
}

export function GenerationTable({ rows, shown, at, chosen, choose }: Props) {
  const { hasVideo, others } = inOrder(shown);
  const all = rows.every(({ id }) => chosen.has(id));
  return (
    <Table.ScrollContainer minWidth={900} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table highlightOnHover verticalSpacing={6} aria-label={texts.pages.generations}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={36}>
              <Checkbox
                aria-label={texts.list.chooseAll}
                checked={all}
                indeterminate={!all && chosen.size > 0}
                onChange={() => choose(all ? new Set() : new Set(rows.map(({ id }) => id)))}
              />
            </Table.Th>
            <Table.Th>{stateColumn.label}</Table.Th>
            {hasVideo && <Table.Th>{columns.video.label}</Table.Th>}
            <Table.Th>{texts.list.prompt}</Table.Th>
            {others.map((name) => (
              <Table.Th key={name}>{columns[name].label}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row, index) => (
            <Row
              key={row.id}
              row={row}
              shown={shown}
              isHere={index === at}
              isChosen={chosen.has(row.id)}
              choose={choose}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** By itself, so that a change of one leaves the others alone. */
const Row = memo(function Row(props: {
  row: RowFragment;
  shown: ColumnName[];
  isHere: boolean;
  isChosen: boolean;
  choose: Props['choose'];
}) {
  const { row, shown, isHere, isChosen, choose } = props;
  const element = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (isHere) element.current?.scrollIntoView({ block: 'nearest' });
  }, [isHere]);
  const { hasVideo, others } = inOrder(shown);
  const name = row.prompt ?? (row.redactedAt ? texts.list.redacted : texts.list.noPrompt);
  return (
    <Table.Tr
      ref={element}
      className={isHere ? 'chosen-row' : undefined}
      aria-current={isHere || undefined}
    >
      <Table.Td>
        <Checkbox
          aria-label={`${texts.list.choose} ${name.slice(0, 80)}`}
          checked={isChosen}
          onChange={() =>
            choose((before) => {
              const next = new Set(before);
              if (!next.delete(row.id)) next.add(row.id);
              return next;
            })
          }
        />
      </Table.Td>
      <Table.Td>{stateColumn.show(row)}</Table.Td>
      {hasVideo && <Table.Td>{columns.video.show(row)}</Table.Td>}
      <Table.Td className="prompt">
        <Anchor
          className="one-line"
          renderRoot={(link) => <Link to="/generations/$id" params={{ id: row.id }} {...link} />}
        >
          <Foreign text={name.slice(0, 200)} />
        </Anchor>
      </Table.Td>
      {others.map((column) => (
        <Table.Td key={column}>{columns[column].show(row)}</Table.Td>
      ))}
    </Table.Tr>
  );
});

/** The video stands before the prompt, the others behind it. */
const inOrder = (shown: ColumnName[]) => ({
  hasVideo: shown.includes('video'),
  others: shown.filter((name) => name !== 'video'),
});

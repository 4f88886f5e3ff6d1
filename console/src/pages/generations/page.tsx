import { Anchor, Button, Checkbox, Group, Popover, Stack, Text } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState } from 'react';
import { useGenerations } from '../../../../client/src/react/index.ts';
import { GenerationRowsDocument, type RowFragment } from '../../../generated/graphql.ts';
import { listOf } from '../../parts/address.ts';
import { CopyAs } from '../../parts/copy-as.tsx';
import { Empty, ErrorNote, Waiting } from '../../parts/feedback.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { useKeys } from '../../parts/use-keys.ts';
import { generationsRoute } from '../../router.tsx';
import { useMay } from '../../session.tsx';
import { count, texts } from '../../texts.ts';
import { BulkActions } from './bulk-actions.tsx';
import { columnNames, columns, usualColumns, type ColumnName } from './columns.tsx';
import { Filters } from './filters.tsx';
import { PosterLinks } from './posters.tsx';
import { SavedViews } from './saved-views.tsx';
import { countConditions, filterOf, orderOf, type ListSearch } from './search.ts';
import { GenerationTable } from './table.tsx';

const pageSize = 50;

export function Generations() {
  const search = generationsRoute.useSearch();
  const navigate = useNavigate();
  const may = useMay();
  const promptField = useRef<HTMLInputElement>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  // By its id: others may be put before it.
  const [atId, setAtId] = useState<string | null>(null);
  const view = useGenerations<RowFragment>({
    filter: filterOf(search),
    orderBy: orderOf(search),
    pageSize,
    document: GenerationRowsDocument,
  });
  const rows = view.generations;
  const at = rows.findIndex(({ id }) => id === atId);
  const goTo = (index: number) => setAtId(rows[index]?.id ?? null);
  const change = useCallback(
    (words: ListSearch) => {
      setAtId(null);
      setChosen(new Set());
      void navigate({
        to: '/generations',
        search: (before: ListSearch) => ({ ...before, ...words }),
        replace: true,
      });
    },
    [navigate],
  );
  const shown = useMemo(() => {
    const wanted = search.columns === undefined ? usualColumns : listOf(search.columns);
    return columnNames.filter((name) => wanted.includes(name));
  }, [search.columns]);

  useKeys({
    j: () => goTo(Math.min(at + 1, rows.length - 1)),
    k: () => goTo(Math.max(at - 1, 0)),
    x: () => rows[at] && setChosen((ids) => toggled(ids, rows[at]!.id)),
    Enter: () => {
      const row = rows[at];
      if (row) void navigate({ to: '/generations/$id', params: { id: row.id } });
    },
    '/': () => promptField.current?.focus(),
  });

  return (
    <>
      <PageHead title={texts.pages.generations}>
        <CopyAs
          document={GenerationRowsDocument}
          variables={{ first: pageSize, filter: filterOf(search), orderBy: orderOf(search) }}
        />
        <SavedViews search={search} />
        <ChooseColumns shown={shown} onChange={(names) => change({ columns: names.join(',') })} />
        {may.generate && (
          <Button size="xs" renderRoot={(props) => <Link to="/make" {...props} />}>
            {texts.pages.make}
          </Button>
        )}
      </PageHead>
      <Stack gap="sm">
        <Filters search={search} onChange={change} promptRef={promptField} />
        <Group justify="space-between" mih={28}>
          <Text size="sm" c="dimmed" role="status">
            {view.totalCount !== null &&
              count(texts.list.count, view.totalCount, !view.totalCountIsExact)}
          </Text>
          <Text size="sm" c="dimmed" visibleFrom="sm">
            {texts.list.keys}
          </Text>
        </Group>
        <div role="status">
          {view.newCount > 0 && (
            <Button fullWidth variant="light" className="busy" onClick={view.refresh}>
              {count(texts.list.news, view.newCount)}
            </Button>
          )}
        </div>
        <BulkActions
          rows={rows.filter(({ id }) => chosen.has(id))}
          search={search}
          onDone={() => {
            setChosen(new Set());
            view.refresh();
          }}
        />
        <ErrorNote error={view.error} retry={view.refresh} />
        {rows.length > 0 && (
          <PosterLinks>
            <GenerationTable rows={rows} shown={shown} at={at} chosen={chosen} choose={setChosen} />
          </PosterLinks>
        )}
        {rows.length === 0 && view.isLoading && <Waiting />}
        {rows.length === 0 && !view.isLoading && !view.error && <Nothing search={search} />}
        {view.hasMore && (
          <Button variant="default" onClick={view.loadMore} loading={view.isLoading}>
            {texts.list.more}
          </Button>
        )}
      </Stack>
    </>
  );
}

function Nothing({ search }: { search: ListSearch }) {
  const may = useMay();
  if (countConditions(search) > 0) {
    return (
      <Empty title={texts.list.noneMatch}>
        <Anchor renderRoot={(props) => <Link to="/generations" {...props} />}>
          {texts.list.showAll}
        </Anchor>
      </Empty>
    );
  }
  return (
    <Empty title={texts.list.none}>
      {texts.list.noneHelp}{' '}
      {may.generate && (
        <Anchor renderRoot={(props) => <Link to="/make" {...props} />}>{texts.list.first}</Anchor>
      )}
    </Empty>
  );
}

function ChooseColumns(props: { shown: ColumnName[]; onChange: (names: ColumnName[]) => void }) {
  const { shown, onChange } = props;
  return (
    <Popover position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <Button size="xs" variant="default">
          {texts.list.columns}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          {columnNames.map((name) => (
            <Checkbox
              key={name}
              label={columns[name].label}
              checked={shown.includes(name)}
              onChange={() =>
                onChange(columnNames.filter((each) => shown.includes(each) !== (each === name)))
              }
            />
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

function toggled(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return next;
}

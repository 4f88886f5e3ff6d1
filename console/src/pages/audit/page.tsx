import { Anchor, Button, Group, Stack, Table } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useReelgraph } from '../../../../client/src/react/index.ts';
import { AuditEventsDocument, type EventFragment } from '../../../generated/graphql.ts';
import { ChangeList } from '../../parts/change-list.tsx';
import { changesOf, restOfDetail } from '../../parts/changes.ts';
import { CopyAs } from '../../parts/copy-as.tsx';
import { Empty, ErrorNote, Waiting } from '../../parts/feedback.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Raw } from '../../parts/raw.tsx';
import { describeMs, Time } from '../../parts/time.tsx';
import { sayAction } from '../../parts/timeline.tsx';
import { useExport } from '../../parts/use-export.ts';
import { auditRoute } from '../../router.tsx';
import { texts } from '../../texts.ts';
import { Chain } from './chain.tsx';
import { AuditFilters } from './filters.tsx';
import { auditFilterOf, type AuditSearch } from './search.ts';

const pageSize = 50;

export function Audit() {
  const search = auditRoute.useSearch();
  const navigate = useNavigate();
  const client = useReelgraph();
  const { exportFile, isExporting } = useExport();
  const filter = auditFilterOf(search);
  const direction = search.order === 'oldest' ? 'ASC' : 'DESC';
  const list = useInfiniteQuery({
    queryKey: ['audit', filter, direction],
    queryFn: ({ pageParam: after, signal }) =>
      client.request(
        AuditEventsDocument,
        { first: pageSize, after, filter, direction },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ auditEvents: { pageInfo } }) =>
      pageInfo.hasNextPage ? pageInfo.endCursor : null,
  });
  const events = list.data?.pages.flatMap(({ auditEvents }) => auditEvents.nodes) ?? [];
  const change = (words: AuditSearch) =>
    void navigate({
      to: '/audit',
      search: (before: AuditSearch) => ({ ...before, ...words }),
      replace: true,
    });
  return (
    <>
      <PageHead title={texts.pages.audit}>
        <CopyAs document={AuditEventsDocument} variables={{ first: pageSize, filter, direction }} />
        {(['CSV', 'NDJSON'] as const).map((format) => (
          <Button
            key={format}
            size="xs"
            variant="default"
            loading={isExporting}
            onClick={() => exportFile({ of: 'audit', filter, format })}
          >
            {`${texts.bulk.export} ${format}`}
          </Button>
        ))}
      </PageHead>
      <Stack>
        <Chain />
        <AuditFilters search={search} onChange={change} />
        <ErrorNote error={list.error} retry={() => void list.refetch()} />
        {list.isLoading && <Waiting />}
        {list.isSuccess && events.length === 0 && (
          <Empty title={texts.audit.none}>{texts.audit.noneHelp}</Empty>
        )}
        {events.length > 0 && <EventTable events={events} />}
        {list.hasNextPage && (
          <Button
            variant="default"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            {texts.list.more}
          </Button>
        )}
      </Stack>
    </>
  );
}

function EventTable({ events }: { events: readonly EventFragment[] }) {
  const t = texts.audit;
  return (
    <Table.ScrollContainer minWidth={760} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table verticalSpacing={6} aria-label={texts.pages.audit}>
        <Table.Thead>
          <Table.Tr>
            {[t.at, t.action, t.who, t.what, t.about].map((label) => (
              <Table.Th key={label}>{label}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {events.map((event) => (
            <Table.Tr key={event.id}>
              <Table.Td>
                <Time at={event.occurredAt} />
              </Table.Td>
              <Table.Td>{sayAction(event.action)}</Table.Td>
              <Table.Td>
                {event.callerId ? <Foreign text={event.callerId} /> : t.service}
                {event.ip && <small> {event.ip}</small>}
              </Table.Td>
              <Table.Td>
                <What event={event} />
              </Table.Td>
              <Table.Td>
                <Group gap={4}>
                  <About event={event} />
                  <Raw value={event} />
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function What({ event }: { event: EventFragment }) {
  const text = [
    event.httpStatus && `HTTP ${event.httpStatus}`,
    event.latencyMs !== null && describeMs(event.latencyMs),
    event.upstreamMessage,
    restOfDetail(event),
  ];
  return (
    <>
      <ChangeList changes={changesOf(event)} />
      <Foreign text={text.filter(Boolean).join(' · ')} />
    </>
  );
}

function About({ event: { generationId, objectId } }: { event: EventFragment }) {
  if (generationId) {
    return (
      <Anchor
        renderRoot={(link) => (
          <Link to="/generations/$id" params={{ id: generationId }} {...link} />
        )}
      >
        {texts.webhooks.generation}
      </Anchor>
    );
  }
  return objectId && <code>{objectId.slice(0, 13)}…</code>;
}

import { Stack, Table, Text } from '@mantine/core';
import {
  MediaUsageDocument,
  type MediaUsageQuery,
  type StoredFragment,
} from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { describeBytes } from '../../parts/bytes.ts';
import { CopyAs } from '../../parts/copy-as.tsx';
import { Empty, ErrorNote, Waiting } from '../../parts/feedback.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Time } from '../../parts/time.tsx';
import { texts } from '../../texts.ts';

type Usage = MediaUsageQuery['mediaUsage'];

/** What is stored for whom: videos that are kept, and files that were given. */
export function Media() {
  const answer = useAnswer(MediaUsageDocument, {});
  const usage = answer.data?.mediaUsage;
  const t = texts.media;
  return (
    <>
      <PageHead title={texts.pages.media}>
        <CopyAs document={MediaUsageDocument} variables={{}} />
      </PageHead>
      <Stack>
        <ErrorNote error={answer.error} retry={() => void answer.refetch()} />
        {!usage && !answer.error && <Waiting />}
        {usage?.groups.length === 0 && <Empty title={t.none}>{t.noneHelp}</Empty>}
        {usage && usage.groups.length > 0 && <UsageTable usage={usage} />}
        {usage?.hasMoreGroups && <Text c="dimmed">{t.more}</Text>}
      </Stack>
    </>
  );
}

function UsageTable({ usage: { groups, videoBytesLimit } }: { usage: Usage }) {
  const t = texts.media;
  return (
    <Table.ScrollContainer minWidth={760} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table aria-label={texts.pages.media}>
        <Table.Thead>
          <Table.Tr>
            {[
              ...[t.whose, t.videos, t.videoBytes, t.limit, t.oldest],
              ...[t.inputs, t.inputBytes, t.unfinished],
            ].map((label) => (
              <Table.Th key={label}>{label}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {groups.map(({ tenant, callerId, videos, inputs, unfinishedUploads }) => (
            <Table.Tr key={tenant === null ? `caller ${callerId}` : `tenant ${tenant}`}>
              <Table.Th scope="row">
                <Foreign text={tenant ?? callerId ?? ''} />
                {tenant === null && <small> {t.withoutTenant}</small>}
              </Table.Th>
              <Table.Td>{videos.count.toLocaleString()}</Table.Td>
              <Table.Td>{describeBytes(videos.bytes)}</Table.Td>
              <Table.Td>
                <Limit stored={videos} limit={videoBytesLimit} />
              </Table.Td>
              <Table.Td>{videos.oldestAt && <Time at={videos.oldestAt} />}</Table.Td>
              <Table.Td>{inputs.count.toLocaleString()}</Table.Td>
              <Table.Td>{describeBytes(inputs.bytes)}</Table.Td>
              <Table.Td>{describeBytes(unfinishedUploads.bytes)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Limit({ stored, limit }: { stored: StoredFragment; limit: number | null }) {
  if (limit === null) return texts.media.anyNumber;
  return `${describeBytes(limit)} (${Math.round((100 * stored.bytes) / limit)} %)`;
}

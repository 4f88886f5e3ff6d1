import { Card, Table, Title } from '@mantine/core';
import type { SentFragment } from '../../../generated/graphql.ts';
import { Foreign } from '../../parts/foreign.tsx';
import { moneyOf } from '../../parts/money.ts';
import { Raw } from '../../parts/raw.tsx';
import { describeMs, Time } from '../../parts/time.tsx';
import { texts } from '../../texts.ts';

const looks: Record<SentFragment['outcome'], string> = {
  PREPARED: 'calm',
  NOT_SENT: 'calm',
  SENT: 'busy',
  ACCEPTED: 'good',
  REFUSED: 'bad',
  UNKNOWN: 'warn',
};

/** Every request that left, or was about to: each may have cost money. */
export function Submissions({ submissions }: { submissions: readonly SentFragment[] }) {
  if (submissions.length === 0) return null;
  const t = texts.submissions;
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {t.title}
      </Title>
      <Table.ScrollContainer minWidth={700} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table aria-label={t.title}>
          <Table.Thead>
            <Table.Tr>
              {[t.number, t.outcome, t.sent, t.took, t.answer, t.account, t.price, t.body].map(
                (label) => (
                  <Table.Th key={label}>{label}</Table.Th>
                ),
              )}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {submissions.map((sent) => (
              <Table.Tr key={sent.id}>
                <Table.Td>{sent.number}</Table.Td>
                <Table.Td>
                  <span className={`state ${looks[sent.outcome]}`}>{t.outcomes[sent.outcome]}</span>
                </Table.Td>
                <Table.Td>{sent.sentAt && <Time at={sent.sentAt} />}</Table.Td>
                <Table.Td>{sent.latencyMs !== null && describeMs(sent.latencyMs)}</Table.Td>
                <Table.Td>
                  <Foreign
                    text={[
                      sent.httpStatus && `HTTP ${sent.httpStatus}`,
                      sent.statusCode !== null && String(sent.statusCode),
                      sent.statusMessage,
                    ]
                      .filter(Boolean)
                      .join(' · ')}
                  />
                </Table.Td>
                <Table.Td>
                  <Foreign text={sent.account.name} />
                </Table.Td>
                <Table.Td>{moneyOf(sent.listPrice)}</Table.Td>
                <Table.Td>
                  <code title={sent.bodyHash ?? ''}>{sent.bodyHash?.slice(0, 8)}</code>{' '}
                  <Raw value={sent} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  );
}

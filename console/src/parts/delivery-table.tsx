import { Anchor, Button, Table, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { RedeliverDocument, type DeliveryFragment } from '../../generated/graphql.ts';
import { useMay } from '../session.tsx';
import { count, texts } from '../texts.ts';
import { Foreign } from './foreign.tsx';
import { Raw } from './raw.tsx';
import { describeMs, Time } from './time.tsx';
import { useAct } from './use-act.ts';

const looks: Record<DeliveryFragment['status'], string> = {
  PENDING: 'busy',
  DELIVERED: 'good',
  DEAD: 'bad',
};

/** What was or is to be sent to webhooks, with each attempt. */
export function DeliveryTable({ deliveries }: { deliveries: readonly DeliveryFragment[] }) {
  const t = texts.webhooks;
  const may = useMay();
  const { act, isActing } = useAct();
  return (
    <Table.ScrollContainer minWidth={700} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table aria-label={t.deliveries}>
        <Table.Thead>
          <Table.Tr>
            {[t.event, t.status, t.to, t.at, t.attempts, t.about].map((label) => (
              <Table.Th key={label}>{label}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {deliveries.map((delivery) => (
            <Table.Tr key={delivery.id}>
              <Table.Td>
                {(t.eventNames as Record<string, string>)[delivery.event] ?? delivery.event}
              </Table.Td>
              <Table.Td>
                <span className={`state ${looks[delivery.status]}`}>
                  {t.statuses[delivery.status]}
                </span>
              </Table.Td>
              <Table.Td>
                <Foreign text={delivery.url} />
              </Table.Td>
              <Table.Td>
                <Time at={delivery.createdAt} />
              </Table.Td>
              <Table.Td>
                <Attempts delivery={delivery} />
              </Table.Td>
              <Table.Td>
                {delivery.generationId && (
                  <Anchor
                    renderRoot={(props) => (
                      <Link
                        to="/generations/$id"
                        params={{ id: delivery.generationId! }}
                        {...props}
                      />
                    )}
                  >
                    {t.generation}
                  </Anchor>
                )}
                <Raw value={delivery.body} label={t.body} />
                {may.generate && delivery.status !== 'PENDING' && (
                  <Button
                    size="compact-xs"
                    variant="default"
                    loading={isActing}
                    onClick={() => void act(RedeliverDocument, { id: delivery.id })}
                  >
                    {t.again}
                  </Button>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Attempts({ delivery: { attempts, nextAttemptAt } }: { delivery: DeliveryFragment }) {
  const last = attempts.at(-1);
  return (
    <>
      <Text size="sm">{count(texts.webhooks.attemptCount, attempts.length)}</Text>
      {last && (
        <Text size="sm" c="dimmed">
          {last.httpStatus !== null ? `HTTP ${last.httpStatus}` : ''}{' '}
          <Foreign text={last.error ?? ''} /> {describeMs(last.latencyMs)}
        </Text>
      )}
      {nextAttemptAt && (
        <Text size="sm" c="dimmed">
          {texts.webhooks.next} <Time at={nextAttemptAt} brief />
        </Text>
      )}
      {attempts.length > 0 && <Raw value={attempts} />}
    </>
  );
}

import { Button, Card, Group, Select, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import {
  DeleteEndpointDocument,
  DeliveriesDocument,
  DisableEndpointDocument,
  EnableEndpointDocument,
  EndpointsDocument,
  RotateSecretDocument,
  TestEndpointDocument,
  type EndpointFragment,
  type WebhookDeliveryStatus,
} from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { AskFirst } from '../../parts/ask-first.tsx';
import { DeliveryTable } from '../../parts/delivery-table.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Empty, ErrorNote, Waiting } from '../../parts/feedback.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Secret } from '../../parts/secret.tsx';
import { TimeWithUtc } from '../../parts/time.tsx';
import { useAct } from '../../parts/use-act.ts';
import { useMay } from '../../session.tsx';
import { texts } from '../../texts.ts';
import { CreateEndpoint } from './create-endpoint.tsx';

const everyMs = 10_000;

type Way = 'test' | 'rotate' | 'disable' | 'enable' | 'delete';

export function Webhooks() {
  const may = useMay();
  const answer = useAnswer(EndpointsDocument, {});
  const [isMaking, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const endpoints = answer.data?.webhookEndpoints ?? [];
  const t = texts.webhooks;
  return (
    <>
      <PageHead title={texts.pages.webhooks}>
        {may.generate && (
          <Button size="xs" onClick={() => setMaking(true)}>
            {t.create}
          </Button>
        )}
      </PageHead>
      <Stack>
        <ErrorNote error={answer.error} retry={() => void answer.refetch()} />
        {answer.isLoading && <Waiting />}
        {answer.isSuccess && endpoints.length === 0 && <Empty title={t.none}>{t.noneHelp}</Empty>}
        {endpoints.map((endpoint) => (
          <Endpoint key={endpoint.id} endpoint={endpoint} onSecret={setSecret} />
        ))}
        {endpoints.length > 0 && <AllDeliveries />}
      </Stack>
      {isMaking && (
        <CreateEndpoint
          onClose={(made) => {
            setMaking(false);
            setSecret(made);
          }}
        />
      )}
      {secret && (
        <Secret title={t.made} help={t.madeHelp} secret={secret} onClose={() => setSecret(null)} />
      )}
    </>
  );
}

function Endpoint(props: { endpoint: EndpointFragment; onSecret: (secret: string) => void }) {
  const { endpoint, onSecret } = props;
  const { id, url, disabledAt, disabledReason, failingSince, events } = endpoint;
  const may = useMay();
  const { act, isActing } = useAct();
  const [asked, setAsked] = useState<Way | null>(null);
  const t = texts.webhooks;
  const run = async (way: Way) => {
    if (way === 'test') await act(TestEndpointDocument, { id });
    if (way === 'disable') await act(DisableEndpointDocument, { id });
    if (way === 'enable') await act(EnableEndpointDocument, { id });
    if (way === 'delete') await act(DeleteEndpointDocument, { id });
    if (way === 'rotate') {
      const made = await act(RotateSecretDocument, { id });
      if (made) onSecret(made.rotateWebhookSecret.secret);
    }
    setAsked(null);
  };
  const ways: Way[] = [disabledAt ? 'enable' : 'test', 'rotate'];
  if (!disabledAt) ways.push('disable');
  ways.push('delete');
  return (
    <Card withBorder>
      <Group justify="space-between" align="flex-start">
        <div>
          <Title order={2}>
            <Foreign text={url} />
          </Title>
          {endpoint.description && (
            <Text size="sm">
              <Foreign text={endpoint.description} />
            </Text>
          )}
        </div>
        <span className={`state ${disabledAt ? 'calm' : failingSince ? 'warn' : 'good'}`}>
          {disabledAt ? t.disabled : failingSince ? t.failing : t.enabled}
        </span>
      </Group>
      <Facts
        facts={[
          [t.events, events.map((event) => t.eventNames[event]).join(', ')],
          [texts.list.caller, <Foreign key="caller" text={endpoint.callerId} />],
          [texts.list.created, <TimeWithUtc key="created" at={endpoint.createdAt} />],
          [t.failingSince, failingSince && <TimeWithUtc at={failingSince} />],
          [t.disabledWhy, disabledReason && t.disabledReasons[disabledReason]],
          [
            t.oldSecret,
            endpoint.previousSecretUntil && <TimeWithUtc at={endpoint.previousSecretUntil} />,
          ],
        ]}
      />
      {may.generate && (
        <Group gap="xs" mt="sm">
          {ways.map((way) => (
            <Button
              key={way}
              size="xs"
              variant="default"
              aria-label={`${t.ways[way]}: ${url}`}
              loading={isActing}
              onClick={() => (way === 'test' || way === 'enable' ? void run(way) : setAsked(way))}
            >
              {t.ways[way]}
            </Button>
          ))}
        </Group>
      )}
      {asked && (
        <AskFirst
          title={t.ways[asked]}
          confirm={t.ways[asked]}
          isDangerous={asked === 'delete'}
          isActing={isActing}
          onConfirm={() => void run(asked)}
          onClose={() => setAsked(null)}
        >
          <Foreign text={url} />
          <Text>{t.wayHelp[asked]}</Text>
        </AskFirst>
      )}
    </Card>
  );
}

function AllDeliveries() {
  const [status, setStatus] = useState<WebhookDeliveryStatus | null>(null);
  const answer = useAnswer(
    DeliveriesDocument,
    { first: 20, filter: status ? { status: [status] } : {} },
    { everyMs, keepFormer: true },
  );
  const deliveries = answer.data?.webhookDeliveries.nodes ?? [];
  const t = texts.webhooks;
  return (
    <Card withBorder>
      <Group justify="space-between" mb="sm">
        <Title order={2}>{t.deliveries}</Title>
        <Select
          size="xs"
          aria-label={t.status}
          placeholder={t.anyStatus}
          data={Object.entries(t.statuses).map(([value, label]) => ({ value, label }))}
          value={status}
          onChange={(value) => setStatus(value as WebhookDeliveryStatus | null)}
          clearable
        />
      </Group>
      <ErrorNote error={answer.error} />
      {deliveries.length > 0 ? (
        <DeliveryTable deliveries={deliveries} />
      ) : (
        <Text c="dimmed">{t.noDeliveries}</Text>
      )}
    </Card>
  );
}

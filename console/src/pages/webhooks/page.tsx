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
import { Secret, useSecrets } from '../../parts/secret.tsx';
import { TimeWithUtc } from '../../parts/time.tsx';
import { useAct } from '../../parts/use-act.ts';
import { useMay } from '../../session.tsx';
import { texts } from '../../texts.ts';
import { CreateEndpoint } from './create-endpoint.tsx';

const everyMs = 10_000;

type AskedWay = 'rotate' | 'disable' | 'delete';
type Way = AskedWay | 'test' | 'enable';

interface Asked {
  way: AskedWay;
  endpoint: EndpointFragment;
}

export function Webhooks() {
  const may = useMay();
  const answer = useAnswer(EndpointsDocument, {});
  const [isMaking, setMaking] = useState(false);
  const [asked, setAsked] = useState<Asked | null>(null);
  const { secret, showSecret, forgetSecret } = useSecrets();
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
          <Endpoint
            key={endpoint.id}
            endpoint={endpoint}
            onAsk={(way) => setAsked({ way, endpoint })}
          />
        ))}
        {endpoints.length > 0 && <AllDeliveries />}
      </Stack>
      {secret ? (
        // Whatever was opened while it was made waits.
        <Secret title={t.made} help={t.madeHelp} secret={secret} onClose={forgetSecret} />
      ) : asked ? (
        <Ask
          {...asked}
          onSecret={showSecret}
          onClose={() => setAsked((now) => (now === asked ? null : now))}
        />
      ) : (
        isMaking && (
          <CreateEndpoint
            onClose={(made) => {
              setMaking(false);
              if (made) showSecret(made);
            }}
          />
        )
      )}
    </>
  );
}

/** Says what becomes of it before it is done. */
function Ask(props: Asked & { onSecret: (secret: string) => void; onClose: () => void }) {
  const { way, endpoint, onSecret, onClose } = props;
  const { id, url } = endpoint;
  const { act, isActing } = useAct();
  const t = texts.webhooks;
  const run = async () => {
    if (way === 'disable') await act(DisableEndpointDocument, { id });
    if (way === 'delete') await act(DeleteEndpointDocument, { id });
    if (way === 'rotate') {
      const made = await act(RotateSecretDocument, { id });
      if (made) onSecret(made.rotateWebhookSecret.secret);
    }
    onClose();
  };
  return (
    <AskFirst
      title={t.ways[way]}
      confirm={t.ways[way]}
      isDangerous={way === 'delete'}
      isActing={isActing}
      onConfirm={() => void run()}
      onClose={onClose}
    >
      <Foreign text={url} />
      <Text>{t.wayHelp[way]}</Text>
    </AskFirst>
  );
}

function Endpoint(props: { endpoint: EndpointFragment; onAsk: (way: AskedWay) => void }) {
  const { endpoint, onAsk } = props;
  const { id, url, disabledAt, disabledReason, failingSince, events } = endpoint;
  const may = useMay();
  const { act, isActing } = useAct();
  const t = texts.webhooks;
  const run = (way: Way) => {
    if (way === 'test') return void act(TestEndpointDocument, { id });
    if (way === 'enable') return void act(EnableEndpointDocument, { id });
    onAsk(way);
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
              onClick={() => run(way)}
            >
              {t.ways[way]}
            </Button>
          ))}
        </Group>
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

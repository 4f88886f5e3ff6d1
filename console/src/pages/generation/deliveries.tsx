import { Card, Title } from '@mantine/core';
import { GenerationDeliveriesDocument } from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { DeliveryTable } from '../../parts/delivery-table.tsx';
import { ErrorNote } from '../../parts/feedback.tsx';
import { texts } from '../../texts.ts';

/** What was told to webhooks about it; nothing is shown where nothing was. */
export function Deliveries({ id }: { id: string }) {
  const answer = useAnswer(GenerationDeliveriesDocument, { id });
  const deliveries = answer.data?.webhookDeliveries.nodes ?? [];
  if (answer.error) return <ErrorNote error={answer.error} />;
  if (deliveries.length === 0) return null;
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {texts.webhooks.deliveries}
      </Title>
      <DeliveryTable deliveries={deliveries} />
    </Card>
  );
}

import { Button, Checkbox, Group, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useReelgraph } from '../../../../client/src/react/index.ts';
import { CreateEndpointDocument, type WebhookEvent } from '../../../generated/graphql.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { ErrorNote } from '../../parts/feedback.tsx';
import { texts } from '../../texts.ts';

/** Closes with the secret of the endpoint that was made, or null. */
export function CreateEndpoint({ onClose }: { onClose: (secret: string | null) => void }) {
  const client = useReelgraph();
  const answers = useQueryClient();
  const t = texts.webhooks;
  const [url, setUrl] = useState('');
  const [description, setDescription] = useState('');
  const [events, setEvents] = useState<string[]>([
    ...['GENERATION_SUCCEEDED', 'GENERATION_FAILED'],
    ...['GENERATION_UNCERTAIN', 'GENERATION_CANCELLED'],
  ]);
  const [error, setError] = useState<Error | null>(null);
  const [isSending, setSending] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    // The second of two quick presses would make another.
    if (isSending) return;
    setSending(true);
    try {
      const answer = await client.request(CreateEndpointDocument, {
        input: {
          url: url.trim(),
          events: events as WebhookEvent[],
          ...(description.trim() && { description: description.trim() }),
        },
      });
      onClose(answer.createWebhookEndpoint.secret);
      void answers.invalidateQueries();
    } catch (thrown) {
      setError(thrown as Error);
      setSending(false);
    }
  };
  return (
    <Dialog onClose={() => onClose(null)} title={t.create}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          <TextInput
            type="url"
            label={t.url}
            description={t.urlHelp}
            value={url}
            onChange={(event) => setUrl(event.currentTarget.value)}
            required
            data-autofocus
          />
          <TextInput
            label={t.description}
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
            maxLength={200}
          />
          <Checkbox.Group label={t.events} value={events} onChange={setEvents}>
            <Stack gap={6} mt={6}>
              {Object.entries(t.eventNames).map(([value, label]) => (
                <Checkbox key={value} value={value} label={label} />
              ))}
            </Stack>
          </Checkbox.Group>
          <ErrorNote error={error} isAct />
          <Group justify="flex-end">
            <Button variant="default" onClick={() => onClose(null)}>
              {texts.leave}
            </Button>
            <Button
              type="submit"
              loading={isSending}
              disabled={url.trim() === '' || events.length === 0}
            >
              {t.create}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

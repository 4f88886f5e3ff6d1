import { Group, Text } from '@mantine/core';
import type { EventFragment } from '../../generated/graphql.ts';
import { texts } from '../texts.ts';
import { ChangeList } from './change-list.tsx';
import { changesOf, restOfDetail } from './changes.ts';
import { Foreign } from './foreign.tsx';
import { Raw } from './raw.tsx';
import { describeMs, Time } from './time.tsx';

/** SUBMISSION_SENT as "Submission sent". */
export function sayAction(action: string): string {
  const words = action.toLowerCase().replaceAll('_', ' ').replace('api key', 'API key');
  return words[0]!.toUpperCase() + words.slice(1);
}

export function Timeline({ events }: { events: readonly EventFragment[] }) {
  return (
    <ol className="timeline">
      {events.map((event) => (
        <li key={event.id}>
          <Group gap="xs" align="baseline">
            <Text fw={600}>{sayAction(event.action)}</Text>
          </Group>
          <Text size="sm" c="dimmed">
            <Time at={event.occurredAt} />
            <Details event={event} />
          </Text>
          <ChangeList changes={changesOf(event)} />
          {(event.upstreamMessage || event.detail) && (
            <Text size="sm">
              <Foreign
                text={[event.upstreamMessage, restOfDetail(event)].filter(Boolean).join(' · ')}
              />
            </Text>
          )}
          <Raw value={event} />
        </li>
      ))}
    </ol>
  );
}

function Details({ event }: { event: EventFragment }) {
  const parts = [
    event.latencyMs !== null && describeMs(event.latencyMs),
    event.httpStatus !== null && `HTTP ${event.httpStatus}`,
    event.upstreamCode !== null && `${texts.timeline.code} ${event.upstreamCode}`,
    event.traceId !== null && `${texts.timeline.trace} ${event.traceId}`,
    event.callerId !== null && `${texts.timeline.by} ${event.callerId}`,
  ].filter((part) => part !== false);
  return parts.map((part) => (
    <span key={part}>
      {' · '}
      <Foreign text={part} />
    </span>
  ));
}

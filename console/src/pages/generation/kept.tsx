import { Card, Text, Title } from '@mantine/core';
import { GenerationMediaDocument } from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { describeBytes } from '../../parts/bytes.ts';
import { Facts } from '../../parts/facts.tsx';
import { ErrorNote } from '../../parts/feedback.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { TimeWithUtc } from '../../parts/time.tsx';
import { texts } from '../../texts.ts';

/** What is kept here of a generation: its video, and the files that were fetched for it. */
export function Kept({ id }: { id: string }) {
  // A generation is followed to its end; its video is stored after that.
  const answer = useAnswer(
    GenerationMediaDocument,
    { id },
    { everyMs: 10_000, isOpen: ({ generation }) => generation?.archive?.state === 'PENDING' },
  );
  const { archive, inputSources = [] } = answer.data?.generation ?? {};
  const t = texts.kept;
  if (!archive && inputSources.length === 0 && !answer.error) return null;
  const time = (at: string | null) => at && <TimeWithUtc at={at} />;
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {t.title}
      </Title>
      <ErrorNote error={answer.error} retry={() => void answer.refetch()} />
      {archive && (
        <Facts
          facts={[
            [t.video, t.states[archive.state]],
            [t.error, archive.error && <Foreign text={archive.error} />],
            [t.storedAt, time(archive.storedAt)],
            [t.keepUntil, time(archive.keepUntil)],
            [t.removedAt, time(archive.removedAt)],
            [t.size, archive.bytes !== null && describeBytes(archive.bytes)],
            [
              t.picture,
              archive.width !== null &&
                `${archive.width} × ${archive.height}, ${archive.frameRate}/s`,
            ],
            [t.duration, archive.durationSeconds !== null && `${archive.durationSeconds} s`],
            [t.sha256, archive.sha256 && <code>{archive.sha256}</code>],
          ]}
        />
      )}
      {inputSources.length > 0 && (
        <>
          <Text mt="sm" fw={600}>
            {t.sources}
          </Text>
          <ul>
            {inputSources.map(({ url, sha256 }) => (
              <li key={`${sha256} ${url}`}>
                <Foreign text={url} />{' '}
                <code className="foreign" title={sha256}>
                  {sha256.slice(0, 8)}
                </code>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

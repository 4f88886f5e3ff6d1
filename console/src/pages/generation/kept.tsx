import { Card, Group, Stack, Text, Title } from '@mantine/core';
import { GenerationMediaDocument, type GenerationMediaQuery } from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { describeBytes } from '../../parts/bytes.ts';
import { Facts } from '../../parts/facts.tsx';
import { ErrorNote } from '../../parts/feedback.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { TimeWithUtc } from '../../parts/time.tsx';
import { texts } from '../../texts.ts';

/** What is kept here of a generation: its video, and the files of the request. */
export function Kept({ id }: { id: string }) {
  // A generation is followed to its end; its video is stored after that.
  const answer = useAnswer(
    GenerationMediaDocument,
    { id },
    { everyMs: 2_000, isOpen: ({ generation }) => generation?.archive?.state === 'PENDING' },
  );
  const { archive, inputFiles = [] } = answer.data?.generation ?? {};
  const t = texts.kept;
  if (!archive && inputFiles.length === 0 && !answer.error) return null;
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
      {inputFiles.length > 0 && (
        <>
          <Text mt="sm" fw={600}>
            {t.files}
          </Text>
          <Stack gap="xs" mt={4}>
            {inputFiles.map((file) => (
              <GivenFile key={file.sha256} file={file} />
            ))}
          </Stack>
        </>
      )}
    </Card>
  );
}

type File = NonNullable<GenerationMediaQuery['generation']>['inputFiles'][number];

function GivenFile({
  file: { sha256, mediaType, bytes, sourceUrls, thumbnailUrl },
}: {
  file: File;
}) {
  return (
    <Group wrap="nowrap" align="flex-start">
      {thumbnailUrl && <img className="picture" src={thumbnailUrl} alt={texts.kept.inputPicture} />}
      <Stack gap={2} miw={0}>
        <Text size="sm">
          {mediaType}, {describeBytes(bytes)},{' '}
          <code className="foreign" title={sha256}>
            {sha256.slice(0, 8)}
          </code>
        </Text>
        {sourceUrls.map((url) => (
          <Text key={url} size="sm">
            <Foreign text={url} />
          </Text>
        ))}
      </Stack>
    </Group>
  );
}

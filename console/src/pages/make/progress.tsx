import { Anchor, Card, Loader, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { VideoGenerationError } from '../../../../client/src/errors.ts';
import type { GenerateVideo } from '../../../../client/src/react/index.ts';
import { ErrorNote } from '../../parts/feedback.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { UpstreamWords } from '../../parts/upstream-words.tsx';
import { texts } from '../../texts.ts';

/** What becomes of the one that was just asked for. */
export function Progress(props: Pick<GenerateVideo, 'generation' | 'error' | 'isRunning'>) {
  const { generation, error, isRunning } = props;
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {texts.make.result}
      </Title>
      <Stack aria-live="polite">
        {!generation && !error && (
          <Text c="dimmed">{isRunning ? texts.make.handing : texts.make.nothingYet}</Text>
        )}
        {generation && (
          <>
            <div>
              <StateBadge generation={generation} />{' '}
              {isRunning && <Loader size="xs" aria-hidden component="span" />}
            </div>
            <Text>{texts.make.states[generation.status]}</Text>
            <Anchor
              renderRoot={(link) => (
                <Link to="/generations/$id" params={{ id: generation.id }} {...link} />
              )}
            >
              {texts.make.seeAll}
            </Anchor>
          </>
        )}
        {generation?.videoUrl && (
          <video
            className="result"
            src={generation.videoUrl}
            controls
            playsInline
            aria-label={texts.generation.video}
          />
        )}
        {error instanceof VideoGenerationError ? (
          <div className="note bad" role="alert">
            <Text fw={600}>{error.kind ? texts.failures[error.kind] : texts.status.CANCELLED}</Text>
            <Foreign text={error.message} />
            <UpstreamWords failure={error.generation.failure ?? null} />
          </div>
        ) : (
          <ErrorNote error={error} />
        )}
      </Stack>
    </Card>
  );
}

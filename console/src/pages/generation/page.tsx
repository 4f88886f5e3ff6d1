import { Alert, Anchor, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useGeneration } from '../../../../client/src/react/index.ts';
import {
  GenerationDetailDocument,
  GenerationVideoDocument,
  type GenerationDetailQuery,
} from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Copy } from '../../parts/copy.tsx';
import { CopyAs } from '../../parts/copy-as.tsx';
import { Facts } from '../../parts/facts.tsx';
import { ErrorNote, Waiting } from '../../parts/feedback.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { moneyOf } from '../../parts/money.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Raw } from '../../parts/raw.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { TimeWithUtc } from '../../parts/time.tsx';
import { Timeline } from '../../parts/timeline.tsx';
import { UpstreamWords } from '../../parts/upstream-words.tsx';
import { generationRoute } from '../../router.tsx';
import { texts } from '../../texts.ts';
import { WaysOut } from '../../parts/ways-out.tsx';
import { Actions } from './actions.tsx';
import { Deliveries } from './deliveries.tsx';
import { Kept } from './kept.tsx';
import { requestOf } from './request-text.ts';
import { AsSent } from './as-sent.tsx';
import { Submissions } from './submissions.tsx';

export type Detail = NonNullable<GenerationDetailQuery['generation']>;

export function Generation() {
  const { id } = generationRoute.useParams();
  const answer = useAnswer(GenerationDetailDocument, { id });
  const followed = useGeneration(id, { beyondEnd: true });
  const answers = useQueryClient();
  const version = followed.generation?.version;
  const known = answer.data?.generation?.version;
  // Each change has events and submissions of its own.
  useEffect(() => {
    if (version === undefined || known === undefined || version <= known) return;
    void answers.invalidateQueries();
  }, [answers, version, known]);
  const generation = answer.data?.generation;
  if (!generation) {
    return (
      <>
        <PageHead title={texts.generation.title} />
        {answer.error ? (
          <ErrorNote error={answer.error} retry={() => void answer.refetch()} />
        ) : (
          <Waiting />
        )}
      </>
    );
  }
  return (
    <>
      <PageHead title={texts.generation.title}>
        <Copy label={texts.generation.copyLink} text={() => location.href} />
        <CopyAs document={GenerationDetailDocument} variables={{ id }} />
      </PageHead>
      <Stack>
        <Group gap="sm" role="status">
          <StateBadge generation={generation} />
          {generation.simulated && <span className="state calm">{texts.generation.simulated}</span>}
          <Text size="sm" c="dimmed">
            <code>{generation.id}</code>
          </Text>
        </Group>
        <FailureNote generation={generation} />
        <Actions generation={generation} />
        {generation.status === 'UNCERTAIN' && (
          <Card withBorder>
            <WaysOut generation={generation} />
          </Card>
        )}
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Stack>
            <Result generation={generation} />
            <Inputs generation={generation} />
          </Stack>
          <Stack>
            <AboutIt generation={generation} />
            <Kept id={generation.id} />
            <Card withBorder>
              <Title order={2} mb="sm">
                {texts.generation.timeline}
              </Title>
              <Timeline events={generation.events} />
            </Card>
          </Stack>
        </SimpleGrid>
        <Submissions submissions={generation.submissions} />
        <Deliveries id={generation.id} />
        <div>
          <Raw value={generation} label={texts.generation.raw} />
        </div>
      </Stack>
    </>
  );
}

function FailureNote({ generation: { failure, status } }: { generation: Detail }) {
  if (!failure) return null;
  return (
    <Alert
      color={status === 'FAILED' ? 'red' : 'yellow'}
      variant="outline"
      title={texts.failures[failure.kind]}
    >
      <Text size="sm">
        <Foreign text={failure.message} />
      </Text>
      <UpstreamWords failure={failure} />
      {status !== 'UNCERTAIN' && (
        <Text size="sm" mt={4}>
          {failure.retryable ? texts.generation.retryHelps : texts.generation.retryNoHelp}
        </Text>
      )}
    </Alert>
  );
}

function Result({ generation }: { generation: Detail }) {
  const { id, status, kind, enhancedPrompt, videoWidth, videoHeight } = generation;
  const hasVideo = status === 'SUCCEEDED' && kind !== 'PROMPT_ENHANCEMENT';
  const video = useAnswer(GenerationVideoDocument, hasVideo ? { id } : null);
  const url = video.data?.generation?.videoUrl;
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {texts.generation.result}
      </Title>
      {url && (
        <Stack gap="xs">
          <video
            className="result"
            src={url}
            controls
            playsInline
            preload="metadata"
            aria-label={texts.generation.video}
          />
          <Group gap="sm">
            <Anchor href={url} download rel="noreferrer" target="_blank">
              {texts.generation.download}
            </Anchor>
            {videoWidth && <Text size="sm">{`${videoWidth} × ${videoHeight}`}</Text>}
          </Group>
        </Stack>
      )}
      {enhancedPrompt && <Foreign text={enhancedPrompt} block />}
      <ErrorNote error={video.error} retry={() => void video.refetch()} />
      {!hasVideo && !enhancedPrompt && <Text c="dimmed">{texts.generation.noVideo[status]}</Text>}
    </Card>
  );
}

function Inputs({ generation }: { generation: Detail }) {
  const { prompt, redactedAt, promptOptimizer, apiGeneration } = generation;
  const many = (urls: string[]) =>
    urls.length > 0 && urls.map((url) => <Foreign key={url} text={url} block />);
  const one = (url: string | null) => url && <Foreign text={url} />;
  const optimizer = promptOptimizer ? texts.yes : texts.no;
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {texts.generation.inputs}
      </Title>
      <Facts
        facts={[
          [
            texts.make.prompt,
            redactedAt ? texts.list.redacted : prompt && <Foreign text={prompt} block />,
          ],
          [texts.make.fields.firstFrameImage, one(generation.firstFrameImage)],
          [texts.make.fields.lastFrameImage, one(generation.lastFrameImage)],
          [texts.make.fields.subjectReference, one(generation.subjectImage)],
          [texts.make.fields.referenceImages, many(generation.referenceImages)],
          [texts.make.fields.referenceVideos, many(generation.referenceVideos)],
          [texts.make.fields.referenceAudios, many(generation.referenceAudios)],
          [texts.make.aspectRatio, generation.aspectRatio],
          [texts.make.promptOptimizer, apiGeneration === 1 ? optimizer : null],
          [texts.make.promptExpansion, generation.promptExpansion],
        ]}
      />
      <Group mt="sm">
        <Raw value={requestOf(generation)} label={texts.generation.asMade} />
        <AsSent generation={generation} />
      </Group>
    </Card>
  );
}

function AboutIt({ generation }: { generation: Detail }) {
  const link = (id: string | null) =>
    id && (
      <Anchor renderRoot={(props) => <Link to="/generations/$id" params={{ id }} {...props} />}>
        {id}
      </Anchor>
    );
  const time = (at: string | null) => at && <TimeWithUtc at={at} />;
  const { model, resolution, duration, taskId, traceId, tags } = generation;
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {texts.generation.about}
      </Title>
      <Facts
        facts={[
          [texts.list.model, <Foreign key="model" text={model} />],
          [
            texts.list.output,
            [resolution, duration && `${duration} s`].filter(Boolean).join(' · '),
          ],
          [texts.generation.estimated, moneyOf(generation.listPrice) || texts.generation.noPrice],
          [texts.generation.charged, moneyOf(generation.cost)],
          [texts.list.caller, <Foreign key="caller" text={generation.callerId} />],
          [texts.list.tenant, generation.tenant && <Foreign text={generation.tenant} />],
          [texts.list.tags, tags.length > 0 && <Foreign text={tags.join(', ')} />],
          [texts.list.created, time(generation.createdAt)],
          [texts.generation.sent, time(generation.submittedAt)],
          [texts.generation.completed, time(generation.completedAt)],
          [texts.generation.nextLook, time(generation.nextAttemptAt)],
          [texts.state.stuck, time(generation.stalledAt)],
          [texts.state.held, time(generation.heldAt)],
          [texts.list.task, taskId && <code>{taskId}</code>],
          [texts.filters.trace, traceId && <code>{traceId}</code>],
          [
            texts.generation.upstreamStatus,
            generation.upstreamStatus && <Foreign text={generation.upstreamStatus} />,
          ],
          [texts.generation.metered, generation.usage && <code>{generation.usage.raw}</code>],
          [
            texts.generation.key,
            generation.idempotencyKey && <Foreign text={generation.idempotencyKey} />,
          ],
          [texts.generation.retryOf, link(generation.retryOfId)],
          [texts.generation.successor, link(generation.successorId)],
          [texts.generation.source, link(generation.sourceId)],
          [texts.generation.regeneration, link(generation.regenerationId)],
        ]}
      />
    </Card>
  );
}

import { Button, Group, Loader, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useGeneration } from '../../../../client/src/react/index.ts';
import {
  EnhancedPromptDocument,
  EnhancePromptDocument,
  type CreateVideoGenerationInput,
} from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { ErrorNote } from '../../parts/feedback.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { moneyOf } from '../../parts/money.ts';
import { useAct } from '../../parts/use-act.ts';
import { texts } from '../../texts.ts';
import type { Model } from './form.ts';

/** Has MiniMax write a better prompt, for what is filled in, and offers it. */
export function Enhance(props: {
  model: Model;
  input: CreateVideoGenerationInput;
  onUse: (prompt: string) => void;
}) {
  const { model, input, onUse } = props;
  const { act, isActing } = useAct();
  const [id, setId] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const { generation, error } = useGeneration(id);
  const isDone = generation?.status === 'SUCCEEDED';
  const answer = useAnswer(EnhancedPromptDocument, isDone && id !== null ? { id } : null);
  const better = answer.data?.generation?.enhancedPrompt;
  const isUnderWay = id !== null && !generation?.failure && !better && !error && !answer.error;
  const price = model.promptEnhancementPrice;
  if (!price) return null;
  const t = texts.make.enhance;
  const begin = async () => {
    const { model, prompt, duration, aspectRatio } = input;
    const { firstFrameImage, lastFrameImage } = input;
    const { referenceImages, referenceVideos, referenceAudios } = input;
    const made = await act(EnhancePromptDocument, {
      input: {
        ...{ model, prompt, duration, aspectRatio, firstFrameImage, lastFrameImage },
        ...{ referenceImages, referenceVideos, referenceAudios },
      },
    });
    setRefusal(made?.enhancePrompt.userErrors[0]?.message ?? null);
    setId(made?.enhancePrompt.generation?.id ?? null);
  };
  return (
    <Stack gap="xs" role="group" aria-label={t.begin}>
      <Group gap="xs">
        <Button
          size="compact-sm"
          variant="default"
          disabled={!input.prompt || isUnderWay}
          loading={isActing}
          onClick={() => void begin()}
        >
          {t.begin}
        </Button>
        <Text size="sm" c="dimmed">
          {t.cost
            .replace('{input}', moneyOf(price.input[0]))
            .replace('{output}', moneyOf(price.output[0]))}
        </Text>
      </Group>
      <div role="status">
        {isUnderWay && (
          <Group gap="xs">
            <Loader size="xs" aria-hidden />
            <Text size="sm">{t.wait}</Text>
          </Group>
        )}
        {refusal && <div className="note bad">{refusal}</div>}
        {generation?.failure && <div className="note bad">{generation.failure.message}</div>}
        {better && (
          <Stack gap="xs" align="flex-start">
            <div className="note calm">
              <Foreign text={better} block />
            </div>
            <Button
              size="compact-sm"
              onClick={() => {
                onUse(better);
                setId(null);
              }}
            >
              {t.use}
            </Button>
          </Stack>
        )}
      </div>
      <ErrorNote error={error ?? answer.error} />
    </Stack>
  );
}

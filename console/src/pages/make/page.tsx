import {
  Button,
  Card,
  Group,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  TagsInput,
  Text,
  Textarea,
} from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMemo, useRef, useState, type FormEvent } from 'react';
import { useGenerateVideo } from '../../../../client/src/react/index.ts';
import { CheckDocument, ModelsDocument } from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { ErrorNote, Waiting } from '../../parts/feedback.tsx';
import { moneyOf } from '../../parts/money.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { makeRoute } from '../../router.tsx';
import { texts } from '../../texts.ts';
import { Enhance } from './enhance.tsx';
import { emptyForm, inputOf, inputsOf, modeOf, type Form, type Model } from './form.ts';
import { MediaField } from './media-field.tsx';
import { Progress } from './progress.tsx';
import { Remarks, type Check } from './remarks.tsx';

/** Between the last key and the check; longer where images go along with it. */
const checkAfterMs = 400;

export function Make() {
  const models = useAnswer(ModelsDocument, {});
  return (
    <>
      <PageHead title={texts.pages.make} />
      {models.data ? (
        <MakeForm models={models.data.videoModels} />
      ) : models.error ? (
        <ErrorNote error={models.error} retry={() => void models.refetch()} />
      ) : (
        <Waiting />
      )}
    </>
  );
}

function MakeForm({ models }: { models: Model[] }) {
  const { model: wanted } = makeRoute.useSearch();
  const [form, setForm] = useState<Form>({
    ...emptyForm,
    model: models.find(({ name }) => name === wanted)?.name ?? models[0]!.name,
  });
  const model = models.find(({ name }) => name === form.model)!;
  const input = useMemo(() => inputOf(form, model), [form, model]);
  const [settled] = useDebouncedValue(input, checkAfterMs);
  const isBegun = form.prompt !== '' || Object.values(form.media).some(({ length }) => length > 0);
  const answer = useAnswer(CheckDocument, isBegun ? { input: settled } : null, {
    keepFormer: true,
  });
  const check = isBegun ? answer.data?.validateVideoGeneration : undefined;
  const isChecked = input === settled && !answer.isPlaceholderData && check !== undefined;
  const { generate, generation, error, isRunning } = useGenerateVideo();
  const change = (words: Partial<Form>) => setForm((before) => ({ ...before, ...words }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isChecked && check.valid && !isRunning) void generate(input);
  };
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Card withBorder>
        <form onSubmit={submit} noValidate>
          <Stack>
            <ModelChoice models={models} form={form} setForm={setForm} />
            <PromptField model={model} form={form} change={change} check={check} />
            <Enhance
              key={model.name}
              model={model}
              input={input}
              onUse={(prompt) => change({ prompt })}
            />
            {inputsOf(model).map((media) => (
              <MediaField
                key={media.field}
                input={media}
                urls={form.media[media.field] ?? []}
                problem={problemOf(check, media.field)}
                onChange={(urls) =>
                  setForm((before) => ({
                    ...before,
                    media: { ...before.media, [media.field]: urls },
                  }))
                }
              />
            ))}
            <OutputFields model={model} form={form} change={change} check={check} />
            <Remarks check={check} model={model} />
            <ErrorNote error={answer.error} />
            <Group justify="space-between">
              <Text fw={600} role="status">
                {priceText(check)}
              </Text>
              <Button
                type="submit"
                disabled={!isChecked || !check.valid || isRunning}
                loading={isRunning && generation === null}
              >
                {texts.make.submit}
              </Button>
            </Group>
          </Stack>
        </form>
      </Card>
      <Progress generation={generation} error={error} isRunning={isRunning} />
    </SimpleGrid>
  );
}

function priceText(check: Check | undefined): string {
  if (!check) return texts.make.priceLater;
  const price = moneyOf(check.estimatedPrice);
  if (price) return texts.make.price.replace('{price}', price);
  return check.valid ? texts.make.noPrice : texts.make.priceWhenRight;
}

/** What is wrong with a field, by the latest check. */
function problemOf(check: Check | undefined, field: string): string | undefined {
  return check?.userErrors.find((problem) => problem.field.includes(field))?.message;
}

function ModelChoice(props: {
  models: Model[];
  form: Form;
  setForm: React.Dispatch<React.SetStateAction<Form>>;
}) {
  const { models, form, setForm } = props;
  const model = models.find(({ name }) => name === form.model)!;
  return (
    <Select
      label={texts.list.model}
      description={[
        texts.make.generations[model.apiGeneration === 2 ? 2 : 1],
        model.sound ? texts.make.sound : texts.make.noSound,
      ].join(' · ')}
      data={models.map(({ name }) => name)}
      value={form.model}
      allowDeselect={false}
      searchable
      onChange={(name) =>
        // What one model takes another may not: what remains is what was written.
        name && setForm(({ prompt, tags }) => ({ ...emptyForm, model: name, prompt, tags }))
      }
    />
  );
}

interface FieldProps {
  model: Model;
  form: Form;
  change: (words: Partial<Form>) => void;
  check: Check | undefined;
}

function PromptField({ model, form, change, check }: FieldProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  /** Puts a camera command where the cursor is. */
  const insert = (command: string) => {
    const at = field.current?.selectionStart ?? form.prompt.length;
    const text = `[${command}]`;
    change({ prompt: `${form.prompt.slice(0, at)}${text}${form.prompt.slice(at)}` });
    field.current?.focus();
  };
  return (
    <>
      <Textarea
        ref={field}
        label={texts.make.prompt}
        description={`${[...form.prompt].length} / ${model.maxPromptLength}`}
        placeholder={texts.make.promptHint}
        value={form.prompt}
        onChange={(event) => change({ prompt: event.currentTarget.value })}
        error={problemOf(check, 'prompt')}
        autosize
        minRows={4}
        maxRows={14}
        dir="auto"
      />
      {model.cameraCommands.length > 0 && (
        <div role="group" aria-label={texts.make.camera}>
          <Text size="sm" c="dimmed" mb={4}>
            {texts.make.camera}
          </Text>
          <Group gap={4}>
            {model.cameraCommands.map(({ name }) => (
              <Button key={name} size="compact-xs" variant="default" onClick={() => insert(name)}>
                {name}
              </Button>
            ))}
          </Group>
        </div>
      )}
    </>
  );
}

function OutputFields({ model, form, change, check }: FieldProps) {
  const mode = modeOf(model, form.media);
  const outputs = mode?.outputs ?? [];
  const durations = outputs
    .filter(({ resolution }) => form.resolution === '' || resolution === form.resolution)
    .flatMap((output) => output.durations);
  const usual = (value: string | number | null | undefined) =>
    value == null ? texts.make.usual : `${texts.make.usual}: ${value}`;
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="xs">
        {outputs.length > 0 && (
          <>
            <Select
              label={texts.make.resolution}
              placeholder={usual(mode?.defaultResolution)}
              data={outputs.map(({ resolution }) => resolution)}
              value={form.resolution || null}
              onChange={(value) => change({ resolution: value ?? '' })}
              error={problemOf(check, 'resolution')}
              clearable
            />
            <Select
              label={texts.make.duration}
              placeholder={usual(mode?.defaultDuration)}
              data={[...new Set(durations)].sort((a, b) => a - b).map(String)}
              value={form.duration || null}
              onChange={(value) => change({ duration: value ?? '' })}
              error={problemOf(check, 'duration')}
              clearable
            />
          </>
        )}
        {mode && mode.aspectRatios.length > 0 && (
          <Select
            label={texts.make.aspectRatio}
            placeholder={mode.aspectRatioUse === 'REQUIRED' ? texts.make.choose : texts.make.usual}
            data={mode.aspectRatios}
            value={form.aspectRatio || null}
            onChange={(value) => change({ aspectRatio: value ?? '' })}
            error={problemOf(check, 'aspectRatio')}
            clearable
          />
        )}
        {model.promptExpansions.length > 0 && (
          <Select
            label={texts.make.promptExpansion}
            placeholder={texts.make.usual}
            data={model.promptExpansions}
            value={form.promptExpansion || null}
            onChange={(value) => change({ promptExpansion: value ?? '' })}
            clearable
          />
        )}
      </SimpleGrid>
      {model.apiGeneration === 1 && (
        <Group>
          <Switch
            label={texts.make.promptOptimizer}
            checked={form.promptOptimizer}
            onChange={(event) => change({ promptOptimizer: event.currentTarget.checked })}
          />
          {mode?.fastPretreatment && (
            <Switch
              label={texts.make.fastPretreatment}
              checked={form.fastPretreatment}
              onChange={(event) => change({ fastPretreatment: event.currentTarget.checked })}
            />
          )}
        </Group>
      )}
      <TagsInput
        label={texts.make.tags}
        description={texts.make.tagsHelp}
        value={form.tags}
        onChange={(tags) => change({ tags })}
        error={problemOf(check, 'tags')}
        maxTags={10}
      />
    </>
  );
}

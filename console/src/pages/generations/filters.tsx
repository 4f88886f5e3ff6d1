import { Button, Collapse, Group, MultiSelect, Select, SimpleGrid, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { RefObject } from 'react';
import { ModelsDocument } from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { isUnfit, listOf, textOf } from '../../parts/address.ts';
import { localOf } from '../../parts/time.tsx';
import { Typed } from '../../parts/typed.tsx';
import { WordsInput } from '../../parts/words-input.tsx';
import { useMay } from '../../session.tsx';
import { count, texts } from '../../texts.ts';
import {
  countConditions,
  listReaders,
  listWords,
  type ListSearch,
  type ListWord,
} from './search.ts';

interface Props {
  search: ListSearch;
  onChange: (words: ListSearch) => void;
  promptRef: RefObject<HTMLInputElement | null>;
}

const optionsOf = (labels: Record<string, string>) =>
  Object.entries(labels).map(([value, label]) => ({ value, label }));

/** A control for each thing that the API can filter by. */
export function Filters({ search, onChange, promptRef }: Props) {
  const may = useMay();
  const models = useAnswer(ModelsDocument, {});
  const moreCount = countConditions({ ...search, prompt: undefined, status: undefined });
  const [isOpen, { toggle }] = useDisclosure(moreCount > 0);
  const clear = () => onChange(Object.fromEntries(listWords.map((word) => [word, undefined])));
  const chooseMany = (word: ListWord, options: { value: string; label: string }[]) => (
    <MultiSelect
      label={texts.filters[word]}
      data={options}
      value={listOf(search[word])}
      onChange={(values) => onChange({ [word]: textOf(values) })}
      clearable
      searchable
      size="xs"
      comboboxProps={{ shadow: 'md' }}
    />
  );
  const text = (word: ListWord, placeholder?: string, problem?: string) => (
    <Typed
      key={search[word]}
      label={texts.filters[word]}
      placeholder={placeholder}
      value={search[word] ?? ''}
      onSettle={(value) => onChange({ [word]: value || undefined })}
      problem={problem}
      isWrong={(value) => isUnfit(listReaders[word], value)}
    />
  );
  const words = (word: ListWord) => (
    <WordsInput
      label={texts.filters[word]}
      values={listOf(search[word])}
      onChange={(values) => onChange({ [word]: textOf(values) })}
    />
  );
  const time = (word: 'from' | 'to') => (
    <TextInput
      type="datetime-local"
      size="xs"
      label={texts.filters[word]}
      value={search[word] === undefined ? '' : localOf(search[word])}
      onChange={({ currentTarget: { value } }) =>
        onChange({ [word]: value === '' ? undefined : new Date(value).toISOString() })
      }
    />
  );
  return (
    <form role="search" aria-label={texts.filters.all} onSubmit={(event) => event.preventDefault()}>
      <Group align="flex-end" gap="xs">
        <Typed
          key={search.prompt}
          inputRef={promptRef}
          label={texts.filters.prompt}
          placeholder={texts.filters.promptHint}
          value={search.prompt ?? ''}
          onSettle={(value) => onChange({ prompt: value || undefined })}
          wide
        />
        {chooseMany('status', optionsOf(texts.status))}
        <Button size="xs" variant="default" onClick={toggle} aria-expanded={isOpen}>
          {moreCount > 0 ? count(texts.filters.moreSet, moreCount) : texts.filters.more}
        </Button>
        {countConditions(search) > 0 && (
          <Button size="xs" variant="subtle" onClick={clear}>
            {texts.filters.clear}
          </Button>
        )}
      </Group>
      <Collapse expanded={isOpen}>
        <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="xs" mt="xs">
          {chooseMany(
            'model',
            (models.data?.videoModels ?? []).map(({ name }) => ({ value: name, label: name })),
          )}
          {chooseMany('kind', optionsOf(texts.kinds))}
          {chooseMany('failure', optionsOf(texts.failures))}
          {words('tag')}
          {may.seeAll && words('caller')}
          {may.seeAll && words('tenant')}
          {time('from')}
          {time('to')}
          {text('min', '0.10', texts.filters.problems.amount)}
          {text('max', '5.00', texts.filters.problems.amount)}
          {text('code', '1026', texts.filters.problems.code)}
          {text('task')}
          {text('trace')}
          {text('id')}
          <Select
            size="xs"
            label={texts.filters.held}
            data={optionsOf(texts.filters.heldOptions)}
            value={search.held ?? null}
            onChange={(value) => onChange({ held: value ?? undefined })}
            clearable
          />
          <Select
            size="xs"
            label={texts.filters.order}
            data={optionsOf(texts.filters.orders)}
            value={search.order ?? 'newest'}
            onChange={(value) => onChange({ order: value ?? undefined })}
            allowDeselect={false}
          />
        </SimpleGrid>
      </Collapse>
    </form>
  );
}

import { Button, MultiSelect, Select, SimpleGrid, TextInput } from '@mantine/core';
import { isUnfit, listOf, textOf } from '../../parts/address.ts';
import { auditActionNames } from '../../parts/audit-actions.ts';
import { sayAction } from '../../parts/timeline.tsx';
import { Typed } from '../../parts/typed.tsx';
import { WordsInput } from '../../parts/words-input.tsx';
import { localOf } from '../../parts/time.tsx';
import { texts } from '../../texts.ts';
import { auditReaders, type AuditSearch, type AuditWord } from './search.ts';

export function AuditFilters(props: {
  search: AuditSearch;
  onChange: (words: AuditSearch) => void;
}) {
  const { search, onChange } = props;
  const t = texts.audit.filters;
  const text = (word: AuditWord, problem?: string) => (
    <Typed
      key={`${word} ${search[word]}`}
      label={t[word]}
      value={search[word] ?? ''}
      onSettle={(value) => onChange({ [word]: value || undefined })}
      problem={problem}
      isWrong={(value) => isUnfit(auditReaders[word], value)}
    />
  );
  const time = (word: 'from' | 'to') => (
    <TextInput
      type="datetime-local"
      size="xs"
      label={t[word]}
      value={search[word] === undefined ? '' : localOf(search[word])}
      onChange={({ currentTarget: { value } }) =>
        onChange({ [word]: value === '' ? undefined : new Date(value).toISOString() })
      }
    />
  );
  const conditions = (Object.keys(auditReaders) as AuditWord[]).filter(
    (word) => search[word] !== undefined && word !== 'order',
  );
  return (
    <form role="search" aria-label={t.all} onSubmit={(event) => event.preventDefault()}>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 5 }} spacing="xs">
        <MultiSelect
          size="xs"
          label={t.action}
          data={auditActionNames.map((action) => ({ value: action, label: sayAction(action) }))}
          value={listOf(search.action)}
          onChange={(values) => onChange({ action: textOf(values) })}
          searchable
          clearable
        />
        <WordsInput
          label={t.caller}
          values={listOf(search.caller)}
          onChange={(values) => onChange({ caller: textOf(values) })}
        />
        {text('text', texts.filters.problems.text)}
        {time('from')}
        {time('to')}
        {text('generation')}
        {text('object')}
        {text('trace')}
        {text('code', texts.filters.problems.code)}
        <Select
          size="xs"
          label={t.order}
          data={Object.entries(t.orders).map(([value, label]) => ({ value, label }))}
          value={search.order ?? 'newest'}
          onChange={(value) => onChange({ order: value ?? undefined })}
          allowDeselect={false}
        />
      </SimpleGrid>
      {conditions.length > 0 && (
        <Button
          size="xs"
          mt="xs"
          variant="subtle"
          onClick={() => onChange(Object.fromEntries(conditions.map((word) => [word, undefined])))}
        >
          {texts.filters.clear}
        </Button>
      )}
    </form>
  );
}

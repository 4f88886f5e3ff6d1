import { TagsInput } from '@mantine/core';
import { texts } from '../texts.ts';

/** Several words, whatever is in them, commas too: Enter adds one. */
export function WordsInput(props: {
  label: string;
  values: string[];
  onChange: (values: string[]) => void;
}) {
  return (
    <TagsInput
      size="xs"
      label={props.label}
      placeholder={props.values.length === 0 ? texts.filters.addWord : undefined}
      value={props.values}
      onChange={props.onChange}
      splitChars={[]}
      clearable
      classNames={{ pill: 'foreign' }}
    />
  );
}

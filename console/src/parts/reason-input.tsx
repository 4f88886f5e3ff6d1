import { TextInput } from '@mantine/core';
import { texts } from '../texts.ts';

/** Why somebody does it, for the audit log. */
export function ReasonInput(props: {
  value: string;
  onChange: (reason: string) => void;
  /** Whether the dialog begins there. */
  isFirst?: boolean;
}) {
  return (
    <TextInput
      label={texts.reason.label}
      description={texts.reason.help}
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
      maxLength={200}
      data-autofocus={props.isFirst}
    />
  );
}

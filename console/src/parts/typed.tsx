import { TextInput } from '@mantine/core';
import { useState, type RefObject } from 'react';

/** A field that takes effect by Enter or by leaving it: each letter would be a list read, and recorded. */
export function Typed(props: {
  label: string;
  value: string;
  placeholder?: string | undefined;
  onSettle: (value: string) => void;
  inputRef?: RefObject<HTMLInputElement | null>;
  wide?: boolean;
}) {
  const [value, setValue] = useState(props.value);
  const settle = () => {
    if (value.trim() !== props.value) props.onSettle(value.trim());
  };
  return (
    <TextInput
      ref={props.inputRef}
      size="xs"
      label={props.label}
      placeholder={props.placeholder}
      value={value}
      onChange={(event) => setValue(event.currentTarget.value)}
      onBlur={settle}
      onKeyDown={(event) => event.key === 'Enter' && settle()}
      {...(props.wide && { style: { flex: '1 1 16rem' } })}
    />
  );
}

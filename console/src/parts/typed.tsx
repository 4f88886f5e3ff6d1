import { TextInput } from '@mantine/core';
import { useState, type RefObject } from 'react';

/** A field that takes effect by Enter or by leaving it: each letter would be a list read, and recorded. */
export function Typed(props: {
  label: string;
  value: string;
  placeholder?: string | undefined;
  onSettle: (value: string) => void;
  /** What is told of what `isWrong`, which takes no effect. */
  problem?: string | undefined;
  isWrong?: (value: string) => boolean;
  inputRef?: RefObject<HTMLInputElement | null>;
  wide?: boolean;
}) {
  const [value, setValue] = useState(props.value);
  const [isRefused, setRefused] = useState(false);
  const settle = () => {
    const settled = value.trim();
    if (settled === props.value) return;
    if (props.isWrong?.(settled)) return setRefused(true);
    props.onSettle(settled);
  };
  return (
    <TextInput
      ref={props.inputRef}
      size="xs"
      label={props.label}
      placeholder={props.placeholder}
      value={value}
      error={isRefused && props.problem}
      onChange={(event) => {
        setValue(event.currentTarget.value);
        setRefused(false);
      }}
      onBlur={settle}
      onKeyDown={(event) => event.key === 'Enter' && settle()}
      {...(props.wide && { style: { flex: '1 1 16rem' } })}
    />
  );
}

import { Button } from '@mantine/core';
import { useState } from 'react';
import { texts } from '../texts.ts';

/** JSON on several lines; other text as it is. */
export function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The data behind what is shown, a click away. */
export function Raw({ value, label = texts.raw }: { value: unknown; label?: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        size="compact-xs"
        variant="subtle"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {label}
      </Button>
      {isOpen && (
        <pre className="raw" tabIndex={0}>
          {typeof value === 'string' ? value : JSON.stringify(value, null, 2)}
        </pre>
      )}
    </>
  );
}

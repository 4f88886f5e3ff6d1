import { Button } from '@mantine/core';
import { useState } from 'react';
import { texts } from '../texts.ts';

/** Copies a text and says that it did. */
export function Copy({ label, text }: { label: string; text: string | (() => string) }) {
  const [isDone, setDone] = useState(false);
  const copy = async () => {
    const value = typeof text === 'function' ? text() : text;
    try {
      await navigator.clipboard.writeText(value);
    } catch {
      // A page that did not come by https may not: it is shown to be copied by hand.
      window.prompt(texts.copyByHand, value);
    }
    setDone(true);
    setTimeout(() => setDone(false), 2_000);
  };
  return (
    <Button size="xs" variant="default" onClick={() => void copy()} aria-live="polite">
      {isDone ? texts.copied : label}
    </Button>
  );
}

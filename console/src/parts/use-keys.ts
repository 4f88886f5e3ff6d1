import { useEffect, useRef } from 'react';

const typingIn = new Set(['INPUT', 'TEXTAREA', 'SELECT']);

/** Single keys, while nobody is typing and no dialog is open. */
export function useKeys(actions: Record<string, () => void>): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const isText = typingIn.has(target.tagName) && target.getAttribute('type') !== 'checkbox';
      if (isText || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector('[role="dialog"]')) return;
      // Enter on a link or a button is theirs.
      if (event.key === 'Enter' && ['A', 'BUTTON'].includes(target.tagName)) return;
      const action = latest.current[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}

import type { Leave } from '../minimax/answers.ts';
import { elapsedMs, readClocks, type Clocks } from '../network/clocks.ts';

/**
 * Lets a request leave within a time after its lease was confirmed. What takes longer, as a large body
 * does or a process that was frozen, goes on only when `isHeld` confirms it anew: others may have it.
 */
export function whileLeased(
  confirmedAt: Clocks,
  withinMs: number,
  isHeld: () => Promise<boolean>,
): Leave {
  let latest = confirmedAt;
  const mayLeave = () => elapsedMs(latest) < withinMs;
  return {
    mayLeave,
    async mayGoOn() {
      if (mayLeave()) return true;
      const askedAt = readClocks();
      if (!(await isHeld())) return false;
      latest = askedAt;
      return mayLeave();
    },
  };
}

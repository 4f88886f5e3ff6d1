import { setTimeout as sleep } from 'node:timers/promises';
import type { Leave } from '../minimax/answers.ts';
import { elapsedMs, readClocks, type Clocks } from '../network/clocks.ts';

/** Leases are renewed all the time: one that is about to end may have been a moment later. */
const tries = 10;
const betweenMs = 200;

/**
 * Lets a request leave within a time after its lease was confirmed. What takes longer, as a large body
 * does or a process that was frozen, goes on only when `isHeld` confirms it anew, each time for half
 * of that: others may have it.
 */
export function whileLeased(
  confirmedAt: Clocks,
  withinMs: number,
  isHeld: () => Promise<boolean>,
): Leave {
  let latest = confirmedAt;
  let forMs = withinMs;
  const mayLeave = () => elapsedMs(latest) < forMs;
  return {
    mayLeave,
    async mayGoOn() {
      for (let asked = 0; !mayLeave(); asked++) {
        if (asked === tries) return false;
        if (asked > 0) await sleep(betweenMs);
        const askedAt = readClocks();
        if (!(await isHeld())) continue;
        latest = askedAt;
        forMs = withinMs / 2;
      }
      return true;
    },
  };
}

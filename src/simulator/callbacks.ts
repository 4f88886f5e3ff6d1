import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { parseUrl } from '../network/parse-url.ts';

/** How long MiniMax waits for the challenge to come back (wire contract §7). */
const CHALLENGE_MS = 3_000;
/** How long the simulator waits for a status change to be taken; MiniMax's own patience is unknown. */
const DELIVERY_MS = 10_000;

/**
 * Whether the address passes MiniMax's handshake: it must send the challenge back, with a 2xx, in
 * time (wire contract §7). Only http and https are called, and redirects are not followed.
 */
export async function answersChallenge(url: string, timeoutMs = CHALLENGE_MS): Promise<boolean> {
  if (!isHttpUrl(url)) return false;
  const challenge = randomUUID();
  try {
    const response = await post(url, { challenge }, timeoutMs);
    const answer: unknown = await response.json();
    return (
      response.ok &&
      typeof answer === 'object' &&
      answer !== null &&
      'challenge' in answer &&
      answer.challenge === challenge
    );
  } catch {
    return false;
  }
}

export interface StatusChange {
  /** Milliseconds after the start. */
  afterMs: number;
  body: object;
}

/**
 * Posts each change at its time, once and in order; what the receiver makes of it is ignored.
 *
 * Never keeps the process alive, so changes that are still to come are lost when it ends.
 */
export async function deliver(url: string, changes: readonly StatusChange[]): Promise<void> {
  const startedAt = performance.now();
  for (const { afterMs, body } of changes) {
    const remainingMs = afterMs - (performance.now() - startedAt);
    if (remainingMs > 0) await wait(remainingMs, undefined, { ref: false });
    try {
      const response = await post(url, body, DELIVERY_MS);
      await response.body?.cancel();
    } catch {
      // Best effort: whoever submitted polls as well.
    }
  }
}

export function isHttpUrl(text: string): boolean {
  return /^https?:$/.test(parseUrl(text)?.protocol ?? '');
}

function post(url: string, body: object, timeoutMs: number): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
}

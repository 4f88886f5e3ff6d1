import { ApiError, ConnectionError } from './errors.ts';

const firstPauseMs = 250;
const longestPauseMs = 10_000;

/** Codes after which the same question may be answered a little later. */
const passing = new Set([
  'INTERNAL_SERVER_ERROR',
  'RATE_LIMITED',
  'SERVICE_BUSY',
  'SERVICE_UNAVAILABLE',
  'STORAGE_UNAVAILABLE',
  'TOO_MANY_WAITING',
  'VIDEO_LINK_UNAVAILABLE',
]);

/** Whether the same question may be answered a little later. */
export function mayPass(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof ApiError && passing.has(error.code));
}

/** How long to keep trying while nothing answers. */
export class Patience {
  readonly #retryForMs: number;
  readonly #signal: AbortSignal | undefined;
  #failures = 0;
  #failingSince = 0;

  constructor(retryForMs: number, signal: AbortSignal | undefined) {
    this.#retryForMs = retryForMs;
    this.#signal = signal;
  }

  /** Something answered. */
  restore(): void {
    this.#failures = 0;
  }

  /** Waits until the next try; throws `error` when that would make no difference, or it has been tried for too long. */
  async wait(error: unknown): Promise<void> {
    this.#signal?.throwIfAborted();
    if (!mayPass(error)) throw error;
    const now = performance.now();
    if (this.#failures === 0) this.#failingSince = now;
    else if (now - this.#failingSince > this.#retryForMs) throw error;
    this.#failures += 1;
    const ms = Math.min(firstPauseMs * 2 ** (this.#failures - 1), longestPauseMs);
    const asked = error instanceof ApiError ? error.retryAfterMs : undefined;
    await pause(asked ?? ms * (0.5 + Math.random() / 2), this.#signal);
  }
}

/** Rejects with the signal's reason when that is aborted. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      if (signal?.aborted) reject(signal.reason as Error);
      else resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}

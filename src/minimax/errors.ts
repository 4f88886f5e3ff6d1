import type { FailureKind } from './failure-kind.ts';

/**
 * What a caller must know about a failed exchange.
 *
 * For a submission: `refused` surely not accepted and final · `throttled`
 * surely not accepted, later · `unreachable` surely not accepted, it was not
 * sent or not as a whole · `uncertain` maybe accepted · `unauthorized` the key does not work.
 * For a query or a retrieval `uncertain` means: no usable answer, look again.
 */
export type MinimaxErrorKind =
  'refused' | 'throttled' | 'unreachable' | 'uncertain' | 'unauthorized';

export interface MinimaxErrorFacts {
  kind: MinimaxErrorKind;
  failureKind: FailureKind;
  latencyMs: number;
  statusCode?: number | null;
  statusMessage?: string | null;
  httpStatus?: number | null;
  traceId?: string | null;
  retryAfterMs?: number | null;
  taskId?: string | null;
  cause?: unknown;
}

/** An exchange with MiniMax that gave no usable answer; `kind` says what may be done about it. */
export class MinimaxError extends Error {
  readonly kind: MinimaxErrorKind;
  readonly failureKind: FailureKind;
  /** `base_resp.status_code`, when the answer had one. */
  readonly statusCode: number | null;
  /** `base_resp.status_msg` or the message of an OpenAI-style error, without secrets. */
  readonly statusMessage: string | null;
  readonly httpStatus: number | null;
  readonly traceId: string | null;
  readonly latencyMs: number;
  /** How long MiniMax asked to wait, or what the status code implies. */
  readonly retryAfterMs: number | null;
  /** The task that an answer to a submission names although it is no success: then it is `uncertain`. */
  readonly taskId: string | null;

  constructor(message: string, facts: MinimaxErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'MinimaxError';
    this.kind = facts.kind;
    this.failureKind = facts.failureKind;
    this.statusCode = facts.statusCode ?? null;
    this.statusMessage = facts.statusMessage ?? null;
    this.httpStatus = facts.httpStatus ?? null;
    this.traceId = facts.traceId ?? null;
    this.latencyMs = facts.latencyMs;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.taskId = facts.taskId ?? null;
  }
}

/** An answer to a query or a retrieval that is about another task or file than it was asked for. */
export class ForeignAnswer extends MinimaxError {}

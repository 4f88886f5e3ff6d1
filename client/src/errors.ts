import type {
  FailureKind,
  GenerationProgressFragment,
  UserErrorDetailsFragment,
} from '../generated/graphql.ts';

/** Everything that this client throws by itself; an aborted signal's reason goes through as it is. */
export class ReelgraphError extends Error {
  override readonly name: string = 'ReelgraphError';
}

/** The API refused an operation, or could not do a part of it; decide by `code`, e.g. `NOT_FOUND`. */
export class ApiError extends ReelgraphError {
  override readonly name = 'ApiError';
  /** How long the API asks to wait before the next try; undefined when it does not say. */
  readonly retryAfterMs: number | undefined;
  readonly code: string;

  constructor(code: string, message: string, retryAfterMs?: number) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * No answer came, or none that could be read. Whether the API did what it was asked is not known:
 * repeat with the same `idempotencyKey`, or follow the id.
 */
export class ConnectionError extends ReelgraphError {
  override readonly name = 'ConnectionError';
}

/** The input cannot be sent; nothing was stored or paid. Show each of `userErrors` beside its field. */
export class InvalidInputError extends ReelgraphError {
  override readonly name = 'InvalidInputError';
  readonly userErrors: readonly UserErrorDetailsFragment[];

  constructor(userErrors: readonly UserErrorDetailsFragment[]) {
    super(userErrors.map(({ message }) => message).join(' '));
    this.userErrors = userErrors;
  }
}

/**
 * There is no video: the generation is FAILED or CANCELLED, or UNCERTAIN, in which case nobody knows
 * whether MiniMax accepted it, and a person has to decide.
 */
export class VideoGenerationError extends ReelgraphError {
  override readonly name = 'VideoGenerationError';
  /** As it was last seen, with its `id`, `status` and `failure`. */
  readonly generation: GenerationProgressFragment;
  /** The reason in one word; null when it was cancelled. */
  readonly kind: FailureKind | null;
  /** MiniMax's status code, e.g. 1026; null when it gave none. */
  readonly upstreamCode: number | null;
  /** Whether a program may try anew by itself. Never so for an UNCERTAIN one: it could be paid twice. */
  readonly retryable: boolean;

  constructor(generation: GenerationProgressFragment) {
    const { status, failure } = generation;
    super(
      status === 'UNCERTAIN'
        ? 'Nobody knows whether MiniMax accepted the request; a person has to look. Do not repeat it by itself: it could be paid twice.'
        : (failure?.message ?? 'The generation was cancelled.'),
    );
    this.generation = generation;
    this.kind = failure?.kind ?? null;
    this.upstreamCode = failure?.upstreamCode ?? null;
    this.retryable = status === 'FAILED' && failure?.retryable === true;
  }
}

import type { VideoGeneration } from '../generation/generation.ts';
import type { UserError } from '../generation/user-errors.ts';
import { statusCodeEntry } from '../minimax/codes.ts';
import { failureAdvice, type FailureKind } from '../minimax/failure-kind.ts';

/**
 * Codes that MiniMax does not have, so that no client takes them for one after which it should
 * send a paid request again.
 */
export const ownCodes = {
  /** Nobody knows whether there is a paid task. */
  outcomeUnknown: 90001,
  /** Ended without a video, and without a code of MiniMax's that says why. */
  noVideo: 90002,
} as const;

/** MiniMax's code for each kind of failure, for when it gave none itself, as proxies do. */
const codeOfKind: Readonly<Partial<Record<FailureKind, number>>> = {
  INPUT_INVALID: 2013,
  INPUT_FLAGGED: 1026,
  OUTPUT_FLAGGED: 1027,
  UNAUTHORIZED: 1004,
  BALANCE_EXHAUSTED: 1008,
  QUOTA_EXHAUSTED: 2056,
  ACCOUNT_NOT_ENTITLED: 2061,
};

/** MiniMax's number for what went wrong, or one of ours, and what is said of it. */
export interface Failure {
  code: number;
  message: string;
}

/**
 * Why a generation ended without a video, or cannot be followed. `isOpen`: something that was sent for
 * it earlier may have become a paid task (Trail.findOpen), so nothing may tell to send it again.
 */
export function failureOf(generation: VideoGeneration, isOpen: boolean): Failure {
  const { id, status, statusCode, statusMessage } = generation;
  if (isOpen) {
    const end = status === 'CANCELLED' ? 'cancelled' : failureOf(generation, false).message;
    return {
      code: ownCodes.outcomeUnknown,
      message: `${end}; but MiniMax may have accepted and billed what was sent before. Do not send it again; ask the administrator of this service about generation ${id}`,
    };
  }
  if (status === 'CANCELLED') {
    return {
      code: ownCodes.noVideo,
      message: 'cancelled before MiniMax had begun; nothing was paid',
    };
  }
  if (status === 'UNCERTAIN') {
    return {
      code: ownCodes.outcomeUnknown,
      message: `outcome unknown: MiniMax may have accepted and billed this request. Do not send it again; ask the administrator of this service about generation ${id}`,
    };
  }
  const kind = (generation.failureKind ?? 'UNKNOWN') as FailureKind;
  // A code that came with an earlier answer is not the reason.
  const isReason =
    statusCode !== null && statusCode !== 0 && statusCodeEntry(statusCode).failureKind === kind;
  return {
    code: isReason ? statusCode : (codeOfKind[kind] ?? ownCodes.noVideo),
    message: ownKeyNote(kind) + ((kind !== 'NOT_CREATED' && statusMessage) || failureAdvice[kind]),
  };
}

/** So that nobody replaces a key that is good. */
export function ownKeyNote(kind: FailureKind): string {
  if (kind === 'UNAUTHORIZED') return 'MiniMax refused the key of this service, not yours: ';
  return kind === 'ACCOUNT_UNKNOWN'
    ? 'This service no longer has the key of the account that made it, yours is good: '
    : '';
}

/** The refusal of a request that was neither stored nor sent, with its fields by the names of an API. */
export function inWireNames(
  userErrors: readonly UserError[],
  names: Readonly<Record<string, string>>,
): string {
  const rename = (message: string) =>
    message.replace(/\b[a-z]+[A-Z]\w*\b/g, (name) => names[name] ?? name);
  return userErrors.map(({ message }) => rename(message)).join(' ');
}

/** Said when something broke while a request was being stored or sent: it may have been paid for. */
export function outcomeUnknown(message: string): string {
  return `outcome unknown: ${message} Do not send it again without an Idempotency-Key; look for it in this service first.`;
}

/** How long a connection may take for what can stall, in milliseconds; 0 where there is no end. */
export interface Limits {
  /** Between two statements of a transaction: a server that is frozen there loses its locks. */
  readonly idleInTransactionMs: number;
  /** For a lock that somebody else holds: longer than the above, so that it is had afterwards. */
  readonly lockMs: number;
  /** Outside any transaction. */
  readonly idleMs: number;
  readonly statementMs: number;
  /** Without a byte from or to the server while an answer is due: then the connection is thrown away. */
  readonly silenceMs: number;
}

/** For a free connection, or a new one. */
export const connectWithinMs = 2_500;

/**
 * What callers wait for, and work: together with the wait for a connection, under the ten seconds
 * after which a caller has an answer.
 */
export const usualLimits: Limits = {
  idleInTransactionMs: 2_500,
  idleMs: 0,
  lockMs: 3_000,
  statementMs: 4_000,
  silenceMs: 5_000,
};

/** Exports, the check of the audit log and what is tidied up once an hour: minutes are fine. */
export const slowLimits: Limits = {
  idleInTransactionMs: 10_000,
  idleMs: 0,
  lockMs: 3_000,
  statementMs: 300_000,
  silenceMs: 310_000,
};

/**
 * A migration takes as long as it takes, but keeps nobody else waiting for a lock that it waits for.
 * When it is silent, another connection is asked whether the server is still at it.
 */
export const migrationLimits: Limits = {
  idleInTransactionMs: 60_000,
  idleMs: 60_000,
  lockMs: 3_000,
  statementMs: 0,
  silenceMs: 5_000,
};

export type BreakReason =
  | 'EVENT_CHANGED'
  | 'EVENT_MISSING'
  | 'EVENTS_MISSING_AT_END'
  | 'EVENT_ADDED'
  | 'GENERATION_MISSING'
  | 'GENERATION_CHANGED'
  | 'CHECKPOINT_MISMATCH'
  | 'CHECKPOINT_NOT_SIGNED'
  | 'HEAD_MISMATCH'
  | 'GUARD_CHANGED';

/** Where the log is not what was written. */
export interface Break {
  eventId: string | null;
  generationId: string | null;
  /** Of the event that is altered or missing; for a checkpoint its number. */
  sequence: number | null;
  reason: BreakReason;
  /** What more is to be told. */
  detail: string | null;
}

/** What was found in a part of the log. */
export interface Part {
  /** Events looked at. */
  count: number;
  unbound?: number;
  unjudged?: string | null;
  bad: Break | null;
}

export function broken(reason: BreakReason, where: Partial<Break>): Break {
  return { eventId: null, generationId: null, sequence: null, detail: null, ...where, reason };
}

/** Whether it was found by reckoning a hash anew, which a newer version may do in another way. */
export function isReckoned({ reason }: Break): boolean {
  return reason === 'EVENT_CHANGED' || reason === 'GENERATION_CHANGED';
}

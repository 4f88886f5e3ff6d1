import { v7 as uuidV7 } from 'uuid';
import type { VideoGenerationStatus } from '../database/generated/client.ts';
import type { Context } from '../graphql/context.ts';

/** What can happen, each with the sentence that the API shows for it. */
export const auditActions = {
  GENERATION_CREATED:
    'The request was accepted by this service and stored. Nothing has been sent yet.',
  SUBMISSION_SENT:
    'The request is about to be sent to MiniMax. Stored before the call, so that a crash in between is known.',
  SUBMISSION_ACCEPTED: 'MiniMax accepted the task and gave its id.',
  SUBMISSION_REFUSED: 'MiniMax refused the request. Nothing was generated.',
  SUBMISSION_POSTPONED:
    'MiniMax surely did not accept the request (throttled or not reached); it is tried again later.',
  SUBMISSION_UNCERTAIN:
    'Nobody knows whether MiniMax accepted the request. It is never sent again by itself.',
  TASK_STATUS_CHANGED: "MiniMax's own status word for the task changed.",
  TASK_QUERY_FAILED: 'Asking MiniMax for the task failed in a new way. The task itself goes on.',
  ACCOUNT_UNKNOWN:
    'The service does not have the key of the account that accepted the task, `accountId` in `detail`. It waits for the key.',
  FILE_LINK_FAILED: 'The finished file could not be linked yet; it is tried again.',
  GENERATION_STALLED: 'The task is past its deadline and is still looked at, ever more rarely.',
  GENERATION_SUCCEEDED: 'The video is finished and has a link, or the better prompt is there.',
  GENERATION_FAILED: 'The generation ended without a video.',
  GENERATION_HELD:
    'The request waits and is not sent until an admin releases it, since it may have been sent already, or two would be paid: the database is another one or an older one than before, or the one that it repeats was accepted after all. `detail` has the reason.',
  GENERATION_RELEASED: 'An admin had a held request sent.',
  GENERATION_CANCELLED:
    'The request was withdrawn: before MiniMax had accepted it or, with `taskId` in `detail`, while MiniMax had the task queued. That costs nothing; what was sent earlier may.',
  TASK_REMOVAL_SENT:
    'MiniMax is about to be asked to cancel a queued task, or to delete one that has ended. Stored before the call, so that a crash in between is known.',
  TASK_REMOVAL_FAILED:
    'MiniMax did not cancel or delete the task, or nobody knows whether it did. It is looked at.',
  TASK_DELETED:
    'An admin had the task deleted at MiniMax; `action` in `detail` has its word for what it did.',
  SUBMISSION_ANSWERED_LATE:
    'MiniMax answered the submission after a person had decided otherwise, or after the database had lost it: when it was accepted, `detail` has the task id of what was paid for. It is followed when it had waited to be sent again, or was declared not created, and nothing else can have been paid since.',
  TASK_ATTACHED:
    "An admin found the task of an uncertain or held request in MiniMax's console and attached its id, or had a failed one looked for again.",
  TASK_RECONCILED:
    'The service found the task of an uncertain request among those that MiniMax lists: the only one that it can be. `detail` has its id, and how it was found.',
  DECLARED_NOT_CREATED: 'An admin found that MiniMax never accepted the request.',
  RESUBMISSION_ORDERED:
    'An admin had an uncertain request sent again, knowing that it may be paid twice. With `held` in `detail` it waits to be released, since the same order had been given before and the database lost that.',
  CALLBACK_RECEIVED:
    'A message arrived at the callback address of the generation; MiniMax is asked whether it is true. With `taskId` in `detail` it names a task that no answer has told, which a record of what was sent has from then on.',
  VIDEO_LINK_RENEWED: 'An expired download link was exchanged for a new one.',
  VIDEO_KEEPING_REQUESTED:
    'A caller asked for the finished video to be kept; `detail` has the `state` that it was in.',
  VIDEO_STORED:
    'The finished video was stored here; `detail` has the SHA-256 of its bytes, and how many they are.',
  VIDEO_REMOVED:
    'The stored video is not kept any longer; `detail` has the reason — `keepForDays` of its request, or by the operator’s limits its `age`, or the `size` of all that is kept for its tenant — and what was stored. A redaction has an event of its own.',
  INPUT_REMOVED:
    'A file of the request is not kept for it any longer; `detail` has the reason — `keepForDays` of the request — and the SHA-256 of the file and how many bytes it has. What another generation uses, or was uploaded lately, stays for that. A redaction has an event of its own.',
  API_KEY_CREATED:
    'An API key was made; `objectId` is its id, `detail` tells whose and with which role.',
  API_KEY_ROTATED:
    'An API key, `objectId`, was made in place of another, which ends at `oldKeyExpiresAt`.',
  API_KEY_REVOKED: 'An API key, `objectId`, was ended at once.',
  SIGN_IN_REFUSED:
    'Somebody asked without a key or token that is valid here. Of a network (an IPv4 address, or a /64 of IPv6) one a minute is recorded, 20 in all; those beyond are one event, with their `count` and how many `networks` were seen in `detail`.',
  WEBHOOK_ENDPOINT_CREATED: 'A webhook endpoint was made; `detail` tells where and whose.',
  WEBHOOK_SECRET_ROTATED: 'A webhook endpoint got a new secret.',
  WEBHOOK_ENDPOINT_DISABLED:
    'A webhook endpoint gets nothing any more; `detail` tells why. Without a caller: the service did it.',
  WEBHOOK_ENDPOINT_ENABLED: 'A disabled webhook endpoint is sent to again.',
  WEBHOOK_ENDPOINT_DELETED: 'A webhook endpoint was deleted, with the log of its deliveries.',
  WEBHOOK_TESTED: 'A test event was ordered for a webhook endpoint.',
  WEBHOOK_REDELIVERED: 'A webhook was ordered to be sent again.',
  WEBHOOKS_LISTED:
    'An auditor or admin listed webhook endpoints or deliveries, of whomever; `detail` has the filter.',
  FOREIGN_GENERATION_READ:
    'An auditor or admin looked at a generation of somebody else, `objectId`.',
  GENERATIONS_LISTED:
    'An auditor or admin listed generations, of whomever; `detail` has the filter.',
  SUBMISSIONS_LISTED:
    'An auditor or admin listed submissions, of whomever; `detail` has the filter.',
  GENERATION_STATS_READ:
    'An auditor or admin had generations counted, of whomever; `detail` has filter and grouping.',
  MEDIA_USAGE_READ: 'An auditor or admin looked at how much is stored, for whomever.',
  EXPORT_REQUESTED:
    'A caller asked for an export; `detail` has its id, what it is of, the format and the filter.',
  EXPORT_DOWNLOADED:
    'Somebody fetched an export under its address, with the rights of the caller who had asked for it; `detail` tells how many rows were sent and whether that was all.',
  FILE_UPLOADED:
    'A caller uploaded a file to MiniMax through this service; `objectId` is its id there, `detail` tells how large it is and of which account.',
  MEDIA_UPLOADED:
    'A caller uploaded a file to this service; `objectId` is its id, `detail` tells how large it is, of which type, and the SHA-256 of its bytes.',
  GENERATION_REDACTED:
    'Prompt and images were removed for good; `detail` has the reason. Without a caller: because of RETENTION_DAYS.',
} as const;

export type AuditAction = keyof typeof auditActions;

/** What one event tells beside when it happened and on which generation. No secrets, no signed links, no images. */
export interface NewEvent {
  action: AuditAction;
  fromStatus?: VideoGenerationStatus;
  toStatus?: VideoGenerationStatus;
  httpStatus?: number | null;
  latencyMs?: number | null;
  upstreamCode?: number | null;
  upstreamMessage?: string | null;
  traceId?: string | null;
  /** What it is on, for an event that belongs to no generation's chain. */
  objectId?: string;
  /** Left out or null: the service itself. */
  actor?: Actor | null | undefined;
  detail?: Record<string, string | number | boolean | null>;
}

/** Who caused an event; without a caller when nobody was known, as in a refused sign-in. */
export interface Actor {
  callerId: string | null;
  callerKind: Context['caller']['kind'] | null;
  ip: string | null;
  userAgent: string | null;
  requestId: string | null;
}

/** What is known of who sent a request. */
export type Requester = Pick<Context, 'caller' | 'ip' | 'userAgent' | 'requestId'>;

export function actorOf({ caller, ip, userAgent, requestId }: Requester): Actor {
  return { callerId: caller.id, callerKind: caller.kind, ip, userAgent, requestId };
}

const ownWords: Readonly<Record<string, string>> = { promptContains: '[text]', tags: '[tags]' };

/**
 * A filter, or a part of one, as events tell of it: 1,000 characters at most, without the texts and
 * tags, which may have to be erased one day.
 */
export function shownFilter(filter: unknown): string {
  return JSON.stringify(filter, (key, part: unknown) => ownWords[key] ?? part)
    .slice(0, 1_000)
    .toWellFormed();
}

let latest = { msecs: 0, seq: 0 };

/** An id that sorts by `now` and, within a millisecond, after the ones this process made before. */
export function newEventId(now: Date): string {
  const msecs = now.getTime();
  // Half of the 32 bits are left to count on from a random start.
  const seq = msecs === latest.msecs ? latest.seq + 1 : Math.floor(Math.random() * 0x7fff_ffff);
  latest = { msecs, seq };
  return uuidV7({ msecs, seq });
}

/** The columns of an event that happens now; generation and sequence are added by who knows them. */
export function eventRow({ actor, ...event }: NewEvent, now: Date) {
  return { ...event, ...actor, id: newEventId(now), occurredAt: now };
}

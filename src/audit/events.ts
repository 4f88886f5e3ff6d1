import type { VideoGenerationStatus } from '../database/generated/client.ts';

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
  FILE_LINK_FAILED: 'The finished file could not be linked yet; it is tried again.',
  GENERATION_STALLED: 'The task is past its deadline and is still looked at, ever more rarely.',
  GENERATION_SUCCEEDED: 'The video is finished and has a link.',
  GENERATION_FAILED: 'The generation ended without a video.',
  GENERATION_CANCELLED: 'The caller withdrew the request before MiniMax had accepted it.',
  SUBMISSION_ANSWERED_LATE:
    'MiniMax accepted the submission after a person had decided otherwise: `detail` has the task id of what was paid for.',
  TASK_ATTACHED: "An admin found the task in MiniMax's console and attached its id.",
  DECLARED_NOT_CREATED: 'An admin found that MiniMax never accepted the request.',
  RESUBMISSION_ORDERED:
    'An admin had an uncertain request sent again, knowing that it may be paid twice.',
  CALLBACK_RECEIVED:
    'A message arrived at the callback address of the task; MiniMax is asked whether it is true.',
  VIDEO_LINK_RENEWED: 'An expired download link was exchanged for a new one.',
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
  requestId?: string | null;
  detail?: Record<string, string | number | boolean | null>;
}

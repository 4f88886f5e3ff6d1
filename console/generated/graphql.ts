/*
 * Made by "npm run codegen" from schema.graphql and console/operations, as codegen.yml says.
 * Change those and run it again; "npm run codegen -- --check" tells whether it is needed.
 */
/* eslint-disable */

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** What becomes of an `aspectRatio` that is given. */
export type AspectRatioUse =
  /** It may be given, but the video has that of its frame. */
  | 'IGNORED'
  /** The video has it; left out, that of its references. */
  | 'OPTIONAL'
  /** It must be given. */
  | 'REQUIRED';

/** What happened. */
export type AuditAction =
  /** The service does not have the key of the account that accepted the task, `accountId` in `detail`. It waits for the key. */
  | 'ACCOUNT_UNKNOWN'
  /** An API key was made; `objectId` is its id, `detail` tells whose and with which role. */
  | 'API_KEY_CREATED'
  /** An API key, `objectId`, was ended at once. */
  | 'API_KEY_REVOKED'
  /** An API key, `objectId`, was made in place of another, which ends at `oldKeyExpiresAt`. */
  | 'API_KEY_ROTATED'
  /** A message arrived at the callback address of the generation; MiniMax is asked whether it is true. With `taskId` in `detail` it names a task that no answer has told, which a record of what was sent has from then on. */
  | 'CALLBACK_RECEIVED'
  /** An admin found that MiniMax never accepted the request. */
  | 'DECLARED_NOT_CREATED'
  /** Somebody fetched an export under its address, with the rights of the caller who had asked for it; `detail` tells how many rows were sent and whether that was all. */
  | 'EXPORT_DOWNLOADED'
  /** A caller asked for an export; `detail` has its id, what it is of, the format and the filter. */
  | 'EXPORT_REQUESTED'
  /** The finished file could not be linked yet; it is tried again. */
  | 'FILE_LINK_FAILED'
  /** A caller uploaded a file to MiniMax through this service; `objectId` is its id there, `detail` tells how large it is and of which account. */
  | 'FILE_UPLOADED'
  /** An auditor or admin looked at a generation of somebody else, `objectId`. */
  | 'FOREIGN_GENERATION_READ'
  /** An auditor or admin listed generations, of whomever; `detail` has the filter. */
  | 'GENERATIONS_LISTED'
  /** The request was withdrawn: before MiniMax had accepted it or, with `taskId` in `detail`, while MiniMax had the task queued. That costs nothing; what was sent earlier may. */
  | 'GENERATION_CANCELLED'
  /** The request was accepted by this service and stored. Nothing has been sent yet. */
  | 'GENERATION_CREATED'
  /** The generation ended without a video. */
  | 'GENERATION_FAILED'
  /** The request waits and is not sent until an admin releases it, since it may have been sent already, or two would be paid: the database is another one or an older one than before, or the one that it repeats was accepted after all. `detail` has the reason. */
  | 'GENERATION_HELD'
  /** Prompt and images were removed for good; `detail` has the reason. Without a caller: because of RETENTION_DAYS. */
  | 'GENERATION_REDACTED'
  /** An admin had a held request sent. */
  | 'GENERATION_RELEASED'
  /** The task is past its deadline and is still looked at, ever more rarely. */
  | 'GENERATION_STALLED'
  /** An auditor or admin had generations counted, of whomever; `detail` has filter and grouping. */
  | 'GENERATION_STATS_READ'
  /** The video is finished and has a link, or the better prompt is there. */
  | 'GENERATION_SUCCEEDED'
  /** A file of the request is not kept for it any longer; `detail` has the reason — `keepForDays` of the request — and the SHA-256 of the file and how many bytes it has. What another generation uses, or was uploaded lately, stays for that. A redaction has an event of its own. */
  | 'INPUT_REMOVED'
  /** A caller uploaded a file to this service; `objectId` is its id, `detail` tells how large it is, of which type, and the SHA-256 of its bytes. */
  | 'MEDIA_UPLOADED'
  /** An auditor or admin looked at how much is stored, for whomever. */
  | 'MEDIA_USAGE_READ'
  /** An admin had an uncertain request sent again, knowing that it may be paid twice. With `held` in `detail` it waits to be released, since the same order had been given before and the database lost that. */
  | 'RESUBMISSION_ORDERED'
  /** Somebody asked without a key or token that is valid here. Of a network (an IPv4 address, or a /64 of IPv6) one a minute is recorded, 20 in all; those beyond are one event, with their `count` and how many `networks` were seen in `detail`. */
  | 'SIGN_IN_REFUSED'
  /** An auditor or admin listed submissions, of whomever; `detail` has the filter. */
  | 'SUBMISSIONS_LISTED'
  /** MiniMax accepted the task and gave its id. */
  | 'SUBMISSION_ACCEPTED'
  /** MiniMax answered the submission after a person had decided otherwise, or after the database had lost it: when it was accepted, `detail` has the task id of what was paid for. It is followed when it had waited to be sent again, or was declared not created, and nothing else can have been paid since. */
  | 'SUBMISSION_ANSWERED_LATE'
  /** MiniMax surely did not accept the request (throttled or not reached); it is tried again later. */
  | 'SUBMISSION_POSTPONED'
  /** MiniMax refused the request. Nothing was generated. */
  | 'SUBMISSION_REFUSED'
  /** The request is about to be sent to MiniMax. Stored before the call, so that a crash in between is known. */
  | 'SUBMISSION_SENT'
  /** Nobody knows whether MiniMax accepted the request. It is never sent again by itself. */
  | 'SUBMISSION_UNCERTAIN'
  /** An admin found the task of an uncertain or held request in MiniMax's console and attached its id, or had a failed one looked for again. */
  | 'TASK_ATTACHED'
  /** An admin had the task deleted at MiniMax; `action` in `detail` has its word for what it did. */
  | 'TASK_DELETED'
  /** Asking MiniMax for the task failed in a new way. The task itself goes on. */
  | 'TASK_QUERY_FAILED'
  /** The service found the task of an uncertain request among those that MiniMax lists: the only one that it can be. `detail` has its id, and how it was found. */
  | 'TASK_RECONCILED'
  /** MiniMax did not cancel or delete the task, or nobody knows whether it did. It is looked at. */
  | 'TASK_REMOVAL_FAILED'
  /** MiniMax is about to be asked to cancel a queued task, or to delete one that has ended. Stored before the call, so that a crash in between is known. */
  | 'TASK_REMOVAL_SENT'
  /** MiniMax's own status word for the task changed. */
  | 'TASK_STATUS_CHANGED'
  /** A caller asked for the finished video to be kept; `detail` has the `state` that it was in. */
  | 'VIDEO_KEEPING_REQUESTED'
  /** An expired download link was exchanged for a new one. */
  | 'VIDEO_LINK_RENEWED'
  /** The stored video is not kept any longer; `detail` has the reason — `keepForDays` of its request, or by the operator’s limits its `age`, or the `size` of all that is kept for its tenant — and what was stored. A redaction has an event of its own. */
  | 'VIDEO_REMOVED'
  /** The finished video was stored here; `detail` has the SHA-256 of its bytes, and how many they are. */
  | 'VIDEO_STORED'
  /** An auditor or admin listed webhook endpoints or deliveries, of whomever; `detail` has the filter. */
  | 'WEBHOOKS_LISTED'
  /** A webhook endpoint was made; `detail` tells where and whose. */
  | 'WEBHOOK_ENDPOINT_CREATED'
  /** A webhook endpoint was deleted, with the log of its deliveries. */
  | 'WEBHOOK_ENDPOINT_DELETED'
  /** A webhook endpoint gets nothing any more; `detail` tells why. Without a caller: the service did it. */
  | 'WEBHOOK_ENDPOINT_DISABLED'
  /** A disabled webhook endpoint is sent to again. */
  | 'WEBHOOK_ENDPOINT_ENABLED'
  /** A webhook was ordered to be sent again. */
  | 'WEBHOOK_REDELIVERED'
  /** A webhook endpoint got a new secret. */
  | 'WEBHOOK_SECRET_ROTATED'
  /** A test event was ordered for a webhook endpoint. */
  | 'WEBHOOK_TESTED';

/** What is wrong with the audit log. */
export type AuditBreakReason =
  /** A checkpoint does not fit the events that it covers, or the checkpoints before: events or checkpoints were removed, added or altered together with their chain. */
  | 'CHECKPOINT_MISMATCH'
  /** A checkpoint has a wrong signature, or, where keys are configured, none by any of them. */
  | 'CHECKPOINT_NOT_SIGNED'
  /** The generation changed more often than it has events: the event with this `sequence` and those after it were removed. */
  | 'EVENTS_MISSING_AT_END'
  /** The generation has more events than it changed: this one was made up. */
  | 'EVENT_ADDED'
  /** The event does not have the hash that follows from its content and the event before: it was altered, or put in another’s place, or the one before was and got a new hash. */
  | 'EVENT_CHANGED'
  /** The event with this `sequence` was removed. */
  | 'EVENT_MISSING'
  /** The generation is not what its events say that it is; `detail` tells in which respect. Its row, or the record of one of its submissions, was altered past the service. */
  | 'GENERATION_CHANGED'
  /** The event tells of a generation that is not there any more. */
  | 'GENERATION_MISSING'
  /** A trigger or function that guards the log is missing, switched off or altered, or something was added by which rows are read as other than they are; `detail` names it. What was done meanwhile is not known. */
  | 'GUARD_CHANGED'
  /** A checkpoint that was kept elsewhere is not in the database: events or checkpoints were rewritten or removed. */
  | 'HEAD_MISMATCH';

/** Which events. Within a list any value may match; all fields given must match. */
export type AuditEventFilter = {
  /** One of these happened. */
  action?: Array<AuditAction> | null | undefined;
  /** Caused by one of these callers. */
  callerId?: Array<string> | null | undefined;
  /** About this generation. */
  generationId?: string | null | undefined;
  /** On one of these generations, reads of it by auditors and admins included, or on one of these API keys. */
  objectId?: Array<string> | null | undefined;
  /** Happened in this span. */
  occurredAt?: DateTimeRangeInput | null | undefined;
  /** `detail`, or what MiniMax said beside a status code other than 0, contains this text, whatever the letter case. 3 to 200 characters. */
  text?: string | null | undefined;
  /** MiniMax's answer had one of these `Trace-Id`s. */
  traceId?: Array<string> | null | undefined;
  /** MiniMax answered with one of these status codes, e.g. 1026. */
  upstreamCode?: Array<number> | null | undefined;
};

/** What the signature of a checkpoint is worth. */
export type AuditSignatureState =
  /** The signature does not fit what it is on. */
  | 'INVALID'
  /** Made by a server without a key, or of a version before signatures. */
  | 'NONE'
  /** Signed by a key that this server does not know: that of another server, an earlier one, or somebody else’s. */
  | 'UNKNOWN_KEY'
  /** Signed by this server, or by a key that it was told to trust. */
  | 'VALID';

/** How a caller is known. */
export type CallerKind =
  /** By an API key of this service. */
  | 'API_KEY'
  /** By a token of the configured OpenID Connect issuer. */
  | 'JWT'
  /** Not at all: nobody but this machine can ask, and no key exists yet. */
  | 'LOCAL';

/** What a caller may do. */
export type CallerRole =
  /** Sees and does everything. */
  | 'ADMIN'
  /** Reads everything, changes nothing. */
  | 'AUDITOR'
  /** Requests generations and sees its own, and those of its tenant. */
  | 'CLIENT';

/** A new API key. */
export type CreateApiKeyInput = {
  /** Whose key it is, e.g. `web-shop`: 1 to 100 letters, digits and `._-`. Keys of one caller share its generations. */
  callerId: string;
  /** When it stops working. Left out: never by itself. */
  expiresAt?: string | null | undefined;
  /** What it is for, at most 100 characters, none of them a control character. Left out: the caller. */
  name?: string | null | undefined;
  /** What its caller may do. */
  role: CallerRole;
  /** Callers of one tenant see each other’s generations: 1 to 100 letters, digits and `._-`. */
  tenant?: string | null | undefined;
};

/** A request for a video. Which of the fields a model takes, and what may be in them, `videoModels` tells. */
export type CreateVideoGenerationInput = {
  /** Adds a visible AI watermark. Documented for MiniMax's Chinese service only; sent only when set. */
  aigcWatermark?: boolean | null | undefined;
  /** Width to height, e.g. `16:9`, or `adaptive`: as its references. H3 models need one for text alone, and ignore it beside a frame. */
  aspectRatio?: string | null | undefined;
  /** Length in seconds, depending on model and resolution. Left out: the default of the model. */
  duration?: number | null | undefined;
  /** Shortens the time of the prompt optimizer. MiniMax-Hailuo-2.3, -2.3-Fast and -02, without last frame. */
  fastPretreatment?: boolean | null | undefined;
  /** Opening frame: a public http(s) URL, a data URL such as `data:image/jpeg;base64,…`, or the `reference` of a file that was sent to `POST /media`, `media:<id>`. Formats and sizes: `videoModels`. The second API generation also takes `mm_file://<file id>`, as for `ReferenceClipInput.url`. */
  firstFrameImage?: string | null | undefined;
  /** A name of your own for this request, e.g. a UUID: 1 to 255 printable ASCII characters without spaces. However often it comes, in parallel or much later, the request is stored and sent once, and each answer is the first generation. Left out: the `Idempotency-Key` header, if any. */
  idempotencyKey?: string | null | undefined;
  /** For how many days its video is kept here once it is stored, e.g. `30`, and its files from its end on unless something else uses them: 1 or more, at most what the operator allows. The room of your tenant may end it earlier. What repeats the generation or makes it anew is kept for as long. Left out: as the operator says. */
  keepForDays?: number | null | undefined;
  /** Closing frame, as for `firstFrameImage`. MiniMax-Hailuo-02 and the H3 models take one. */
  lastFrameImage?: string | null | undefined;
  /** The model, e.g. `MiniMax-H3`, spelled as `videoModels` lists it. */
  model: string;
  /** What is to be seen. `videoModels` tells how long it may be and whether it is required; for some models it may contain camera commands such as `[Push in]`. */
  prompt?: string | null | undefined;
  /** How much MiniMax may add to the prompt. MiniMax-H3-Max only. */
  promptExpansion?: PromptExpansion | null | undefined;
  /** Whether MiniMax may rewrite the prompt for better results. False follows it literally. First API generation only. */
  promptOptimizer?: boolean;
  /** Sounds that the video is to have, beside a reference image or video: up to 3, 15 seconds together. */
  referenceAudios?: Array<ReferenceClipInput> | null | undefined;
  /** Images that the video is to be like, as for `firstFrameImage`; the prompt may speak of image 1, image 2 … H3 models take up to 9, and no frames beside them. */
  referenceImages?: Array<string> | null | undefined;
  /** Videos that the new one is to be like: up to 3, 15 seconds together. Paid by the second. */
  referenceVideos?: Array<ReferenceClipInput> | null | undefined;
  /** Such as `768P` or `2K`, depending on the model. Left out: the model's default. */
  resolution?: string | null | undefined;
  /** A face to keep: exactly one entry. Only S2V-01 takes one. */
  subjectReference?: Array<SubjectReferenceInput> | null | undefined;
  /** Words of your own to find it by, e.g. `["spring campaign"]`: at most 10, each of 1 to 50 characters without blanks around it, none twice. They are not sent to MiniMax. */
  tags?: Array<string> | null | undefined;
  /** Where the webhooks of this generation go, instead of the URL of your enabled endpoint with the same scheme, host and port, which says what is sent and whose secret signs it. At most 2000 characters. Left out: to the endpoints’ own URLs. */
  webhookUrl?: string | null | undefined;
};

/** A new webhook endpoint. */
export type CreateWebhookEndpointInput = {
  /** What it is for, at most 200 characters. */
  description?: string | null | undefined;
  /** What to be told of, at least one. Left out: SUCCEEDED, FAILED, UNCERTAIN and CANCELLED. */
  events?: Array<WebhookEvent> | null | undefined;
  /** Where to send: an https URL on the public Internet, port 443 or above 1023, without credentials or fragment, at most 2000 characters. A caller has each URL once, and 10 endpoints at most. */
  url: string;
};

/** A span of time. */
export type DateTimeRangeInput = {
  /** Not before this instant. */
  from?: string | null | undefined;
  /** Before this instant. */
  to?: string | null | undefined;
};

/** A range of decimal numbers, both ends included. */
export type DecimalRangeInput = {
  /** At least this much. */
  from?: string | null | undefined;
  /** At most this much. */
  to?: string | null | undefined;
};

/** A video that a better prompt is wanted for: what `createVideoGeneration` takes for MiniMax-H3, by the same rules, without resolution and watermark. */
export type EnhancePromptInput = {
  /** Width to height, e.g. `16:9`, or `adaptive`: as its references. Needed for text alone, ignored beside a frame. */
  aspectRatio?: string | null | undefined;
  /** Length of the video in seconds, 4 to 15. Left out: 5. */
  duration?: number | null | undefined;
  /** Opening frame: a public http(s) URL, a data URL, or `mm_file://<file id>`. Formats and sizes: `videoModels`. */
  firstFrameImage?: string | null | undefined;
  /** As for `createVideoGeneration`: 1 to 255 printable ASCII characters without spaces. However often it comes, the request is sent and paid once. Left out: the `Idempotency-Key` header, if any. */
  idempotencyKey?: string | null | undefined;
  /** Closing frame, as for `firstFrameImage`. */
  lastFrameImage?: string | null | undefined;
  /** The model that the prompt is for: `MiniMax-H3`. `videoModels` tells the price. */
  model: string;
  /** What is to be seen, in your words: required, 7,000 characters at most. */
  prompt?: string | null | undefined;
  /** Up to 3 sounds beside a reference image or video, 15 seconds together. */
  referenceAudios?: Array<ReferenceClipInput> | null | undefined;
  /** Up to 9 images, as for `firstFrameImage`; no frames beside them. */
  referenceImages?: Array<string> | null | undefined;
  /** Up to 3 videos, 15 seconds together. */
  referenceVideos?: Array<ReferenceClipInput> | null | undefined;
  /** Words of your own to find it by: at most 10, each of 1 to 50 characters without blanks around it, none twice. They are not sent to MiniMax. */
  tags?: Array<string> | null | undefined;
};

/** How an export is written. */
export type ExportFormat =
  /** Comma-separated values (RFC 4180) in UTF-8, with a byte order mark and a header. A text that a spreadsheet would take for a formula has an apostrophe in front. */
  | 'CSV'
  /** One JSON object a line, with every value as it is. */
  | 'NDJSON';

/** Why a generation gave no video, in one word to act on. */
export type FailureKind =
  /** The MiniMax account may not use this model or is not verified (2038, 2061). */
  | 'ACCOUNT_NOT_ENTITLED'
  /** The service no longer has the key of the account that accepted the task. It stays PROCESSING and goes on when the key is back. */
  | 'ACCOUNT_UNKNOWN'
  /** The MiniMax account has no money left (1008). */
  | 'BALANCE_EXHAUSTED'
  /** The content check refused the prompt or an image (1026). */
  | 'INPUT_FLAGGED'
  /** MiniMax found a parameter invalid (codes 2013, 1042). */
  | 'INPUT_INVALID'
  /** MiniMax never accepted the request, as an admin found or its records say. */
  | 'NOT_CREATED'
  /** Nobody knows whether MiniMax accepted the request. */
  | 'OUTCOME_UNKNOWN'
  /** The content check withheld the finished video (1027). */
  | 'OUTPUT_FLAGGED'
  /** A quota of the MiniMax account is used up (1028, 1030, 2056). */
  | 'QUOTA_EXHAUSTED'
  /** MiniMax reports success repeatedly but gives no result. */
  | 'RESULT_MISSING'
  /** MiniMax gave up on the task; `upstreamMessage` has its reason where it gave one. */
  | 'TASK_FAILED'
  /** MiniMax says repeatedly that it does not know the task. */
  | 'TASK_UNKNOWN'
  /** MiniMax limits the rate of requests (1002, 1039, 1041, 2045). */
  | 'THROTTLED'
  /** MiniMax does not accept this service's key (1004, 2049). */
  | 'UNAUTHORIZED'
  /** A status code that is not documented; see `upstreamCode` and `upstreamMessage`. */
  | 'UNKNOWN'
  /** MiniMax had a problem of its own (1000, 1001, 1013, 1024, 1033). */
  | 'UPSTREAM_ERROR';

/** What is asked of MiniMax. */
export type GenerationKind =
  /** A new video. */
  | 'GENERATION'
  /** A better prompt, and no video. */
  | 'PROMPT_ENHANCEMENT'
  /** An existing video, made anew in a higher resolution. */
  | 'REGENERATION';

/** What generations can be grouped by. */
export type GenerationStatsDimension =
  /** Who asked for it. */
  | 'CALLER'
  /** The day, in UTC, on which the request was stored. */
  | 'DAY'
  /** What is asked of MiniMax. */
  | 'KIND'
  /** The model. */
  | 'MODEL'
  /** Where it stands. */
  | 'STATUS'
  /** The tenant that it belongs to. */
  | 'TENANT';

/** What a file is. */
export type MediaKind =
  /** Sound. */
  | 'AUDIO'
  /** A picture. */
  | 'IMAGE'
  /** A moving picture. */
  | 'VIDEO';

/** Which end comes first. */
export type OrderDirection =
  /** Smallest or oldest first. */
  | 'ASC'
  /** Largest or newest first. */
  | 'DESC';

/** How much MiniMax may add to a prompt before it makes the video. */
export type PromptExpansion =
  /** Some; what MiniMax does unless it is told otherwise. */
  | 'BALANCED'
  /** Nothing: the prompt is followed as it is. */
  | 'DISABLED'
  /** As much as the best picture needs, which takes longer. */
  | 'QUALITY';

/** A video or a sound that the new video is to be like. */
export type ReferenceClipInput = {
  /** How long it is, 2 to 15 seconds. Checked when given; of a video it is needed to know the price beforehand. Of `media:<id>` it is measured. */
  seconds?: number | null | undefined;
  /** A public http(s) URL, `media:<id>` of a file that was sent to `POST /media`, or `mm_file://<file id>` of a file at MiniMax that you or your tenant uploaded through this service (`POST /minimax/v1/files/upload`) within the last 7 days. */
  url: string;
};

/** A face that the video is to keep. Only S2V-01 takes one. */
export type SubjectReferenceInput = {
  /** Exactly one image: a public URL, a data URL or `media:<id>`, limits as for `firstFrameImage`. */
  image: Array<string>;
  /** Only `character` exists. */
  type?: string;
};

/** What came of a submission. */
export type SubmissionOutcome =
  /** MiniMax made a task of it: it is paid for, unless it is the `taskId` of a CANCELLED generation, which had not begun. */
  | 'ACCEPTED'
  /** Surely not sent, or not as a whole: it cost nothing. */
  | 'NOT_SENT'
  /** Claimed by a server, and not sent yet. */
  | 'PREPARED'
  /** MiniMax did not accept it, as it said: it cost nothing. It is UNKNOWN again when a callback tells of a task of it all the same. */
  | 'REFUSED'
  /** Being sent, or waiting for its answer. */
  | 'SENT'
  /** Nobody knows whether MiniMax accepted it: it may have been paid. */
  | 'UNKNOWN';

/** Why a request was sent. */
export type SubmissionReason =
  /** It had not been sent before. */
  | 'FIRST'
  /** An admin had it sent again although the one before may have been accepted: it may be paid twice. */
  | 'RESUBMIT'
  /** The one before was surely not accepted: throttled, refused or not sent. */
  | 'RETRY';

/** Why a mutation did nothing. The message beside it says what to do. */
export type UserErrorCode =
  /** The model does not make this aspect ratio here. */
  | 'ASPECT_RATIO_NOT_SUPPORTED'
  /** From text alone the model needs `aspectRatio`. */
  | 'ASPECT_RATIO_REQUIRED'
  /** Duration and resolution are each possible, but not together. */
  | 'COMBINATION_NOT_SUPPORTED'
  /** Not a number of days within the limits. */
  | 'DAYS_INVALID'
  /** The model does not make videos of this length. */
  | 'DURATION_NOT_SUPPORTED'
  /** The model does not offer `fastPretreatment` in this mode. */
  | 'FAST_PRETREATMENT_NOT_SUPPORTED'
  /** No file at MiniMax (`mm_file://…`) that is yours or of your tenant: it was uploaded elsewhere or by others, with another account, or more than 7 days ago. */
  | 'FILE_NOT_FOUND'
  /** The model takes no first frame. */
  | 'FIRST_FRAME_NOT_SUPPORTED'
  /** The model, or this resolution, needs `firstFrameImage`. */
  | 'FIRST_FRAME_REQUIRED'
  /** Frames and references exclude each other. */
  | 'FRAMES_AND_REFERENCES'
  /** Prompt and images were removed: it is not sent again, nor its video kept. */
  | 'GENERATION_REDACTED'
  /** Not 1 to 255 printable ASCII characters without spaces. */
  | 'IDEMPOTENCY_KEY_INVALID'
  /** The key was used before, for a different request. Nothing was sent. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** None, too many, or one that no generation has. */
  | 'IDS_INVALID'
  /** Images that came as data URLs are kept for 7 days after a failure. */
  | 'IMAGES_NO_LONGER_STORED'
  /** A side or an aspect ratio that the model does not take. */
  | 'IMAGE_DIMENSIONS_UNSUPPORTED'
  /** A format that the model does not take. */
  | 'IMAGE_FORMAT_UNSUPPORTED'
  /** Neither an http(s) URL nor an image data URL; or a file that is empty, stops in the middle of its picture, or is something else as well. */
  | 'IMAGE_INVALID'
  /** More bytes than the model takes. */
  | 'IMAGE_TOO_LARGE'
  /** MiniMax could not fetch the image from this address. */
  | 'IMAGE_URL_NOT_PUBLIC'
  /** The file at a URL could not be fetched, where this service fetches them: the message says why. Mend the URL, try again, or send the file to `POST /media`. */
  | 'INPUT_NOT_FETCHED'
  /** Not a number of days from 1 to the most that the operator allows. */
  | 'KEEP_FOR_INVALID'
  /** The model takes no last frame. */
  | 'LAST_FRAME_NOT_SUPPORTED'
  /** A `media:…` that is no upload of yours or your tenant’s, or that is gone: send the file to `POST /media`. */
  | 'MEDIA_NOT_FOUND'
  /** No such model; `videoModels` lists them. */
  | 'MODEL_UNKNOWN'
  /** The model cannot make a video from this combination of images. */
  | 'MODE_NOT_SUPPORTED'
  /** MiniMax makes no better prompts for this model. */
  | 'PROMPT_ENHANCEMENT_NOT_SUPPORTED'
  /** The model has no `promptExpansion`. */
  | 'PROMPT_EXPANSION_NOT_SUPPORTED'
  /** A prompt is needed here; a blank one is refused in every mode. */
  | 'PROMPT_REQUIRED'
  /** More characters than the model takes. */
  | 'PROMPT_TOO_LONG'
  /** No reason, or one that is too long. */
  | 'REASON_INVALID'
  /** A clip with a side or an aspect ratio that the model does not take. */
  | 'REFERENCE_DIMENSIONS_UNSUPPORTED'
  /** A clip in a format, or with a codec, that the model does not take. */
  | 'REFERENCE_FORMAT_UNSUPPORTED'
  /** A clip with fewer or more frames in a second than the model takes. */
  | 'REFERENCE_FRAME_RATE_UNSUPPORTED'
  /** Neither a public http(s) URL, a `media:…` nor a file at MiniMax (`mm_file://…`); or a clip that is broken, or made to do harm. */
  | 'REFERENCE_INVALID'
  /** A reference is too short or too long. */
  | 'REFERENCE_LENGTH_NOT_SUPPORTED'
  /** The model takes no references of this kind. */
  | 'REFERENCE_NOT_SUPPORTED'
  /** Sound needs a reference image or video beside it. */
  | 'REFERENCE_REQUIRED'
  /** A clip of more bytes than the model takes. */
  | 'REFERENCE_TOO_LARGE'
  /** Not a video that can be made anew: of another model, resolution or kind. */
  | 'REGENERATION_NOT_SUPPORTED'
  /** The model does not offer this resolution in this mode. */
  | 'RESOLUTION_NOT_SUPPORTED'
  /** Somebody, or a late answer, settled it before; the message says how. */
  | 'SETTLED_ALREADY'
  /** Neither MiniMax nor this service has the video, or what it is made from, any more. */
  | 'SOURCE_NOT_AVAILABLE'
  /** Not exactly one subject of type `character` with exactly one image. */
  | 'SUBJECT_INVALID'
  /** The model takes no subject reference. */
  | 'SUBJECT_NOT_SUPPORTED'
  /** The model needs `subjectReference`. */
  | 'SUBJECT_REQUIRED'
  /** Not an undecided submission of this generation. */
  | 'SUBMISSION_NOT_OPEN'
  /** More than 10 tags, one twice, or one that does not have 1 to 50 characters. */
  | 'TAGS_INVALID'
  /** Another submission of this account has the task. */
  | 'TASK_ATTACHED_ELSEWHERE'
  /** Not the form of MiniMax's task ids. */
  | 'TASK_ID_INVALID'
  /** MiniMax did not cancel or delete the task, or it is not known whether it did; the message says more. */
  | 'TASK_NOT_REMOVED'
  /** MiniMax is making the video already, and cannot stop: the generation is followed as before. */
  | 'TASK_RUNNING'
  /** More references than the model takes. */
  | 'TOO_MANY_REFERENCES'
  /** The video was kept and removed again: not a second time. */
  | 'VIDEO_REMOVED'
  /** Not an https URL without credentials and fragment, or on a port that is not allowed. */
  | 'WEBHOOK_URL_INVALID'
  /** Its host is not on the public Internet. */
  | 'WEBHOOK_URL_NOT_PUBLIC'
  /** You have no enabled webhook endpoint at the same scheme, host and port. */
  | 'WEBHOOK_URL_NOT_REGISTERED'
  /** The generation is not in a status that allows this. */
  | 'WRONG_STATUS'
  /** The generation has changed since the version that you saw. */
  | 'WRONG_VERSION';

/** Whether a finished video is kept here. */
export type VideoArchiveState =
  /** It is not kept any more (`removedAt`), or MiniMax had it no longer before it was stored. */
  | 'EXPIRED'
  /** It cannot be stored; `error` has the reason. */
  | 'FAILED'
  /** It is to be stored, or is being stored; what fails for a while is tried again, with a fresh link. See `error` for what the last attempt came to. */
  | 'PENDING'
  /** It was not to be kept when it was finished. */
  | 'SKIPPED'
  /** It is stored: `videoUrl` leads to it, whatever MiniMax still has. */
  | 'STORED';

/** Which generations. Within a list any value may match; all fields given must match. `and`, `or` and `not` combine filters, five levels deep at most. An empty filter matches every generation, so `not: {}` matches none; an empty `or` says nothing. */
export type VideoGenerationFilter = {
  /** All of these match. */
  and?: Array<VideoGenerationFilter> | null | undefined;
  /** Requested by one of these callers. Clients see their own and their tenant’s only. */
  callerId?: Array<string> | null | undefined;
  /** Created in this span. */
  createdAt?: DateTimeRangeInput | null | undefined;
  /** FAILED or UNCERTAIN for one of these reasons. */
  failureKind?: Array<FailureKind> | null | undefined;
  /** True: QUEUED and held until an admin releases it (`heldAt`). False: all others. */
  held?: boolean | null | undefined;
  /** One of these ids. */
  id?: Array<string> | null | undefined;
  /** Of one of these kinds. */
  kind?: Array<GenerationKind> | null | undefined;
  /** Its list price in US dollars lies in this range; never so without a list price. */
  listPriceUsd?: DecimalRangeInput | null | undefined;
  /** One of these models. */
  model?: Array<string> | null | undefined;
  /** This does not match. */
  not?: VideoGenerationFilter | null | undefined;
  /** At least one of these matches. */
  or?: Array<VideoGenerationFilter> | null | undefined;
  /** The prompt contains this text, whatever the case of each letter: `Σ`, `σ` and `ς` are alike, and `I`, `i` and `ı`; `İ` is alone, and `ß` is not `ss`. At most 256 characters, and 1,000 in all of a filter. */
  promptContains?: string | null | undefined;
  /** One of these statuses. */
  status?: Array<VideoGenerationStatus> | null | undefined;
  /** MiniMax's latest status code is one of these, e.g. 1026. */
  statusCode?: Array<number> | null | undefined;
  /** It has at least one of these tags. */
  tags?: Array<string> | null | undefined;
  /** One of these ids of MiniMax's. */
  taskId?: Array<string> | null | undefined;
  /** It belongs to one of these tenants. */
  tenant?: Array<string> | null | undefined;
  /** One of MiniMax's answers about it had one of these `Trace-Id`s. */
  traceId?: Array<string> | null | undefined;
};

/** The order of generations. */
export type VideoGenerationOrder = {
  /** Which end comes first. */
  direction?: OrderDirection;
  /** What to order by. */
  field?: VideoGenerationOrderField;
};

/** What generations can be ordered by. */
export type VideoGenerationOrderField =
  /** When the request was stored. With several servers as exact as their clocks. */
  | 'CREATED_AT'
  /** When it last changed. A generation that changes between two pages may be seen twice or not at all. */
  | 'UPDATED_AT';

/** Where a generation stands. SUCCEEDED, FAILED and CANCELLED are final, but that an admin may have a task looked for again that FAILED with TASK_UNKNOWN or RESULT_MISSING. */
export type VideoGenerationStatus =
  /** Withdrawn before it was sent, or while MiniMax had it queued. It costs nothing, unless it had been sent earlier: one of its `submissions` is UNKNOWN then, or ACCEPTED with another task, or it had been held. */
  | 'CANCELLED'
  /** Ended without a video: see `failure`. */
  | 'FAILED'
  /** Accepted by MiniMax, which is working on it. `upstreamStatus` has its own word, `stalledAt` tells when it takes too long. */
  | 'PROCESSING'
  /** Stored and waiting to be sent to MiniMax, for the first time or again after a surely unaccepted try; with `heldAt` until an admin releases it. */
  | 'QUEUED'
  /** Being sent to MiniMax right now. */
  | 'SUBMITTING'
  /** The video is ready: see `videoUrl`, or `enhancedPrompt`. */
  | 'SUCCEEDED'
  /** Nobody knows whether MiniMax accepted the request, e.g. because the connection broke after sending. It is never sent again by itself, since that could cost twice. */
  | 'UNCERTAIN';

/** What the video is made from. The images of a request select it. */
export type VideoMode =
  /** A last frame (`lastFrameImage`), usually with a first one. */
  | 'FIRST_AND_LAST_FRAME'
  /** A first frame (`firstFrameImage`) and a prompt. */
  | 'IMAGE_TO_VIDEO'
  /** Images, videos and sounds that it is to be like (`referenceImages` …). */
  | 'REFERENCE_TO_VIDEO'
  /** A face to keep (`subjectReference`). */
  | 'SUBJECT_REFERENCE'
  /** The prompt alone. */
  | 'TEXT_TO_VIDEO';

/** Something in a request that is allowed but probably not meant. */
export type WarningCode =
  /** The video takes the aspect ratio of its frame. */
  | 'ASPECT_RATIO_IGNORED'
  /** Camera commands in brackets of another script, which MiniMax does not read. */
  | 'CAMERA_COMMANDS_IN_WIDE_BRACKETS'
  /** The model is not documented to follow camera commands. */
  | 'CAMERA_COMMANDS_NOT_SUPPORTED'
  /** `fastPretreatment` does nothing when the prompt optimizer is off. */
  | 'FAST_PRETREATMENT_WITHOUT_OPTIMIZER'
  /** An animated PNG, WebP or HEIF: at most one of its pictures will be used. */
  | 'IMAGE_ANIMATED'
  /** A JPEG whose picture is whole, but without the mark that ends the file. */
  | 'IMAGE_END_MISSING'
  /** An image that may be transparent in parts; a video cannot be. */
  | 'IMAGE_TRANSPARENT'
  /** More than 10 invisible characters: MiniMax refuses prompts with too many. */
  | 'INVISIBLE_CHARACTERS'
  /** MiniMax publishes no price for this. */
  | 'PRICE_UNKNOWN'
  /** The model has no prompt optimizer that could be switched off. */
  | 'PROMPT_OPTIMIZER_NOT_SUPPORTED'
  /** Without the `seconds` of each reference video the price is not known. */
  | 'REFERENCE_LENGTH_UNKNOWN'
  /** More than three commands in one pair of brackets. */
  | 'TOO_MANY_CAMERA_COMMANDS'
  /** A command in brackets that MiniMax does not list. */
  | 'UNKNOWN_CAMERA_COMMAND';

/** Which deliveries. Within a list any value may match; all fields given must match. */
export type WebhookDeliveryFilter = {
  /** For one of these endpoints. */
  endpointId?: Array<string> | null | undefined;
  /** About one of these generations. */
  generationId?: Array<string> | null | undefined;
  /** In one of these statuses. */
  status?: Array<WebhookDeliveryStatus> | null | undefined;
};

/** Where a delivery stands. */
export type WebhookDeliveryStatus =
  /** Given up after the last attempt, or because the endpoint was disabled. `redeliverWebhook` sends it again. */
  | 'DEAD'
  /** The receiver answered with a status from 200 to 299. */
  | 'DELIVERED'
  /** Waits for its first or next attempt, or is being sent. */
  | 'PENDING';

/** Why an endpoint gets nothing. */
export type WebhookDisabledReason =
  /** `disableWebhookEndpoint` was called. */
  | 'BY_CALLER'
  /** The receiver has answered nothing but errors for five days. */
  | 'FAILING'
  /** The receiver answered 410, which means that it wants no more. */
  | 'GONE';

/** What a webhook tells of. Its `type` is the same in other letters: `generation.succeeded`. */
export type WebhookEvent =
  /** The request was withdrawn before MiniMax began to work on it; what was sent earlier may be paid. */
  | 'GENERATION_CANCELLED'
  /** The generation ended without a video. */
  | 'GENERATION_FAILED'
  /** MiniMax accepted the task and is working on it. */
  | 'GENERATION_PROCESSING'
  /** The video is finished, or the better prompt: ask for its `videoUrl`, or `enhancedPrompt`. */
  | 'GENERATION_SUCCEEDED'
  /** Nobody knows whether MiniMax accepted the request; it may still be settled. */
  | 'GENERATION_UNCERTAIN';

export type CancelMutationVariables = Exact<{
  id: string;
}>;


export type CancelMutation = { outcome: { generation: { id: string, status: VideoGenerationStatus, version: number, kind: GenerationKind, model: string, prompt: string | null, duration: number | null, resolution: string | null, createdAt: string, updatedAt: string, completedAt: string | null, stalledAt: string | null, heldAt: string | null, redactedAt: string | null, callerId: string, tenant: string | null, tags: Array<string>, simulated: boolean, attempts: number, taskId: string | null, statusCode: number | null, listPrice: { amount: string, currency: string } | null, cost: { amount: string, currency: string } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null, archive: { state: VideoArchiveState } | null } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type RetryMutationVariables = Exact<{
  id: string;
}>;


export type RetryMutation = { outcome: { replayed: boolean, generation: { id: string, status: VideoGenerationStatus, version: number, kind: GenerationKind, model: string, prompt: string | null, duration: number | null, resolution: string | null, createdAt: string, updatedAt: string, completedAt: string | null, stalledAt: string | null, heldAt: string | null, redactedAt: string | null, callerId: string, tenant: string | null, tags: Array<string>, simulated: boolean, attempts: number, taskId: string | null, statusCode: number | null, listPrice: { amount: string, currency: string } | null, cost: { amount: string, currency: string } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null, archive: { state: VideoArchiveState } | null } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type LookNowMutationVariables = Exact<{
  id: string;
}>;


export type LookNowMutation = { outcome: { generation: { id: string, status: VideoGenerationStatus, version: number, kind: GenerationKind, model: string, prompt: string | null, duration: number | null, resolution: string | null, createdAt: string, updatedAt: string, completedAt: string | null, stalledAt: string | null, heldAt: string | null, redactedAt: string | null, callerId: string, tenant: string | null, tags: Array<string>, simulated: boolean, attempts: number, taskId: string | null, statusCode: number | null, listPrice: { amount: string, currency: string } | null, cost: { amount: string, currency: string } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null, archive: { state: VideoArchiveState } | null } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type KeepVideoMutationVariables = Exact<{
  id: string;
}>;


export type KeepVideoMutation = { outcome: { generation: { id: string, status: VideoGenerationStatus, version: number, kind: GenerationKind, model: string, prompt: string | null, duration: number | null, resolution: string | null, createdAt: string, updatedAt: string, completedAt: string | null, stalledAt: string | null, heldAt: string | null, redactedAt: string | null, callerId: string, tenant: string | null, tags: Array<string>, simulated: boolean, attempts: number, taskId: string | null, statusCode: number | null, listPrice: { amount: string, currency: string } | null, cost: { amount: string, currency: string } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null, archive: { state: VideoArchiveState } | null } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type RedactMutationVariables = Exact<{
  id: string;
  reason: string;
}>;


export type RedactMutation = { outcome: { generation: { id: string, status: VideoGenerationStatus, version: number, kind: GenerationKind, model: string, prompt: string | null, duration: number | null, resolution: string | null, createdAt: string, updatedAt: string, completedAt: string | null, stalledAt: string | null, heldAt: string | null, redactedAt: string | null, callerId: string, tenant: string | null, tags: Array<string>, simulated: boolean, attempts: number, taskId: string | null, statusCode: number | null, listPrice: { amount: string, currency: string } | null, cost: { amount: string, currency: string } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null, archive: { state: VideoArchiveState } | null } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type ReleaseMutationVariables = Exact<{
  id: string;
}>;


export type ReleaseMutation = { releaseVideoGenerations: { generations: Array<{ id: string, status: VideoGenerationStatus, version: number, kind: GenerationKind, model: string, prompt: string | null, duration: number | null, resolution: string | null, createdAt: string, updatedAt: string, completedAt: string | null, stalledAt: string | null, heldAt: string | null, redactedAt: string | null, callerId: string, tenant: string | null, tags: Array<string>, simulated: boolean, attempts: number, taskId: string | null, statusCode: number | null, listPrice: { amount: string, currency: string } | null, cost: { amount: string, currency: string } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null, archive: { state: VideoArchiveState } | null }>, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type RegenerateMutationVariables = Exact<{
  id: string;
}>;


export type RegenerateMutation = { outcome: { replayed: boolean, generation: { id: string, status: VideoGenerationStatus, version: number, kind: GenerationKind, model: string, prompt: string | null, duration: number | null, resolution: string | null, createdAt: string, updatedAt: string, completedAt: string | null, stalledAt: string | null, heldAt: string | null, redactedAt: string | null, callerId: string, tenant: string | null, tags: Array<string>, simulated: boolean, attempts: number, taskId: string | null, statusCode: number | null, listPrice: { amount: string, currency: string } | null, cost: { amount: string, currency: string } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null, archive: { state: VideoArchiveState } | null } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type RegenerationPriceQueryVariables = Exact<{
  id: string;
}>;


export type RegenerationPriceQuery = { validateVideoRegeneration: { valid: boolean, estimatedPrice: { amount: string, currency: string } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type AttachTaskMutationVariables = Exact<{
  id: string;
  taskId: string;
  version: number;
}>;


export type AttachTaskMutation = { outcome: { generation: { id: string, status: VideoGenerationStatus, version: number, kind: GenerationKind, model: string, prompt: string | null, duration: number | null, resolution: string | null, createdAt: string, updatedAt: string, completedAt: string | null, stalledAt: string | null, heldAt: string | null, redactedAt: string | null, callerId: string, tenant: string | null, tags: Array<string>, simulated: boolean, attempts: number, taskId: string | null, statusCode: number | null, listPrice: { amount: string, currency: string } | null, cost: { amount: string, currency: string } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null, archive: { state: VideoArchiveState } | null } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type DeclareNotCreatedMutationVariables = Exact<{
  id: string;
  version: number;
}>;


export type DeclareNotCreatedMutation = { outcome: { generation: { id: string, status: VideoGenerationStatus, version: number, kind: GenerationKind, model: string, prompt: string | null, duration: number | null, resolution: string | null, createdAt: string, updatedAt: string, completedAt: string | null, stalledAt: string | null, heldAt: string | null, redactedAt: string | null, callerId: string, tenant: string | null, tags: Array<string>, simulated: boolean, attempts: number, taskId: string | null, statusCode: number | null, listPrice: { amount: string, currency: string } | null, cost: { amount: string, currency: string } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null, archive: { state: VideoArchiveState } | null } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type ResubmitMutationVariables = Exact<{
  id: string;
  version: number;
}>;


export type ResubmitMutation = { outcome: { generation: { id: string, status: VideoGenerationStatus, version: number, kind: GenerationKind, model: string, prompt: string | null, duration: number | null, resolution: string | null, createdAt: string, updatedAt: string, completedAt: string | null, stalledAt: string | null, heldAt: string | null, redactedAt: string | null, callerId: string, tenant: string | null, tags: Array<string>, simulated: boolean, attempts: number, taskId: string | null, statusCode: number | null, listPrice: { amount: string, currency: string } | null, cost: { amount: string, currency: string } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null, archive: { state: VideoArchiveState } | null } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type DeleteTaskMutationVariables = Exact<{
  id: string;
  taskId: string;
}>;


export type DeleteTaskMutation = { outcome: { generation: { id: string, status: VideoGenerationStatus, version: number, kind: GenerationKind, model: string, prompt: string | null, duration: number | null, resolution: string | null, createdAt: string, updatedAt: string, completedAt: string | null, stalledAt: string | null, heldAt: string | null, redactedAt: string | null, callerId: string, tenant: string | null, tags: Array<string>, simulated: boolean, attempts: number, taskId: string | null, statusCode: number | null, listPrice: { amount: string, currency: string } | null, cost: { amount: string, currency: string } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null, archive: { state: VideoArchiveState } | null } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type ExportGenerationsMutationVariables = Exact<{
  filter?: VideoGenerationFilter | null | undefined;
  format: ExportFormat;
}>;


export type ExportGenerationsMutation = { exportGenerations: { url: string, expiresAt: string } };

export type CountOldQueryVariables = Exact<{
  filter: VideoGenerationFilter;
}>;


export type CountOldQuery = { generations: { totalCount: number, totalCountIsExact: boolean } };

export type RedactOldMutationVariables = Exact<{
  olderThanDays: number;
  callerId?: string | null | undefined;
  reason: string;
}>;


export type RedactOldMutation = { redactVideoGenerations: { redacted: number, hasMore: boolean, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type AuditEventsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: AuditEventFilter | null | undefined;
  direction: OrderDirection;
}>;


export type AuditEventsQuery = { auditEvents: { nodes: Array<{ id: string, sequence: number | null, occurredAt: string, action: AuditAction, callerId: string | null, callerKind: CallerKind | null, generationId: string | null, objectId: string | null, fromStatus: VideoGenerationStatus | null, toStatus: VideoGenerationStatus | null, httpStatus: number | null, latencyMs: number | null, upstreamCode: number | null, upstreamMessage: string | null, traceId: string | null, requestId: string | null, detail: string | null, ip: string | null, userAgent: string | null, lane: number, hash: string }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type CheckpointQueryVariables = Exact<{ [key: string]: never; }>;


export type CheckpointQuery = { auditCheckpoint: { sequence: number, createdAt: string, eventCount: number, head: string, publicKey: string | null, signature: AuditSignatureState } | null };

export type VerifyAuditQueryVariables = Exact<{ [key: string]: never; }>;


export type VerifyAuditQuery = { verifyAuditLog: { ok: boolean, failure: string | null, running: boolean, checked: number, finishedAt: string | null, sinceCheckpoint: number | null, unbound: number, firstBad: { reason: AuditBreakReason, detail: string | null, eventId: string | null, generationId: string | null, sequence: number | null } | null } };

export type ExportAuditMutationVariables = Exact<{
  filter?: AuditEventFilter | null | undefined;
  format: ExportFormat;
}>;


export type ExportAuditMutation = { exportAuditEvents: { url: string, expiresAt: string } };

export type GenerationDetailQueryVariables = Exact<{
  id: string;
}>;


export type GenerationDetailQuery = { generation: { apiGeneration: number, aspectRatio: string | null, promptOptimizer: boolean, promptExpansion: PromptExpansion | null, fastPretreatment: boolean | null, aigcWatermark: boolean | null, firstFrameImage: string | null, lastFrameImage: string | null, subjectImage: string | null, referenceImages: Array<string>, referenceVideos: Array<string>, referenceAudios: Array<string>, enhancedPrompt: string | null, idempotencyKey: string | null, webhookUrl: string | null, keepForDays: number | null, submittedAt: string | null, nextAttemptAt: string | null, upstreamStatus: string | null, statusMessage: string | null, traceId: string | null, fileId: string | null, retryOfId: string | null, successorId: string | null, sourceId: string | null, regenerationId: string | null, videoWidth: number | null, videoHeight: number | null, id: string, status: VideoGenerationStatus, version: number, kind: GenerationKind, model: string, prompt: string | null, duration: number | null, resolution: string | null, createdAt: string, updatedAt: string, completedAt: string | null, stalledAt: string | null, heldAt: string | null, redactedAt: string | null, callerId: string, tenant: string | null, tags: Array<string>, simulated: boolean, attempts: number, taskId: string | null, statusCode: number | null, usage: { raw: string } | null, events: Array<{ id: string, sequence: number | null, occurredAt: string, action: AuditAction, callerId: string | null, callerKind: CallerKind | null, generationId: string | null, objectId: string | null, fromStatus: VideoGenerationStatus | null, toStatus: VideoGenerationStatus | null, httpStatus: number | null, latencyMs: number | null, upstreamCode: number | null, upstreamMessage: string | null, traceId: string | null, requestId: string | null, detail: string | null, ip: string | null, userAgent: string | null, lane: number, hash: string }>, submissions: Array<{ id: string, number: number, reason: SubmissionReason, outcome: SubmissionOutcome, claimedAt: string, sentAt: string | null, answeredAt: string | null, latencyMs: number | null, httpStatus: number | null, statusCode: number | null, statusMessage: string | null, taskId: string | null, traceId: string | null, bodyHash: string | null, settledBy: string | null, generationId: string, account: { name: string, fingerprint: string }, listPrice: { amount: string, currency: string } | null }>, requestAsSent: { path: string, body: string, bodyHash: string | null } | null, listPrice: { amount: string, currency: string } | null, cost: { amount: string, currency: string } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null, archive: { state: VideoArchiveState } | null } | null };

export type GenerationVideoQueryVariables = Exact<{
  id: string;
}>;


export type GenerationVideoQuery = { generation: { id: string, videoUrl: string | null, videoUrlExpiresAt: string | null } | null };

export type EventFragment = { id: string, sequence: number | null, occurredAt: string, action: AuditAction, callerId: string | null, callerKind: CallerKind | null, generationId: string | null, objectId: string | null, fromStatus: VideoGenerationStatus | null, toStatus: VideoGenerationStatus | null, httpStatus: number | null, latencyMs: number | null, upstreamCode: number | null, upstreamMessage: string | null, traceId: string | null, requestId: string | null, detail: string | null, ip: string | null, userAgent: string | null, lane: number, hash: string };

export type SentFragment = { id: string, number: number, reason: SubmissionReason, outcome: SubmissionOutcome, claimedAt: string, sentAt: string | null, answeredAt: string | null, latencyMs: number | null, httpStatus: number | null, statusCode: number | null, statusMessage: string | null, taskId: string | null, traceId: string | null, bodyHash: string | null, settledBy: string | null, generationId: string, account: { name: string, fingerprint: string }, listPrice: { amount: string, currency: string } | null };

export type GenerationDeliveriesQueryVariables = Exact<{
  id: string;
}>;


export type GenerationDeliveriesQuery = { webhookDeliveries: { nodes: Array<{ id: string, event: string, status: WebhookDeliveryStatus, url: string, createdAt: string, nextAttemptAt: string | null, generationId: string | null, endpointId: string, body: string, attempts: Array<{ startedAt: string, httpStatus: number | null, latencyMs: number, error: string | null, answer: string | null }> }> } };

export type DeliveryFragment = { id: string, event: string, status: WebhookDeliveryStatus, url: string, createdAt: string, nextAttemptAt: string | null, generationId: string | null, endpointId: string, body: string, attempts: Array<{ startedAt: string, httpStatus: number | null, latencyMs: number, error: string | null, answer: string | null }> };

export type TaskCandidatesQueryVariables = Exact<{
  id: string;
}>;


export type TaskCandidatesQuery = { generation: { id: string, candidates: Array<{ taskId: string, createdAt: string, upstreamStatus: string, resolution: string | null, duration: number | null, aspectRatio: string | null }> } | null };

export type RowFragment = { id: string, status: VideoGenerationStatus, version: number, kind: GenerationKind, model: string, prompt: string | null, duration: number | null, resolution: string | null, createdAt: string, updatedAt: string, completedAt: string | null, stalledAt: string | null, heldAt: string | null, redactedAt: string | null, callerId: string, tenant: string | null, tags: Array<string>, simulated: boolean, attempts: number, taskId: string | null, statusCode: number | null, listPrice: { amount: string, currency: string } | null, cost: { amount: string, currency: string } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null, archive: { state: VideoArchiveState } | null };

export type PriceFragment = { amount: string, currency: string };

export type FailureFragment = { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null };

export type RefusalFragment = { field: Array<string>, code: UserErrorCode, message: string };

export type GenerationRowsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: VideoGenerationFilter | null | undefined;
  orderBy?: VideoGenerationOrder | null | undefined;
}>;


export type GenerationRowsQuery = { generations: { totalCount: number, totalCountIsExact: boolean, nodes: Array<{ id: string, status: VideoGenerationStatus, version: number, kind: GenerationKind, model: string, prompt: string | null, duration: number | null, resolution: string | null, createdAt: string, updatedAt: string, completedAt: string | null, stalledAt: string | null, heldAt: string | null, redactedAt: string | null, callerId: string, tenant: string | null, tags: Array<string>, simulated: boolean, attempts: number, taskId: string | null, statusCode: number | null, listPrice: { amount: string, currency: string } | null, cost: { amount: string, currency: string } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null, archive: { state: VideoArchiveState } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type KeptVideosQueryVariables = Exact<{
  ids: Array<string>;
}>;


export type KeptVideosQuery = { generations: { nodes: Array<{ id: string, videoUrl: string | null }> } };

export type SentPricesQueryVariables = Exact<{
  ids: Array<string>;
}>;


export type SentPricesQuery = { generations: { nodes: Array<{ listPrice: { amount: string, currency: string } | null, submissions: Array<{ outcome: SubmissionOutcome, listPrice: { amount: string, currency: string } | null }> }> } };

export type KeyFragment = { id: string, name: string, callerId: string, role: CallerRole, tenant: string | null, prefix: string, createdAt: string, lastUsedAt: string | null, expiresAt: string | null, revokedAt: string | null, usable: boolean };

export type KeysQueryVariables = Exact<{ [key: string]: never; }>;


export type KeysQuery = { apiKeys: Array<{ id: string, name: string, callerId: string, role: CallerRole, tenant: string | null, prefix: string, createdAt: string, lastUsedAt: string | null, expiresAt: string | null, revokedAt: string | null, usable: boolean }> };

export type CreateKeyMutationVariables = Exact<{
  input: CreateApiKeyInput;
}>;


export type CreateKeyMutation = { createApiKey: { secret: string, apiKey: { id: string, name: string, callerId: string, role: CallerRole, tenant: string | null, prefix: string, createdAt: string, lastUsedAt: string | null, expiresAt: string | null, revokedAt: string | null, usable: boolean } } };

export type RotateKeyMutationVariables = Exact<{
  id: string;
  overlapHours: number;
}>;


export type RotateKeyMutation = { rotateApiKey: { secret: string, apiKey: { id: string, name: string, callerId: string, role: CallerRole, tenant: string | null, prefix: string, createdAt: string, lastUsedAt: string | null, expiresAt: string | null, revokedAt: string | null, usable: boolean } } };

export type RevokeKeyMutationVariables = Exact<{
  id: string;
}>;


export type RevokeKeyMutation = { revokeApiKey: { id: string, name: string, callerId: string, role: CallerRole, tenant: string | null, prefix: string, createdAt: string, lastUsedAt: string | null, expiresAt: string | null, revokedAt: string | null, usable: boolean } };

export type ModelsQueryVariables = Exact<{ [key: string]: never; }>;


export type ModelsQuery = { videoModels: Array<{ name: string, apiGeneration: number, maxPromptLength: number, sound: boolean, promptExpansions: Array<PromptExpansion>, modes: Array<{ mode: VideoMode, promptRequired: boolean, aspectRatios: Array<string>, aspectRatioUse: AspectRatioUse | null, defaultResolution: string | null, defaultDuration: number | null, fastPretreatment: boolean, inputs: Array<{ field: string, required: boolean, kind: MediaKind, formats: Array<string>, maxBytes: number, maxCount: number }>, outputs: Array<{ resolution: string, durations: Array<number> }> }>, cameraCommands: Array<{ name: string }>, promptEnhancementPrice: { input: Array<{ amount: string, currency: string }>, output: Array<{ amount: string, currency: string }> } | null }> };

export type CheckQueryVariables = Exact<{
  input: CreateVideoGenerationInput;
}>;


export type CheckQuery = { validateVideoGeneration: { valid: boolean, mode: VideoMode, resolution: string | null, duration: number | null, aspectRatio: string | null, priceListedOn: string | null, estimatedPrice: { amount: string, currency: string } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }>, warnings: Array<{ field: Array<string>, code: WarningCode, message: string }> } };

export type EnhancePromptMutationVariables = Exact<{
  input: EnhancePromptInput;
}>;


export type EnhancePromptMutation = { enhancePrompt: { generation: { id: string } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type EnhancedPromptQueryVariables = Exact<{
  id: string;
}>;


export type EnhancedPromptQuery = { generation: { id: string, enhancedPrompt: string | null, cost: { amount: string, currency: string } | null } | null };

export type MeQueryVariables = Exact<{ [key: string]: never; }>;


export type MeQuery = { me: { callerId: string, kind: CallerKind, role: CallerRole, tenant: string | null } };

export type MediaUsageQueryVariables = Exact<{ [key: string]: never; }>;


export type MediaUsageQuery = { mediaUsage: { videoBytesLimit: number | null, hasMoreGroups: boolean, groups: Array<{ tenant: string | null, callerId: string | null, videos: { count: number, bytes: number, oldestAt: string | null }, inputs: { count: number, bytes: number, oldestAt: string | null }, unfinishedUploads: { count: number, bytes: number, oldestAt: string | null } }> } };

export type StoredFragment = { count: number, bytes: number, oldestAt: string | null };

export type GenerationMediaQueryVariables = Exact<{
  id: string;
}>;


export type GenerationMediaQuery = { generation: { id: string, archive: { state: VideoArchiveState, storedAt: string | null, removedAt: string | null, keepUntil: string | null, error: string | null, bytes: number | null, sha256: string | null, durationSeconds: number | null, frameRate: number | null, width: number | null, height: number | null } | null, inputFiles: Array<{ sha256: string, mediaType: string, bytes: number, sourceUrls: Array<string>, thumbnailUrl: string | null }> } | null };

export type StatsQueryVariables = Exact<{
  groupBy: Array<GenerationStatsDimension>;
  period?: DateTimeRangeInput | null | undefined;
  filter?: VideoGenerationFilter | null | undefined;
}>;


export type StatsQuery = { generationStats: { from: string, to: string, simulated: boolean, hasMoreGroups: boolean, groups: Array<{ day: string | null, model: string | null, callerId: string | null, tenant: string | null, count: number, successRate: number | null, unpriced: number, counts: { queued: number, submitting: number, processing: number, succeeded: number, failed: number, cancelled: number, uncertain: number }, latency: { p50: number, p95: number, p99: number } | null, spend: { amount: string, currency: string }, possibleSpend: { amount: string, currency: string } }> } };

export type ProviderQueryVariables = Exact<{ [key: string]: never; }>;


export type ProviderQuery = { providerStatus: { simulated: boolean, pause: { code: number | null, message: string, until: string } | null, balance: { available: string, cash: string | null, credit: string | null, owed: string | null, voucher: string | null } | null, sending: Array<{ apiGeneration: number, requestsPerMinute: number | null, usedInLastMinute: number | null, inFlight: number | null }> } };

export type BacklogQueryVariables = Exact<{ [key: string]: never; }>;


export type BacklogQuery = { generationBacklog: { uncertain: number, held: number, queued: number, running: number } };

export type SettingsQueryVariables = Exact<{ [key: string]: never; }>;


export type SettingsQuery = { settings: Array<{ name: string, about: string, isSet: boolean, isHidden: boolean, value: string | null }> };

export type EndpointFragment = { id: string, url: string, description: string | null, callerId: string, events: Array<WebhookEvent>, createdAt: string, disabledAt: string | null, disabledReason: WebhookDisabledReason | null, failingSince: string | null, previousSecretUntil: string | null };

export type EndpointsQueryVariables = Exact<{ [key: string]: never; }>;


export type EndpointsQuery = { webhookEndpoints: Array<{ id: string, url: string, description: string | null, callerId: string, events: Array<WebhookEvent>, createdAt: string, disabledAt: string | null, disabledReason: WebhookDisabledReason | null, failingSince: string | null, previousSecretUntil: string | null }> };

export type DeliveriesQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: WebhookDeliveryFilter | null | undefined;
}>;


export type DeliveriesQuery = { webhookDeliveries: { nodes: Array<{ id: string, event: string, status: WebhookDeliveryStatus, url: string, createdAt: string, nextAttemptAt: string | null, generationId: string | null, endpointId: string, body: string, attempts: Array<{ startedAt: string, httpStatus: number | null, latencyMs: number, error: string | null, answer: string | null }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type CreateEndpointMutationVariables = Exact<{
  input: CreateWebhookEndpointInput;
}>;


export type CreateEndpointMutation = { createWebhookEndpoint: { secret: string, webhookEndpoint: { id: string, url: string, description: string | null, callerId: string, events: Array<WebhookEvent>, createdAt: string, disabledAt: string | null, disabledReason: WebhookDisabledReason | null, failingSince: string | null, previousSecretUntil: string | null } } };

export type RotateSecretMutationVariables = Exact<{
  id: string;
}>;


export type RotateSecretMutation = { rotateWebhookSecret: { secret: string, webhookEndpoint: { id: string, url: string, description: string | null, callerId: string, events: Array<WebhookEvent>, createdAt: string, disabledAt: string | null, disabledReason: WebhookDisabledReason | null, failingSince: string | null, previousSecretUntil: string | null } } };

export type TestEndpointMutationVariables = Exact<{
  id: string;
}>;


export type TestEndpointMutation = { testWebhookEndpoint: { id: string, event: string, status: WebhookDeliveryStatus, url: string, createdAt: string, nextAttemptAt: string | null, generationId: string | null, endpointId: string, body: string, attempts: Array<{ startedAt: string, httpStatus: number | null, latencyMs: number, error: string | null, answer: string | null }> } };

export type DisableEndpointMutationVariables = Exact<{
  id: string;
}>;


export type DisableEndpointMutation = { disableWebhookEndpoint: { id: string, url: string, description: string | null, callerId: string, events: Array<WebhookEvent>, createdAt: string, disabledAt: string | null, disabledReason: WebhookDisabledReason | null, failingSince: string | null, previousSecretUntil: string | null } };

export type EnableEndpointMutationVariables = Exact<{
  id: string;
}>;


export type EnableEndpointMutation = { enableWebhookEndpoint: { id: string, url: string, description: string | null, callerId: string, events: Array<WebhookEvent>, createdAt: string, disabledAt: string | null, disabledReason: WebhookDisabledReason | null, failingSince: string | null, previousSecretUntil: string | null } };

export type DeleteEndpointMutationVariables = Exact<{
  id: string;
}>;


export type DeleteEndpointMutation = { deleteWebhookEndpoint: string };

export type RedeliverMutationVariables = Exact<{
  id: string;
}>;


export type RedeliverMutation = { redeliverWebhook: { id: string, event: string, status: WebhookDeliveryStatus, url: string, createdAt: string, nextAttemptAt: string | null, generationId: string | null, endpointId: string, body: string, attempts: Array<{ startedAt: string, httpStatus: number | null, latencyMs: number, error: string | null, answer: string | null }> } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const EventFragmentDoc = new TypedDocumentString(`
    fragment Event on AuditEvent {
  id
  sequence
  occurredAt
  action
  callerId
  callerKind
  generationId
  objectId
  fromStatus
  toStatus
  httpStatus
  latencyMs
  upstreamCode
  upstreamMessage
  traceId
  requestId
  detail
  ip
  userAgent
  lane
  hash
}
    `, {"fragmentName":"Event"}) as unknown as TypedDocumentString<EventFragment, unknown>;
export const PriceFragmentDoc = new TypedDocumentString(`
    fragment Price on Money {
  amount
  currency
}
    `, {"fragmentName":"Price"}) as unknown as TypedDocumentString<PriceFragment, unknown>;
export const SentFragmentDoc = new TypedDocumentString(`
    fragment Sent on Submission {
  id
  number
  reason
  outcome
  claimedAt
  sentAt
  answeredAt
  latencyMs
  httpStatus
  statusCode
  statusMessage
  taskId
  traceId
  bodyHash
  settledBy
  generationId
  account {
    name
    fingerprint
  }
  listPrice {
    ...Price
  }
}
    fragment Price on Money {
  amount
  currency
}`, {"fragmentName":"Sent"}) as unknown as TypedDocumentString<SentFragment, unknown>;
export const DeliveryFragmentDoc = new TypedDocumentString(`
    fragment Delivery on WebhookDelivery {
  id
  event
  status
  url
  createdAt
  nextAttemptAt
  generationId
  endpointId
  body
  attempts {
    startedAt
    httpStatus
    latencyMs
    error
    answer
  }
}
    `, {"fragmentName":"Delivery"}) as unknown as TypedDocumentString<DeliveryFragment, unknown>;
export const FailureFragmentDoc = new TypedDocumentString(`
    fragment Failure on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
    `, {"fragmentName":"Failure"}) as unknown as TypedDocumentString<FailureFragment, unknown>;
export const RowFragmentDoc = new TypedDocumentString(`
    fragment Row on VideoGeneration {
  id
  status
  version
  kind
  model
  prompt
  duration
  resolution
  createdAt
  updatedAt
  completedAt
  stalledAt
  heldAt
  redactedAt
  callerId
  tenant
  tags
  simulated
  attempts
  taskId
  statusCode
  listPrice {
    ...Price
  }
  cost {
    amount
    currency
  }
  failure {
    ...Failure
  }
  archive {
    state
  }
}
    fragment Price on Money {
  amount
  currency
}
fragment Failure on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}`, {"fragmentName":"Row"}) as unknown as TypedDocumentString<RowFragment, unknown>;
export const RefusalFragmentDoc = new TypedDocumentString(`
    fragment Refusal on UserError {
  field
  code
  message
}
    `, {"fragmentName":"Refusal"}) as unknown as TypedDocumentString<RefusalFragment, unknown>;
export const KeyFragmentDoc = new TypedDocumentString(`
    fragment Key on ApiKey {
  id
  name
  callerId
  role
  tenant
  prefix
  createdAt
  lastUsedAt
  expiresAt
  revokedAt
  usable
}
    `, {"fragmentName":"Key"}) as unknown as TypedDocumentString<KeyFragment, unknown>;
export const StoredFragmentDoc = new TypedDocumentString(`
    fragment Stored on StoredMediaCount {
  count
  bytes
  oldestAt
}
    `, {"fragmentName":"Stored"}) as unknown as TypedDocumentString<StoredFragment, unknown>;
export const EndpointFragmentDoc = new TypedDocumentString(`
    fragment Endpoint on WebhookEndpoint {
  id
  url
  description
  callerId
  events
  createdAt
  disabledAt
  disabledReason
  failingSince
  previousSecretUntil
}
    `, {"fragmentName":"Endpoint"}) as unknown as TypedDocumentString<EndpointFragment, unknown>;
export const CancelDocument = new TypedDocumentString(`
    mutation Cancel($id: ID!) {
  outcome: cancelVideoGeneration(id: $id) {
    generation {
      ...Row
    }
    userErrors {
      ...Refusal
    }
  }
}
    fragment Row on VideoGeneration {
  id
  status
  version
  kind
  model
  prompt
  duration
  resolution
  createdAt
  updatedAt
  completedAt
  stalledAt
  heldAt
  redactedAt
  callerId
  tenant
  tags
  simulated
  attempts
  taskId
  statusCode
  listPrice {
    ...Price
  }
  cost {
    amount
    currency
  }
  failure {
    ...Failure
  }
  archive {
    state
  }
}
fragment Price on Money {
  amount
  currency
}
fragment Failure on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment Refusal on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<CancelMutation, CancelMutationVariables>;
export const RetryDocument = new TypedDocumentString(`
    mutation Retry($id: ID!) {
  outcome: retryVideoGeneration(id: $id) {
    generation {
      ...Row
    }
    replayed
    userErrors {
      ...Refusal
    }
  }
}
    fragment Row on VideoGeneration {
  id
  status
  version
  kind
  model
  prompt
  duration
  resolution
  createdAt
  updatedAt
  completedAt
  stalledAt
  heldAt
  redactedAt
  callerId
  tenant
  tags
  simulated
  attempts
  taskId
  statusCode
  listPrice {
    ...Price
  }
  cost {
    amount
    currency
  }
  failure {
    ...Failure
  }
  archive {
    state
  }
}
fragment Price on Money {
  amount
  currency
}
fragment Failure on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment Refusal on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<RetryMutation, RetryMutationVariables>;
export const LookNowDocument = new TypedDocumentString(`
    mutation LookNow($id: ID!) {
  outcome: refreshVideoGeneration(id: $id) {
    generation {
      ...Row
    }
    userErrors {
      ...Refusal
    }
  }
}
    fragment Row on VideoGeneration {
  id
  status
  version
  kind
  model
  prompt
  duration
  resolution
  createdAt
  updatedAt
  completedAt
  stalledAt
  heldAt
  redactedAt
  callerId
  tenant
  tags
  simulated
  attempts
  taskId
  statusCode
  listPrice {
    ...Price
  }
  cost {
    amount
    currency
  }
  failure {
    ...Failure
  }
  archive {
    state
  }
}
fragment Price on Money {
  amount
  currency
}
fragment Failure on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment Refusal on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<LookNowMutation, LookNowMutationVariables>;
export const KeepVideoDocument = new TypedDocumentString(`
    mutation KeepVideo($id: ID!) {
  outcome: keepVideo(id: $id) {
    generation {
      ...Row
    }
    userErrors {
      ...Refusal
    }
  }
}
    fragment Row on VideoGeneration {
  id
  status
  version
  kind
  model
  prompt
  duration
  resolution
  createdAt
  updatedAt
  completedAt
  stalledAt
  heldAt
  redactedAt
  callerId
  tenant
  tags
  simulated
  attempts
  taskId
  statusCode
  listPrice {
    ...Price
  }
  cost {
    amount
    currency
  }
  failure {
    ...Failure
  }
  archive {
    state
  }
}
fragment Price on Money {
  amount
  currency
}
fragment Failure on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment Refusal on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<KeepVideoMutation, KeepVideoMutationVariables>;
export const RedactDocument = new TypedDocumentString(`
    mutation Redact($id: ID!, $reason: String!) {
  outcome: redactVideoGeneration(id: $id, reason: $reason) {
    generation {
      ...Row
    }
    userErrors {
      ...Refusal
    }
  }
}
    fragment Row on VideoGeneration {
  id
  status
  version
  kind
  model
  prompt
  duration
  resolution
  createdAt
  updatedAt
  completedAt
  stalledAt
  heldAt
  redactedAt
  callerId
  tenant
  tags
  simulated
  attempts
  taskId
  statusCode
  listPrice {
    ...Price
  }
  cost {
    amount
    currency
  }
  failure {
    ...Failure
  }
  archive {
    state
  }
}
fragment Price on Money {
  amount
  currency
}
fragment Failure on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment Refusal on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<RedactMutation, RedactMutationVariables>;
export const ReleaseDocument = new TypedDocumentString(`
    mutation Release($id: ID!) {
  releaseVideoGenerations(ids: [$id]) {
    generations {
      ...Row
    }
    userErrors {
      ...Refusal
    }
  }
}
    fragment Row on VideoGeneration {
  id
  status
  version
  kind
  model
  prompt
  duration
  resolution
  createdAt
  updatedAt
  completedAt
  stalledAt
  heldAt
  redactedAt
  callerId
  tenant
  tags
  simulated
  attempts
  taskId
  statusCode
  listPrice {
    ...Price
  }
  cost {
    amount
    currency
  }
  failure {
    ...Failure
  }
  archive {
    state
  }
}
fragment Price on Money {
  amount
  currency
}
fragment Failure on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment Refusal on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<ReleaseMutation, ReleaseMutationVariables>;
export const RegenerateDocument = new TypedDocumentString(`
    mutation Regenerate($id: ID!) {
  outcome: regenerateVideoGeneration(id: $id) {
    generation {
      ...Row
    }
    replayed
    userErrors {
      ...Refusal
    }
  }
}
    fragment Row on VideoGeneration {
  id
  status
  version
  kind
  model
  prompt
  duration
  resolution
  createdAt
  updatedAt
  completedAt
  stalledAt
  heldAt
  redactedAt
  callerId
  tenant
  tags
  simulated
  attempts
  taskId
  statusCode
  listPrice {
    ...Price
  }
  cost {
    amount
    currency
  }
  failure {
    ...Failure
  }
  archive {
    state
  }
}
fragment Price on Money {
  amount
  currency
}
fragment Failure on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment Refusal on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<RegenerateMutation, RegenerateMutationVariables>;
export const RegenerationPriceDocument = new TypedDocumentString(`
    query RegenerationPrice($id: ID!) {
  validateVideoRegeneration(id: $id) {
    valid
    estimatedPrice {
      ...Price
    }
    userErrors {
      ...Refusal
    }
  }
}
    fragment Price on Money {
  amount
  currency
}
fragment Refusal on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<RegenerationPriceQuery, RegenerationPriceQueryVariables>;
export const AttachTaskDocument = new TypedDocumentString(`
    mutation AttachTask($id: ID!, $taskId: String!, $version: Int!) {
  outcome: attachVideoGenerationTask(id: $id, taskId: $taskId, version: $version) {
    generation {
      ...Row
    }
    userErrors {
      ...Refusal
    }
  }
}
    fragment Row on VideoGeneration {
  id
  status
  version
  kind
  model
  prompt
  duration
  resolution
  createdAt
  updatedAt
  completedAt
  stalledAt
  heldAt
  redactedAt
  callerId
  tenant
  tags
  simulated
  attempts
  taskId
  statusCode
  listPrice {
    ...Price
  }
  cost {
    amount
    currency
  }
  failure {
    ...Failure
  }
  archive {
    state
  }
}
fragment Price on Money {
  amount
  currency
}
fragment Failure on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment Refusal on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<AttachTaskMutation, AttachTaskMutationVariables>;
export const DeclareNotCreatedDocument = new TypedDocumentString(`
    mutation DeclareNotCreated($id: ID!, $version: Int!) {
  outcome: declareVideoGenerationNotCreated(id: $id, version: $version) {
    generation {
      ...Row
    }
    userErrors {
      ...Refusal
    }
  }
}
    fragment Row on VideoGeneration {
  id
  status
  version
  kind
  model
  prompt
  duration
  resolution
  createdAt
  updatedAt
  completedAt
  stalledAt
  heldAt
  redactedAt
  callerId
  tenant
  tags
  simulated
  attempts
  taskId
  statusCode
  listPrice {
    ...Price
  }
  cost {
    amount
    currency
  }
  failure {
    ...Failure
  }
  archive {
    state
  }
}
fragment Price on Money {
  amount
  currency
}
fragment Failure on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment Refusal on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<DeclareNotCreatedMutation, DeclareNotCreatedMutationVariables>;
export const ResubmitDocument = new TypedDocumentString(`
    mutation Resubmit($id: ID!, $version: Int!) {
  outcome: resubmitVideoGeneration(id: $id, version: $version) {
    generation {
      ...Row
    }
    userErrors {
      ...Refusal
    }
  }
}
    fragment Row on VideoGeneration {
  id
  status
  version
  kind
  model
  prompt
  duration
  resolution
  createdAt
  updatedAt
  completedAt
  stalledAt
  heldAt
  redactedAt
  callerId
  tenant
  tags
  simulated
  attempts
  taskId
  statusCode
  listPrice {
    ...Price
  }
  cost {
    amount
    currency
  }
  failure {
    ...Failure
  }
  archive {
    state
  }
}
fragment Price on Money {
  amount
  currency
}
fragment Failure on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment Refusal on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<ResubmitMutation, ResubmitMutationVariables>;
export const DeleteTaskDocument = new TypedDocumentString(`
    mutation DeleteTask($id: ID!, $taskId: String!) {
  outcome: deleteTaskAtMiniMax(id: $id, taskId: $taskId) {
    generation {
      ...Row
    }
    userErrors {
      ...Refusal
    }
  }
}
    fragment Row on VideoGeneration {
  id
  status
  version
  kind
  model
  prompt
  duration
  resolution
  createdAt
  updatedAt
  completedAt
  stalledAt
  heldAt
  redactedAt
  callerId
  tenant
  tags
  simulated
  attempts
  taskId
  statusCode
  listPrice {
    ...Price
  }
  cost {
    amount
    currency
  }
  failure {
    ...Failure
  }
  archive {
    state
  }
}
fragment Price on Money {
  amount
  currency
}
fragment Failure on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment Refusal on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<DeleteTaskMutation, DeleteTaskMutationVariables>;
export const ExportGenerationsDocument = new TypedDocumentString(`
    mutation ExportGenerations($filter: VideoGenerationFilter, $format: ExportFormat!) {
  exportGenerations(filter: $filter, format: $format) {
    url
    expiresAt
  }
}
    `) as unknown as TypedDocumentString<ExportGenerationsMutation, ExportGenerationsMutationVariables>;
export const CountOldDocument = new TypedDocumentString(`
    query CountOld($filter: VideoGenerationFilter!) {
  generations(first: 1, filter: $filter) {
    totalCount
    totalCountIsExact
  }
}
    `) as unknown as TypedDocumentString<CountOldQuery, CountOldQueryVariables>;
export const RedactOldDocument = new TypedDocumentString(`
    mutation RedactOld($olderThanDays: Int!, $callerId: String, $reason: String!) {
  redactVideoGenerations(
    olderThanDays: $olderThanDays
    callerId: $callerId
    reason: $reason
  ) {
    redacted
    hasMore
    userErrors {
      ...Refusal
    }
  }
}
    fragment Refusal on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<RedactOldMutation, RedactOldMutationVariables>;
export const AuditEventsDocument = new TypedDocumentString(`
    query AuditEvents($first: Int, $after: String, $filter: AuditEventFilter, $direction: OrderDirection!) {
  auditEvents(
    first: $first
    after: $after
    filter: $filter
    direction: $direction
  ) {
    nodes {
      ...Event
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment Event on AuditEvent {
  id
  sequence
  occurredAt
  action
  callerId
  callerKind
  generationId
  objectId
  fromStatus
  toStatus
  httpStatus
  latencyMs
  upstreamCode
  upstreamMessage
  traceId
  requestId
  detail
  ip
  userAgent
  lane
  hash
}`) as unknown as TypedDocumentString<AuditEventsQuery, AuditEventsQueryVariables>;
export const CheckpointDocument = new TypedDocumentString(`
    query Checkpoint {
  auditCheckpoint {
    sequence
    createdAt
    eventCount
    head
    publicKey
    signature
  }
}
    `) as unknown as TypedDocumentString<CheckpointQuery, CheckpointQueryVariables>;
export const VerifyAuditDocument = new TypedDocumentString(`
    query VerifyAudit {
  verifyAuditLog {
    ok
    failure
    running
    checked
    finishedAt
    sinceCheckpoint
    unbound
    firstBad {
      reason
      detail
      eventId
      generationId
      sequence
    }
  }
}
    `) as unknown as TypedDocumentString<VerifyAuditQuery, VerifyAuditQueryVariables>;
export const ExportAuditDocument = new TypedDocumentString(`
    mutation ExportAudit($filter: AuditEventFilter, $format: ExportFormat!) {
  exportAuditEvents(filter: $filter, format: $format) {
    url
    expiresAt
  }
}
    `) as unknown as TypedDocumentString<ExportAuditMutation, ExportAuditMutationVariables>;
export const GenerationDetailDocument = new TypedDocumentString(`
    query GenerationDetail($id: ID!) {
  generation(id: $id) {
    ...Row
    apiGeneration
    aspectRatio
    promptOptimizer
    promptExpansion
    fastPretreatment
    aigcWatermark
    firstFrameImage
    lastFrameImage
    subjectImage
    referenceImages
    referenceVideos
    referenceAudios
    enhancedPrompt
    idempotencyKey
    webhookUrl
    keepForDays
    submittedAt
    nextAttemptAt
    upstreamStatus
    statusMessage
    traceId
    fileId
    retryOfId
    successorId
    sourceId
    regenerationId
    videoWidth
    videoHeight
    usage {
      raw
    }
    events {
      ...Event
    }
    submissions {
      ...Sent
    }
    requestAsSent {
      path
      body
      bodyHash
    }
  }
}
    fragment Event on AuditEvent {
  id
  sequence
  occurredAt
  action
  callerId
  callerKind
  generationId
  objectId
  fromStatus
  toStatus
  httpStatus
  latencyMs
  upstreamCode
  upstreamMessage
  traceId
  requestId
  detail
  ip
  userAgent
  lane
  hash
}
fragment Sent on Submission {
  id
  number
  reason
  outcome
  claimedAt
  sentAt
  answeredAt
  latencyMs
  httpStatus
  statusCode
  statusMessage
  taskId
  traceId
  bodyHash
  settledBy
  generationId
  account {
    name
    fingerprint
  }
  listPrice {
    ...Price
  }
}
fragment Row on VideoGeneration {
  id
  status
  version
  kind
  model
  prompt
  duration
  resolution
  createdAt
  updatedAt
  completedAt
  stalledAt
  heldAt
  redactedAt
  callerId
  tenant
  tags
  simulated
  attempts
  taskId
  statusCode
  listPrice {
    ...Price
  }
  cost {
    amount
    currency
  }
  failure {
    ...Failure
  }
  archive {
    state
  }
}
fragment Price on Money {
  amount
  currency
}
fragment Failure on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}`) as unknown as TypedDocumentString<GenerationDetailQuery, GenerationDetailQueryVariables>;
export const GenerationVideoDocument = new TypedDocumentString(`
    query GenerationVideo($id: ID!) {
  generation(id: $id) {
    id
    videoUrl
    videoUrlExpiresAt
  }
}
    `) as unknown as TypedDocumentString<GenerationVideoQuery, GenerationVideoQueryVariables>;
export const GenerationDeliveriesDocument = new TypedDocumentString(`
    query GenerationDeliveries($id: ID!) {
  webhookDeliveries(first: 20, filter: {generationId: [$id]}) {
    nodes {
      ...Delivery
    }
  }
}
    fragment Delivery on WebhookDelivery {
  id
  event
  status
  url
  createdAt
  nextAttemptAt
  generationId
  endpointId
  body
  attempts {
    startedAt
    httpStatus
    latencyMs
    error
    answer
  }
}`) as unknown as TypedDocumentString<GenerationDeliveriesQuery, GenerationDeliveriesQueryVariables>;
export const TaskCandidatesDocument = new TypedDocumentString(`
    query TaskCandidates($id: ID!) {
  generation(id: $id) {
    id
    candidates {
      taskId
      createdAt
      upstreamStatus
      resolution
      duration
      aspectRatio
    }
  }
}
    `) as unknown as TypedDocumentString<TaskCandidatesQuery, TaskCandidatesQueryVariables>;
export const GenerationRowsDocument = new TypedDocumentString(`
    query GenerationRows($first: Int, $after: String, $filter: VideoGenerationFilter, $orderBy: VideoGenerationOrder) {
  generations(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    nodes {
      ...Row
    }
    pageInfo {
      hasNextPage
      endCursor
    }
    totalCount
    totalCountIsExact
  }
}
    fragment Row on VideoGeneration {
  id
  status
  version
  kind
  model
  prompt
  duration
  resolution
  createdAt
  updatedAt
  completedAt
  stalledAt
  heldAt
  redactedAt
  callerId
  tenant
  tags
  simulated
  attempts
  taskId
  statusCode
  listPrice {
    ...Price
  }
  cost {
    amount
    currency
  }
  failure {
    ...Failure
  }
  archive {
    state
  }
}
fragment Price on Money {
  amount
  currency
}
fragment Failure on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}`) as unknown as TypedDocumentString<GenerationRowsQuery, GenerationRowsQueryVariables>;
export const KeptVideosDocument = new TypedDocumentString(`
    query KeptVideos($ids: [ID!]!) {
  generations(first: 100, filter: {id: $ids}) {
    nodes {
      id
      videoUrl
    }
  }
}
    `) as unknown as TypedDocumentString<KeptVideosQuery, KeptVideosQueryVariables>;
export const SentPricesDocument = new TypedDocumentString(`
    query SentPrices($ids: [ID!]!) {
  generations(first: 100, filter: {id: $ids}) {
    nodes {
      listPrice {
        ...Price
      }
      submissions {
        outcome
        listPrice {
          ...Price
        }
      }
    }
  }
}
    fragment Price on Money {
  amount
  currency
}`) as unknown as TypedDocumentString<SentPricesQuery, SentPricesQueryVariables>;
export const KeysDocument = new TypedDocumentString(`
    query Keys {
  apiKeys {
    ...Key
  }
}
    fragment Key on ApiKey {
  id
  name
  callerId
  role
  tenant
  prefix
  createdAt
  lastUsedAt
  expiresAt
  revokedAt
  usable
}`) as unknown as TypedDocumentString<KeysQuery, KeysQueryVariables>;
export const CreateKeyDocument = new TypedDocumentString(`
    mutation CreateKey($input: CreateApiKeyInput!) {
  createApiKey(input: $input) {
    secret
    apiKey {
      ...Key
    }
  }
}
    fragment Key on ApiKey {
  id
  name
  callerId
  role
  tenant
  prefix
  createdAt
  lastUsedAt
  expiresAt
  revokedAt
  usable
}`) as unknown as TypedDocumentString<CreateKeyMutation, CreateKeyMutationVariables>;
export const RotateKeyDocument = new TypedDocumentString(`
    mutation RotateKey($id: ID!, $overlapHours: Int!) {
  rotateApiKey(id: $id, overlapHours: $overlapHours) {
    secret
    apiKey {
      ...Key
    }
  }
}
    fragment Key on ApiKey {
  id
  name
  callerId
  role
  tenant
  prefix
  createdAt
  lastUsedAt
  expiresAt
  revokedAt
  usable
}`) as unknown as TypedDocumentString<RotateKeyMutation, RotateKeyMutationVariables>;
export const RevokeKeyDocument = new TypedDocumentString(`
    mutation RevokeKey($id: ID!) {
  revokeApiKey(id: $id) {
    ...Key
  }
}
    fragment Key on ApiKey {
  id
  name
  callerId
  role
  tenant
  prefix
  createdAt
  lastUsedAt
  expiresAt
  revokedAt
  usable
}`) as unknown as TypedDocumentString<RevokeKeyMutation, RevokeKeyMutationVariables>;
export const ModelsDocument = new TypedDocumentString(`
    query Models {
  videoModels {
    name
    apiGeneration
    maxPromptLength
    sound
    promptExpansions
    modes {
      mode
      promptRequired
      aspectRatios
      aspectRatioUse
      defaultResolution
      defaultDuration
      fastPretreatment
      inputs {
        field
        required
        kind
        formats
        maxBytes
        maxCount
      }
      outputs {
        resolution
        durations
      }
    }
    cameraCommands {
      name
    }
    promptEnhancementPrice {
      input {
        ...Price
      }
      output {
        ...Price
      }
    }
  }
}
    fragment Price on Money {
  amount
  currency
}`) as unknown as TypedDocumentString<ModelsQuery, ModelsQueryVariables>;
export const CheckDocument = new TypedDocumentString(`
    query Check($input: CreateVideoGenerationInput!) {
  validateVideoGeneration(input: $input) {
    valid
    mode
    resolution
    duration
    aspectRatio
    estimatedPrice {
      ...Price
    }
    priceListedOn
    userErrors {
      ...Refusal
    }
    warnings {
      field
      code
      message
    }
  }
}
    fragment Price on Money {
  amount
  currency
}
fragment Refusal on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<CheckQuery, CheckQueryVariables>;
export const EnhancePromptDocument = new TypedDocumentString(`
    mutation EnhancePrompt($input: EnhancePromptInput!) {
  enhancePrompt(input: $input) {
    generation {
      id
    }
    userErrors {
      ...Refusal
    }
  }
}
    fragment Refusal on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<EnhancePromptMutation, EnhancePromptMutationVariables>;
export const EnhancedPromptDocument = new TypedDocumentString(`
    query EnhancedPrompt($id: ID!) {
  generation(id: $id) {
    id
    enhancedPrompt
    cost {
      amount
      currency
    }
  }
}
    `) as unknown as TypedDocumentString<EnhancedPromptQuery, EnhancedPromptQueryVariables>;
export const MeDocument = new TypedDocumentString(`
    query Me {
  me {
    callerId
    kind
    role
    tenant
  }
}
    `) as unknown as TypedDocumentString<MeQuery, MeQueryVariables>;
export const MediaUsageDocument = new TypedDocumentString(`
    query MediaUsage {
  mediaUsage {
    videoBytesLimit
    hasMoreGroups
    groups {
      tenant
      callerId
      videos {
        ...Stored
      }
      inputs {
        ...Stored
      }
      unfinishedUploads {
        ...Stored
      }
    }
  }
}
    fragment Stored on StoredMediaCount {
  count
  bytes
  oldestAt
}`) as unknown as TypedDocumentString<MediaUsageQuery, MediaUsageQueryVariables>;
export const GenerationMediaDocument = new TypedDocumentString(`
    query GenerationMedia($id: ID!) {
  generation(id: $id) {
    id
    archive {
      state
      storedAt
      removedAt
      keepUntil
      error
      bytes
      sha256
      durationSeconds
      frameRate
      width
      height
    }
    inputFiles {
      sha256
      mediaType
      bytes
      sourceUrls
      thumbnailUrl
    }
  }
}
    `) as unknown as TypedDocumentString<GenerationMediaQuery, GenerationMediaQueryVariables>;
export const StatsDocument = new TypedDocumentString(`
    query Stats($groupBy: [GenerationStatsDimension!]!, $period: DateTimeRangeInput, $filter: VideoGenerationFilter) {
  generationStats(groupBy: $groupBy, period: $period, filter: $filter) {
    from
    to
    simulated
    hasMoreGroups
    groups {
      day
      model
      callerId
      tenant
      count
      counts {
        queued
        submitting
        processing
        succeeded
        failed
        cancelled
        uncertain
      }
      latency {
        p50
        p95
        p99
      }
      spend {
        ...Price
      }
      possibleSpend {
        ...Price
      }
      successRate
      unpriced
    }
  }
}
    fragment Price on Money {
  amount
  currency
}`) as unknown as TypedDocumentString<StatsQuery, StatsQueryVariables>;
export const ProviderDocument = new TypedDocumentString(`
    query Provider {
  providerStatus {
    simulated
    pause {
      code
      message
      until
    }
    balance {
      available
      cash
      credit
      owed
      voucher
    }
    sending {
      apiGeneration
      requestsPerMinute
      usedInLastMinute
      inFlight
    }
  }
}
    `) as unknown as TypedDocumentString<ProviderQuery, ProviderQueryVariables>;
export const BacklogDocument = new TypedDocumentString(`
    query Backlog {
  generationBacklog {
    uncertain
    held
    queued
    running
  }
}
    `) as unknown as TypedDocumentString<BacklogQuery, BacklogQueryVariables>;
export const SettingsDocument = new TypedDocumentString(`
    query Settings {
  settings {
    name
    about
    isSet
    isHidden
    value
  }
}
    `) as unknown as TypedDocumentString<SettingsQuery, SettingsQueryVariables>;
export const EndpointsDocument = new TypedDocumentString(`
    query Endpoints {
  webhookEndpoints {
    ...Endpoint
  }
}
    fragment Endpoint on WebhookEndpoint {
  id
  url
  description
  callerId
  events
  createdAt
  disabledAt
  disabledReason
  failingSince
  previousSecretUntil
}`) as unknown as TypedDocumentString<EndpointsQuery, EndpointsQueryVariables>;
export const DeliveriesDocument = new TypedDocumentString(`
    query Deliveries($first: Int, $after: String, $filter: WebhookDeliveryFilter) {
  webhookDeliveries(first: $first, after: $after, filter: $filter) {
    nodes {
      ...Delivery
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment Delivery on WebhookDelivery {
  id
  event
  status
  url
  createdAt
  nextAttemptAt
  generationId
  endpointId
  body
  attempts {
    startedAt
    httpStatus
    latencyMs
    error
    answer
  }
}`) as unknown as TypedDocumentString<DeliveriesQuery, DeliveriesQueryVariables>;
export const CreateEndpointDocument = new TypedDocumentString(`
    mutation CreateEndpoint($input: CreateWebhookEndpointInput!) {
  createWebhookEndpoint(input: $input) {
    secret
    webhookEndpoint {
      ...Endpoint
    }
  }
}
    fragment Endpoint on WebhookEndpoint {
  id
  url
  description
  callerId
  events
  createdAt
  disabledAt
  disabledReason
  failingSince
  previousSecretUntil
}`) as unknown as TypedDocumentString<CreateEndpointMutation, CreateEndpointMutationVariables>;
export const RotateSecretDocument = new TypedDocumentString(`
    mutation RotateSecret($id: ID!) {
  rotateWebhookSecret(id: $id) {
    secret
    webhookEndpoint {
      ...Endpoint
    }
  }
}
    fragment Endpoint on WebhookEndpoint {
  id
  url
  description
  callerId
  events
  createdAt
  disabledAt
  disabledReason
  failingSince
  previousSecretUntil
}`) as unknown as TypedDocumentString<RotateSecretMutation, RotateSecretMutationVariables>;
export const TestEndpointDocument = new TypedDocumentString(`
    mutation TestEndpoint($id: ID!) {
  testWebhookEndpoint(id: $id) {
    ...Delivery
  }
}
    fragment Delivery on WebhookDelivery {
  id
  event
  status
  url
  createdAt
  nextAttemptAt
  generationId
  endpointId
  body
  attempts {
    startedAt
    httpStatus
    latencyMs
    error
    answer
  }
}`) as unknown as TypedDocumentString<TestEndpointMutation, TestEndpointMutationVariables>;
export const DisableEndpointDocument = new TypedDocumentString(`
    mutation DisableEndpoint($id: ID!) {
  disableWebhookEndpoint(id: $id) {
    ...Endpoint
  }
}
    fragment Endpoint on WebhookEndpoint {
  id
  url
  description
  callerId
  events
  createdAt
  disabledAt
  disabledReason
  failingSince
  previousSecretUntil
}`) as unknown as TypedDocumentString<DisableEndpointMutation, DisableEndpointMutationVariables>;
export const EnableEndpointDocument = new TypedDocumentString(`
    mutation EnableEndpoint($id: ID!) {
  enableWebhookEndpoint(id: $id) {
    ...Endpoint
  }
}
    fragment Endpoint on WebhookEndpoint {
  id
  url
  description
  callerId
  events
  createdAt
  disabledAt
  disabledReason
  failingSince
  previousSecretUntil
}`) as unknown as TypedDocumentString<EnableEndpointMutation, EnableEndpointMutationVariables>;
export const DeleteEndpointDocument = new TypedDocumentString(`
    mutation DeleteEndpoint($id: ID!) {
  deleteWebhookEndpoint(id: $id)
}
    `) as unknown as TypedDocumentString<DeleteEndpointMutation, DeleteEndpointMutationVariables>;
export const RedeliverDocument = new TypedDocumentString(`
    mutation Redeliver($id: ID!) {
  redeliverWebhook(id: $id) {
    ...Delivery
  }
}
    fragment Delivery on WebhookDelivery {
  id
  event
  status
  url
  createdAt
  nextAttemptAt
  generationId
  endpointId
  body
  attempts {
    startedAt
    httpStatus
    latencyMs
    error
    answer
  }
}`) as unknown as TypedDocumentString<RedeliverMutation, RedeliverMutationVariables>;
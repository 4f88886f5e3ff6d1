/*
 * Made by "npm run codegen" from schema.graphql and client/operations, as codegen.yml says.
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

/** What a cost is reckoned from. */
export type CostBasis =
  /** What was asked for, where MiniMax reported nothing. */
  | 'REQUEST'
  /** What MiniMax reported to have metered. */
  | 'USAGE';

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

export type CancelVideoGenerationMutationVariables = Exact<{
  id: string;
}>;


export type CancelVideoGenerationMutation = { cancelVideoGeneration: { generation: { id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type RetryVideoGenerationMutationVariables = Exact<{
  id: string;
  idempotencyKey?: string | null | undefined;
}>;


export type RetryVideoGenerationMutation = { retryVideoGeneration: { replayed: boolean, generation: { retryOfId: string | null, id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type RefreshVideoGenerationMutationVariables = Exact<{
  id: string;
}>;


export type RefreshVideoGenerationMutation = { refreshVideoGeneration: { generation: { upstreamStatus: string | null, id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type CreateVideoGenerationMutationVariables = Exact<{
  input: CreateVideoGenerationInput;
}>;


export type CreateVideoGenerationMutation = { createVideoGeneration: { replayed: boolean, generation: { taskId: string | null, upstreamStatus: string | null, nextAttemptAt: string | null, stalledAt: string | null, id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, listPrice: { amount: string, currency: string } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null } | null, generationEdge: { cursor: string, node: { id: string } } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type GenerationCardFragment = { id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null };

export type GenerationProgressFragment = { taskId: string | null, upstreamStatus: string | null, nextAttemptAt: string | null, stalledAt: string | null, id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null };

export type FailureDetailsFragment = { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null };

export type EventDetailsFragment = { id: string, sequence: number | null, occurredAt: string, action: AuditAction, httpStatus: number | null, latencyMs: number | null, upstreamCode: number | null, upstreamMessage: string | null, traceId: string | null, requestId: string | null };

export type UserErrorDetailsFragment = { field: Array<string>, code: UserErrorCode, message: string };

export type PriceFragment = { amount: string, currency: string };

export type GenerationUpdatedSubscriptionVariables = Exact<{
  id: string;
  afterVersion?: number | null | undefined;
}>;


export type GenerationUpdatedSubscription = { generationUpdated: { taskId: string | null, upstreamStatus: string | null, nextAttemptAt: string | null, stalledAt: string | null, id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null } };

export type GenerationQueryVariables = Exact<{
  id: string;
}>;


export type GenerationQuery = { generation: { promptOptimizer: boolean, fastPretreatment: boolean | null, aigcWatermark: boolean | null, firstFrameImage: string | null, lastFrameImage: string | null, subjectImage: string | null, aspectRatio: string | null, promptExpansion: PromptExpansion | null, referenceImages: Array<string>, referenceVideos: Array<string>, referenceAudios: Array<string>, taskId: string | null, fileId: string | null, traceId: string | null, upstreamStatus: string | null, statusCode: number | null, statusMessage: string | null, idempotencyKey: string | null, retryOfId: string | null, attempts: number, nextAttemptAt: string | null, submittedAt: string | null, completedAt: string | null, stalledAt: string | null, id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, listPrice: { amount: string, currency: string } | null, cost: { amount: string, currency: string, basis: CostBasis } | null, events: Array<{ id: string, sequence: number | null, occurredAt: string, action: AuditAction, httpStatus: number | null, latencyMs: number | null, upstreamCode: number | null, upstreamMessage: string | null, traceId: string | null, requestId: string | null }>, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null } | null };

export type GenerationChangeFragment = { taskId: string | null, attempts: number, completedAt: string | null, stalledAt: string | null, heldAt: string | null, redactedAt: string | null, tags: Array<string>, id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, cost: { amount: string, currency: string } | null, archive: { state: VideoArchiveState } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null };

export type GenerationsUpdatedSubscriptionVariables = Exact<{
  filter?: VideoGenerationFilter | null | undefined;
  updatedAfter?: string | null | undefined;
}>;


export type GenerationsUpdatedSubscription = { generationsUpdated: { taskId: string | null, attempts: number, completedAt: string | null, stalledAt: string | null, heldAt: string | null, redactedAt: string | null, tags: Array<string>, id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, cost: { amount: string, currency: string } | null, archive: { state: VideoArchiveState } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null } };

export type GenerationsChangedQueryVariables = Exact<{
  first: number;
  filter?: VideoGenerationFilter | null | undefined;
}>;


export type GenerationsChangedQuery = { generations: { nodes: Array<{ taskId: string | null, attempts: number, completedAt: string | null, stalledAt: string | null, heldAt: string | null, redactedAt: string | null, tags: Array<string>, id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, cost: { amount: string, currency: string } | null, archive: { state: VideoArchiveState } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null }> } };

export type GenerationsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: VideoGenerationFilter | null | undefined;
  orderBy?: VideoGenerationOrder | null | undefined;
}>;


export type GenerationsQuery = { generations: { totalCount: number, totalCountIsExact: boolean, edges: Array<{ cursor: string, node: { id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null } }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor: string | null, endCursor: string | null } } };

export type ValidateVideoGenerationQueryVariables = Exact<{
  input: CreateVideoGenerationInput;
}>;


export type ValidateVideoGenerationQuery = { validateVideoGeneration: { valid: boolean, mode: VideoMode, resolution: string | null, duration: number | null, priceListedOn: string | null, estimatedPrice: { amount: string, currency: string } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }>, warnings: Array<{ field: Array<string>, code: WarningCode, message: string }> } };

export type VideoModelsQueryVariables = Exact<{ [key: string]: never; }>;


export type VideoModelsQuery = { videoModels: Array<{ name: string, maxPromptLength: number, sound: boolean, promptExpansions: Array<PromptExpansion>, modes: Array<{ mode: VideoMode, requiredImages: Array<string>, maxFiles: number | null, promptRequired: boolean, aspectRatios: Array<string>, aspectRatioUse: AspectRatioUse | null, defaultResolution: string | null, defaultDuration: number | null, fastPretreatment: boolean, inputs: Array<{ field: string, required: boolean, maxCount: number, kind: MediaKind, formats: Array<string>, maxBytes: number, minSide: number | null, maxSide: number | null, minAspectRatio: number | null, maxAspectRatio: number | null, minSeconds: number | null, maxSeconds: number | null, maxSecondsTogether: number | null }>, outputs: Array<{ resolution: string, durations: Array<number> }> }>, cameraCommands: Array<{ name: string, chinaName: string }>, prices: Array<{ resolution: string, duration: number, listedOn: string, amounts: Array<{ amount: string, currency: string }> }>, pricesPerSecond: Array<{ resolution: string, freeImages: number, listedOn: string, outputSecond: Array<{ amount: string, currency: string }>, referenceVideoSecond: Array<{ amount: string, currency: string }>, furtherImage: Array<{ amount: string, currency: string }> }> }> };

export type WaitForGenerationQueryVariables = Exact<{
  id: string;
  waitMs?: number | null | undefined;
  sinceVersion?: number | null | undefined;
}>;


export type WaitForGenerationQuery = { generation: { taskId: string | null, upstreamStatus: string | null, nextAttemptAt: string | null, stalledAt: string | null, id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null } | null };

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
export const FailureDetailsFragmentDoc = new TypedDocumentString(`
    fragment FailureDetails on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
    `, {"fragmentName":"FailureDetails"}) as unknown as TypedDocumentString<FailureDetailsFragment, unknown>;
export const GenerationCardFragmentDoc = new TypedDocumentString(`
    fragment GenerationCard on VideoGeneration {
  id
  status
  version
  createdAt
  updatedAt
  model
  prompt
  duration
  resolution
  simulated
  videoUrl
  videoUrlExpiresAt
  videoWidth
  videoHeight
  failure {
    ...FailureDetails
  }
}
    fragment FailureDetails on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}`, {"fragmentName":"GenerationCard"}) as unknown as TypedDocumentString<GenerationCardFragment, unknown>;
export const GenerationProgressFragmentDoc = new TypedDocumentString(`
    fragment GenerationProgress on VideoGeneration {
  ...GenerationCard
  taskId
  upstreamStatus
  nextAttemptAt
  stalledAt
}
    fragment GenerationCard on VideoGeneration {
  id
  status
  version
  createdAt
  updatedAt
  model
  prompt
  duration
  resolution
  simulated
  videoUrl
  videoUrlExpiresAt
  videoWidth
  videoHeight
  failure {
    ...FailureDetails
  }
}
fragment FailureDetails on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}`, {"fragmentName":"GenerationProgress"}) as unknown as TypedDocumentString<GenerationProgressFragment, unknown>;
export const EventDetailsFragmentDoc = new TypedDocumentString(`
    fragment EventDetails on AuditEvent {
  id
  sequence
  occurredAt
  action
  httpStatus
  latencyMs
  upstreamCode
  upstreamMessage
  traceId
  requestId
}
    `, {"fragmentName":"EventDetails"}) as unknown as TypedDocumentString<EventDetailsFragment, unknown>;
export const UserErrorDetailsFragmentDoc = new TypedDocumentString(`
    fragment UserErrorDetails on UserError {
  field
  code
  message
}
    `, {"fragmentName":"UserErrorDetails"}) as unknown as TypedDocumentString<UserErrorDetailsFragment, unknown>;
export const PriceFragmentDoc = new TypedDocumentString(`
    fragment Price on Money {
  amount
  currency
}
    `, {"fragmentName":"Price"}) as unknown as TypedDocumentString<PriceFragment, unknown>;
export const GenerationChangeFragmentDoc = new TypedDocumentString(`
    fragment GenerationChange on VideoGeneration {
  ...GenerationCard
  taskId
  attempts
  completedAt
  stalledAt
  heldAt
  redactedAt
  tags
  cost {
    amount
    currency
  }
  archive {
    state
  }
}
    fragment GenerationCard on VideoGeneration {
  id
  status
  version
  createdAt
  updatedAt
  model
  prompt
  duration
  resolution
  simulated
  videoUrl
  videoUrlExpiresAt
  videoWidth
  videoHeight
  failure {
    ...FailureDetails
  }
}
fragment FailureDetails on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}`, {"fragmentName":"GenerationChange"}) as unknown as TypedDocumentString<GenerationChangeFragment, unknown>;
export const CancelVideoGenerationDocument = new TypedDocumentString(`
    mutation CancelVideoGeneration($id: ID!) {
  cancelVideoGeneration(id: $id) {
    generation {
      ...GenerationCard
    }
    userErrors {
      ...UserErrorDetails
    }
  }
}
    fragment GenerationCard on VideoGeneration {
  id
  status
  version
  createdAt
  updatedAt
  model
  prompt
  duration
  resolution
  simulated
  videoUrl
  videoUrlExpiresAt
  videoWidth
  videoHeight
  failure {
    ...FailureDetails
  }
}
fragment FailureDetails on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment UserErrorDetails on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<CancelVideoGenerationMutation, CancelVideoGenerationMutationVariables>;
export const RetryVideoGenerationDocument = new TypedDocumentString(`
    mutation RetryVideoGeneration($id: ID!, $idempotencyKey: String) {
  retryVideoGeneration(id: $id, idempotencyKey: $idempotencyKey) {
    generation {
      ...GenerationCard
      retryOfId
    }
    userErrors {
      ...UserErrorDetails
    }
    replayed
  }
}
    fragment GenerationCard on VideoGeneration {
  id
  status
  version
  createdAt
  updatedAt
  model
  prompt
  duration
  resolution
  simulated
  videoUrl
  videoUrlExpiresAt
  videoWidth
  videoHeight
  failure {
    ...FailureDetails
  }
}
fragment FailureDetails on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment UserErrorDetails on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<RetryVideoGenerationMutation, RetryVideoGenerationMutationVariables>;
export const RefreshVideoGenerationDocument = new TypedDocumentString(`
    mutation RefreshVideoGeneration($id: ID!) {
  refreshVideoGeneration(id: $id) {
    generation {
      ...GenerationCard
      upstreamStatus
    }
    userErrors {
      ...UserErrorDetails
    }
  }
}
    fragment GenerationCard on VideoGeneration {
  id
  status
  version
  createdAt
  updatedAt
  model
  prompt
  duration
  resolution
  simulated
  videoUrl
  videoUrlExpiresAt
  videoWidth
  videoHeight
  failure {
    ...FailureDetails
  }
}
fragment FailureDetails on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment UserErrorDetails on UserError {
  field
  code
  message
}`) as unknown as TypedDocumentString<RefreshVideoGenerationMutation, RefreshVideoGenerationMutationVariables>;
export const CreateVideoGenerationDocument = new TypedDocumentString(`
    mutation CreateVideoGeneration($input: CreateVideoGenerationInput!) {
  createVideoGeneration(input: $input) {
    generation {
      ...GenerationProgress
      listPrice {
        ...Price
      }
    }
    generationEdge {
      cursor
      node {
        id
      }
    }
    userErrors {
      ...UserErrorDetails
    }
    replayed
  }
}
    fragment GenerationCard on VideoGeneration {
  id
  status
  version
  createdAt
  updatedAt
  model
  prompt
  duration
  resolution
  simulated
  videoUrl
  videoUrlExpiresAt
  videoWidth
  videoHeight
  failure {
    ...FailureDetails
  }
}
fragment GenerationProgress on VideoGeneration {
  ...GenerationCard
  taskId
  upstreamStatus
  nextAttemptAt
  stalledAt
}
fragment FailureDetails on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment UserErrorDetails on UserError {
  field
  code
  message
}
fragment Price on Money {
  amount
  currency
}`) as unknown as TypedDocumentString<CreateVideoGenerationMutation, CreateVideoGenerationMutationVariables>;
export const GenerationUpdatedDocument = new TypedDocumentString(`
    subscription GenerationUpdated($id: ID!, $afterVersion: Int) {
  generationUpdated(id: $id, afterVersion: $afterVersion) {
    ...GenerationProgress
  }
}
    fragment GenerationCard on VideoGeneration {
  id
  status
  version
  createdAt
  updatedAt
  model
  prompt
  duration
  resolution
  simulated
  videoUrl
  videoUrlExpiresAt
  videoWidth
  videoHeight
  failure {
    ...FailureDetails
  }
}
fragment GenerationProgress on VideoGeneration {
  ...GenerationCard
  taskId
  upstreamStatus
  nextAttemptAt
  stalledAt
}
fragment FailureDetails on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}`) as unknown as TypedDocumentString<GenerationUpdatedSubscription, GenerationUpdatedSubscriptionVariables>;
export const GenerationDocument = new TypedDocumentString(`
    query Generation($id: ID!) {
  generation(id: $id) {
    ...GenerationCard
    promptOptimizer
    fastPretreatment
    aigcWatermark
    firstFrameImage
    lastFrameImage
    subjectImage
    aspectRatio
    promptExpansion
    referenceImages
    referenceVideos
    referenceAudios
    taskId
    fileId
    traceId
    upstreamStatus
    statusCode
    statusMessage
    idempotencyKey
    retryOfId
    attempts
    nextAttemptAt
    submittedAt
    completedAt
    stalledAt
    listPrice {
      ...Price
    }
    cost {
      amount
      currency
      basis
    }
    events {
      ...EventDetails
    }
  }
}
    fragment GenerationCard on VideoGeneration {
  id
  status
  version
  createdAt
  updatedAt
  model
  prompt
  duration
  resolution
  simulated
  videoUrl
  videoUrlExpiresAt
  videoWidth
  videoHeight
  failure {
    ...FailureDetails
  }
}
fragment FailureDetails on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment EventDetails on AuditEvent {
  id
  sequence
  occurredAt
  action
  httpStatus
  latencyMs
  upstreamCode
  upstreamMessage
  traceId
  requestId
}
fragment Price on Money {
  amount
  currency
}`) as unknown as TypedDocumentString<GenerationQuery, GenerationQueryVariables>;
export const GenerationsUpdatedDocument = new TypedDocumentString(`
    subscription GenerationsUpdated($filter: VideoGenerationFilter, $updatedAfter: DateTime) {
  generationsUpdated(filter: $filter, updatedAfter: $updatedAfter) {
    ...GenerationChange
  }
}
    fragment GenerationCard on VideoGeneration {
  id
  status
  version
  createdAt
  updatedAt
  model
  prompt
  duration
  resolution
  simulated
  videoUrl
  videoUrlExpiresAt
  videoWidth
  videoHeight
  failure {
    ...FailureDetails
  }
}
fragment FailureDetails on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment GenerationChange on VideoGeneration {
  ...GenerationCard
  taskId
  attempts
  completedAt
  stalledAt
  heldAt
  redactedAt
  tags
  cost {
    amount
    currency
  }
  archive {
    state
  }
}`) as unknown as TypedDocumentString<GenerationsUpdatedSubscription, GenerationsUpdatedSubscriptionVariables>;
export const GenerationsChangedDocument = new TypedDocumentString(`
    query GenerationsChanged($first: Int!, $filter: VideoGenerationFilter) {
  generations(
    first: $first
    filter: $filter
    orderBy: {field: UPDATED_AT, direction: DESC}
  ) {
    nodes {
      ...GenerationChange
    }
  }
}
    fragment GenerationCard on VideoGeneration {
  id
  status
  version
  createdAt
  updatedAt
  model
  prompt
  duration
  resolution
  simulated
  videoUrl
  videoUrlExpiresAt
  videoWidth
  videoHeight
  failure {
    ...FailureDetails
  }
}
fragment FailureDetails on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}
fragment GenerationChange on VideoGeneration {
  ...GenerationCard
  taskId
  attempts
  completedAt
  stalledAt
  heldAt
  redactedAt
  tags
  cost {
    amount
    currency
  }
  archive {
    state
  }
}`) as unknown as TypedDocumentString<GenerationsChangedQuery, GenerationsChangedQueryVariables>;
export const GenerationsDocument = new TypedDocumentString(`
    query Generations($first: Int, $after: String, $filter: VideoGenerationFilter, $orderBy: VideoGenerationOrder) {
  generations(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    edges {
      cursor
      node {
        ...GenerationCard
      }
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
    totalCount
    totalCountIsExact
  }
}
    fragment GenerationCard on VideoGeneration {
  id
  status
  version
  createdAt
  updatedAt
  model
  prompt
  duration
  resolution
  simulated
  videoUrl
  videoUrlExpiresAt
  videoWidth
  videoHeight
  failure {
    ...FailureDetails
  }
}
fragment FailureDetails on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}`) as unknown as TypedDocumentString<GenerationsQuery, GenerationsQueryVariables>;
export const ValidateVideoGenerationDocument = new TypedDocumentString(`
    query ValidateVideoGeneration($input: CreateVideoGenerationInput!) {
  validateVideoGeneration(input: $input) {
    valid
    mode
    resolution
    duration
    estimatedPrice {
      ...Price
    }
    priceListedOn
    userErrors {
      ...UserErrorDetails
    }
    warnings {
      field
      code
      message
    }
  }
}
    fragment UserErrorDetails on UserError {
  field
  code
  message
}
fragment Price on Money {
  amount
  currency
}`) as unknown as TypedDocumentString<ValidateVideoGenerationQuery, ValidateVideoGenerationQueryVariables>;
export const VideoModelsDocument = new TypedDocumentString(`
    query VideoModels {
  videoModels {
    name
    maxPromptLength
    sound
    promptExpansions
    modes {
      mode
      requiredImages
      inputs {
        field
        required
        maxCount
        kind
        formats
        maxBytes
        minSide
        maxSide
        minAspectRatio
        maxAspectRatio
        minSeconds
        maxSeconds
        maxSecondsTogether
      }
      maxFiles
      promptRequired
      aspectRatios
      aspectRatioUse
      defaultResolution
      defaultDuration
      fastPretreatment
      outputs {
        resolution
        durations
      }
    }
    cameraCommands {
      name
      chinaName
    }
    prices {
      resolution
      duration
      listedOn
      amounts {
        ...Price
      }
    }
    pricesPerSecond {
      resolution
      freeImages
      listedOn
      outputSecond {
        ...Price
      }
      referenceVideoSecond {
        ...Price
      }
      furtherImage {
        ...Price
      }
    }
  }
}
    fragment Price on Money {
  amount
  currency
}`) as unknown as TypedDocumentString<VideoModelsQuery, VideoModelsQueryVariables>;
export const WaitForGenerationDocument = new TypedDocumentString(`
    query WaitForGeneration($id: ID!, $waitMs: Int, $sinceVersion: Int) {
  generation(id: $id, waitMs: $waitMs, sinceVersion: $sinceVersion) {
    ...GenerationProgress
  }
}
    fragment GenerationCard on VideoGeneration {
  id
  status
  version
  createdAt
  updatedAt
  model
  prompt
  duration
  resolution
  simulated
  videoUrl
  videoUrlExpiresAt
  videoWidth
  videoHeight
  failure {
    ...FailureDetails
  }
}
fragment GenerationProgress on VideoGeneration {
  ...GenerationCard
  taskId
  upstreamStatus
  nextAttemptAt
  stalledAt
}
fragment FailureDetails on GenerationFailure {
  kind
  message
  retryable
  upstreamCode
  upstreamMessage
}`) as unknown as TypedDocumentString<WaitForGenerationQuery, WaitForGenerationQueryVariables>;
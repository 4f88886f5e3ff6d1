/*
 * Made by "npm run codegen" from schema.graphql and client/operations, as codegen.yml says.
 * Change those and run it again; "npm run codegen -- --check" tells whether it is needed.
 */
/* eslint-disable */

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** What happened. */
export type AuditAction =
  /** An API key was made; `detail` tells whose and with which role. */
  | 'API_KEY_CREATED'
  /** An API key was ended at once. */
  | 'API_KEY_REVOKED'
  /** An API key was made in place of another, which ends at `oldKeyExpiresAt`. */
  | 'API_KEY_ROTATED'
  /** A message arrived at the callback address of the task; MiniMax is asked whether it is true. */
  | 'CALLBACK_RECEIVED'
  /** An admin found that MiniMax never accepted the request. */
  | 'DECLARED_NOT_CREATED'
  /** The finished file could not be linked yet; it is tried again. */
  | 'FILE_LINK_FAILED'
  /** An auditor or admin looked at a generation of somebody else. */
  | 'FOREIGN_GENERATION_READ'
  /** An auditor or admin listed generations, of whomever; `detail` has the filter. */
  | 'GENERATIONS_LISTED'
  /** The caller withdrew the request before MiniMax had accepted it. */
  | 'GENERATION_CANCELLED'
  /** The request was accepted by this service and stored. Nothing has been sent yet. */
  | 'GENERATION_CREATED'
  /** The generation ended without a video. */
  | 'GENERATION_FAILED'
  /** The task is past its deadline and is still looked at, ever more rarely. */
  | 'GENERATION_STALLED'
  /** The video is finished and has a link. */
  | 'GENERATION_SUCCEEDED'
  /** An admin had an uncertain request sent again, knowing that it may be paid twice. */
  | 'RESUBMISSION_ORDERED'
  /** Somebody asked without a key or token that is valid here. At most one a minute is recorded for each address. */
  | 'SIGN_IN_REFUSED'
  /** MiniMax accepted the task and gave its id. */
  | 'SUBMISSION_ACCEPTED'
  /** MiniMax accepted the submission after a person had decided otherwise: `detail` has the task id of what was paid for. */
  | 'SUBMISSION_ANSWERED_LATE'
  /** MiniMax surely did not accept the request (throttled or not reached); it is tried again later. */
  | 'SUBMISSION_POSTPONED'
  /** MiniMax refused the request. Nothing was generated. */
  | 'SUBMISSION_REFUSED'
  /** The request is about to be sent to MiniMax. Stored before the call, so that a crash in between is known. */
  | 'SUBMISSION_SENT'
  /** Nobody knows whether MiniMax accepted the request. It is never sent again by itself. */
  | 'SUBMISSION_UNCERTAIN'
  /** An admin found the task in MiniMax's console and attached its id. */
  | 'TASK_ATTACHED'
  /** Asking MiniMax for the task failed in a new way. The task itself goes on. */
  | 'TASK_QUERY_FAILED'
  /** MiniMax's own status word for the task changed. */
  | 'TASK_STATUS_CHANGED'
  /** An expired download link was exchanged for a new one. */
  | 'VIDEO_LINK_RENEWED';

/** A request for a video. The fields are MiniMax's own; which of them a model takes, `videoModels` tells. */
export type CreateVideoGenerationInput = {
  /** Adds a visible AI watermark. Documented for MiniMax's Chinese service only; sent only when set. */
  aigcWatermark?: boolean | null | undefined;
  /** Length in seconds: 6 or 10, depending on model and resolution. Left out: 6. */
  duration?: number | null | undefined;
  /** Shortens the time of the prompt optimizer. MiniMax-Hailuo-2.3, -2.3-Fast and -02, without last frame. */
  fastPretreatment?: boolean | null | undefined;
  /** Opening frame: a public http(s) URL, or a data URL such as `data:image/jpeg;base64,…`. JPEG, PNG or WebP, at most 20 MB, short side at least 300 pixels, aspect ratio 2:5 to 5:2. */
  firstFrameImage?: string | null | undefined;
  /** A name of your own for this request, e.g. a UUID: 1 to 255 printable ASCII characters without spaces. However often it comes, in parallel or much later, the request is stored and sent once, and each answer is the first generation. Left out: the `Idempotency-Key` header, if any. */
  idempotencyKey?: string | null | undefined;
  /** Closing frame, limits as for `firstFrameImage`. Only MiniMax-Hailuo-02 takes one. */
  lastFrameImage?: string | null | undefined;
  /** The model, e.g. `MiniMax-Hailuo-02`, spelled as `videoModels` lists it. */
  model: string;
  /** What is to be seen, at most 2000 characters. Required without images. May contain camera commands such as `[Push in]`; `videoModels` lists them. */
  prompt?: string | null | undefined;
  /** Whether MiniMax may rewrite the prompt for better results. False follows it literally. */
  promptOptimizer?: boolean;
  /** `512P`, `720P`, `768P` or `1080P`, depending on the model. Left out: the model's default. */
  resolution?: string | null | undefined;
  /** A face to keep: exactly one entry. Only S2V-01 takes one. */
  subjectReference?: Array<SubjectReferenceInput> | null | undefined;
};

/** A span of time. */
export type DateTimeRangeInput = {
  /** Not before this instant. */
  from?: string | null | undefined;
  /** Before this instant. */
  to?: string | null | undefined;
};

/** Why a generation gave no video, in one word to act on. */
export type FailureKind =
  /** The MiniMax account may not use this model or is not verified (2038, 2061). */
  | 'ACCOUNT_NOT_ENTITLED'
  /** The MiniMax account has no money left (1008). */
  | 'BALANCE_EXHAUSTED'
  /** The content check refused the prompt or an image (1026). */
  | 'INPUT_FLAGGED'
  /** MiniMax found a parameter invalid (codes 2013, 1042). */
  | 'INPUT_INVALID'
  /** An admin found that MiniMax never accepted the request. */
  | 'NOT_CREATED'
  /** Nobody knows whether MiniMax accepted the request. */
  | 'OUTCOME_UNKNOWN'
  /** The content check withheld the finished video (1027). */
  | 'OUTPUT_FLAGGED'
  /** A quota of the MiniMax account is used up (1028, 1030, 2056). */
  | 'QUOTA_EXHAUSTED'
  /** MiniMax reports success repeatedly but names no file. */
  | 'RESULT_MISSING'
  /** MiniMax gave up on the task without a reason. */
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

/** Which end comes first. */
export type OrderDirection =
  /** Smallest or oldest first. */
  | 'ASC'
  /** Largest or newest first. */
  | 'DESC';

/** A face that the video is to keep. Only S2V-01 takes one. */
export type SubjectReferenceInput = {
  /** Exactly one image: a public URL or a data URL, limits as for `firstFrameImage`. */
  image: Array<string>;
  /** Only `character` exists. */
  type?: string;
};

/** Why a mutation did nothing. The message beside it says what to do. */
export type UserErrorCode =
  /** Duration and resolution are each possible, but not together. */
  | 'COMBINATION_NOT_SUPPORTED'
  /** The model does not make videos of this length. */
  | 'DURATION_NOT_SUPPORTED'
  /** The model does not offer `fastPretreatment` in this mode. */
  | 'FAST_PRETREATMENT_NOT_SUPPORTED'
  /** The model takes no first frame. */
  | 'FIRST_FRAME_NOT_SUPPORTED'
  /** The model, or this resolution, needs `firstFrameImage`. */
  | 'FIRST_FRAME_REQUIRED'
  /** Not 1 to 255 printable ASCII characters without spaces. */
  | 'IDEMPOTENCY_KEY_INVALID'
  /** The key was used before, for a different request. Nothing was sent. */
  | 'IDEMPOTENCY_KEY_REUSED'
  /** Images that came as data URLs are kept for 7 days after a failure. */
  | 'IMAGES_NO_LONGER_STORED'
  /** Short side under 300 pixels, or an aspect ratio outside 2:5 to 5:2. */
  | 'IMAGE_DIMENSIONS_UNSUPPORTED'
  /** Not JPEG, PNG or WebP. */
  | 'IMAGE_FORMAT_UNSUPPORTED'
  /** Neither an http(s) URL nor an image data URL. */
  | 'IMAGE_INVALID'
  /** Larger than 20 MB. */
  | 'IMAGE_TOO_LARGE'
  /** MiniMax could not fetch the image from this address. */
  | 'IMAGE_URL_NOT_PUBLIC'
  /** The model takes no last frame. */
  | 'LAST_FRAME_NOT_SUPPORTED'
  /** The model speaks MiniMax's second API generation, which this service does not. */
  | 'MODEL_NOT_SUPPORTED_YET'
  /** No such model; `videoModels` lists them. */
  | 'MODEL_UNKNOWN'
  /** The model cannot make a video from this combination of images. */
  | 'MODE_NOT_SUPPORTED'
  /** Text-to-video needs a prompt; a blank one is refused in every mode. */
  | 'PROMPT_REQUIRED'
  /** More than 2000 characters. */
  | 'PROMPT_TOO_LONG'
  /** The model does not offer this resolution in this mode. */
  | 'RESOLUTION_NOT_SUPPORTED'
  /** Not exactly one subject of type `character` with exactly one image. */
  | 'SUBJECT_INVALID'
  /** The model takes no subject reference. */
  | 'SUBJECT_NOT_SUPPORTED'
  /** The model needs `subjectReference`. */
  | 'SUBJECT_REQUIRED'
  /** The task belongs to another generation. */
  | 'TASK_ATTACHED_ELSEWHERE'
  /** Not the form of MiniMax's task ids. */
  | 'TASK_ID_INVALID'
  /** The generation is not in a status that allows this. */
  | 'WRONG_STATUS';

/** Which generations. Within a list any value may match; all fields given must match. `and`, `or` and `not` combine filters, five levels deep at most. */
export type VideoGenerationFilter = {
  /** All of these match. */
  and?: Array<VideoGenerationFilter> | null | undefined;
  /** Created in this span. */
  createdAt?: DateTimeRangeInput | null | undefined;
  /** One of these ids. */
  id?: Array<string> | null | undefined;
  /** One of these models. */
  model?: Array<string> | null | undefined;
  /** This does not match. */
  not?: VideoGenerationFilter | null | undefined;
  /** At least one of these matches. */
  or?: Array<VideoGenerationFilter> | null | undefined;
  /** The prompt contains this text, whatever the letter case. */
  promptContains?: string | null | undefined;
  /** One of these statuses. */
  status?: Array<VideoGenerationStatus> | null | undefined;
  /** MiniMax's latest status code is one of these, e.g. 1026. */
  statusCode?: Array<number> | null | undefined;
  /** One of these ids of MiniMax's. */
  taskId?: Array<string> | null | undefined;
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

/** Where a generation stands. SUCCEEDED, FAILED and CANCELLED are final. */
export type VideoGenerationStatus =
  /** Withdrawn before anything was sent. */
  | 'CANCELLED'
  /** Ended without a video: see `failure`. */
  | 'FAILED'
  /** Accepted by MiniMax, which is working on it. `upstreamStatus` has its own word, `stalledAt` tells when it takes too long. */
  | 'PROCESSING'
  /** Stored and waiting to be sent to MiniMax, for the first time or again after a surely unaccepted try. */
  | 'QUEUED'
  /** Being sent to MiniMax right now. */
  | 'SUBMITTING'
  /** The video is ready: see `videoUrl`. */
  | 'SUCCEEDED'
  /** Nobody knows whether MiniMax accepted the request, e.g. because the connection broke after sending. It is never sent again by itself, since that could cost twice. */
  | 'UNCERTAIN';

/** What the video is made from. The images of a request select it. */
export type VideoMode =
  /** A last frame (`lastFrameImage`), usually with a first one. */
  | 'FIRST_AND_LAST_FRAME'
  /** A first frame (`firstFrameImage`) and a prompt. */
  | 'IMAGE_TO_VIDEO'
  /** A face to keep (`subjectReference`). */
  | 'SUBJECT_REFERENCE'
  /** The prompt alone. */
  | 'TEXT_TO_VIDEO';

/** Something in a request that is allowed but probably not meant. */
export type WarningCode =
  /** The model is not documented to follow camera commands. */
  | 'CAMERA_COMMANDS_NOT_SUPPORTED'
  /** `fastPretreatment` does nothing when the prompt optimizer is off. */
  | 'FAST_PRETREATMENT_WITHOUT_OPTIMIZER'
  /** MiniMax publishes no price for this. */
  | 'PRICE_UNKNOWN'
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


export type CreateVideoGenerationMutation = { createVideoGeneration: { replayed: boolean, generation: { taskId: string | null, id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, listPrice: { amount: string, currency: string } | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }> } };

export type GenerationCardFragment = { id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null };

export type FailureDetailsFragment = { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null };

export type EventDetailsFragment = { id: string, sequence: number | null, occurredAt: string, action: AuditAction, httpStatus: number | null, latencyMs: number | null, upstreamCode: number | null, upstreamMessage: string | null, traceId: string | null, requestId: string | null };

export type UserErrorDetailsFragment = { field: Array<string>, code: UserErrorCode, message: string };

export type PriceFragment = { amount: string, currency: string };

export type GenerationUpdatedSubscriptionVariables = Exact<{
  id: string;
}>;


export type GenerationUpdatedSubscription = { generationUpdated: { upstreamStatus: string | null, nextAttemptAt: string | null, stalledAt: string | null, id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null } };

export type GenerationQueryVariables = Exact<{
  id: string;
}>;


export type GenerationQuery = { generation: { promptOptimizer: boolean, fastPretreatment: boolean | null, aigcWatermark: boolean | null, firstFrameImage: string | null, lastFrameImage: string | null, subjectImage: string | null, taskId: string | null, fileId: string | null, traceId: string | null, upstreamStatus: string | null, statusCode: number | null, statusMessage: string | null, idempotencyKey: string | null, retryOfId: string | null, attempts: number, nextAttemptAt: string | null, submittedAt: string | null, completedAt: string | null, stalledAt: string | null, id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, listPrice: { amount: string, currency: string } | null, events: Array<{ id: string, sequence: number | null, occurredAt: string, action: AuditAction, httpStatus: number | null, latencyMs: number | null, upstreamCode: number | null, upstreamMessage: string | null, traceId: string | null, requestId: string | null }>, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null } | null };

export type GenerationsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: VideoGenerationFilter | null | undefined;
  orderBy?: VideoGenerationOrder | null | undefined;
}>;


export type GenerationsQuery = { generations: { totalCount: number, totalCountIsExact: boolean, nodes: Array<{ id: string, status: VideoGenerationStatus, version: number, createdAt: string, updatedAt: string, model: string, prompt: string | null, duration: number | null, resolution: string | null, simulated: boolean, videoUrl: string | null, videoUrlExpiresAt: string | null, videoWidth: number | null, videoHeight: number | null, failure: { kind: FailureKind, message: string, retryable: boolean, upstreamCode: number | null, upstreamMessage: string | null } | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type ValidateVideoGenerationQueryVariables = Exact<{
  input: CreateVideoGenerationInput;
}>;


export type ValidateVideoGenerationQuery = { validateVideoGeneration: { valid: boolean, mode: VideoMode, resolution: string | null, duration: number | null, priceListedOn: string | null, estimatedPrice: { amount: string, currency: string } | null, userErrors: Array<{ field: Array<string>, code: UserErrorCode, message: string }>, warnings: Array<{ field: Array<string>, code: WarningCode, message: string }> } };

export type VideoModelsQueryVariables = Exact<{ [key: string]: never; }>;


export type VideoModelsQuery = { videoModels: Array<{ name: string, modes: Array<{ mode: VideoMode, requiredImages: Array<string>, defaultResolution: string | null, defaultDuration: number | null, fastPretreatment: boolean, outputs: Array<{ resolution: string, durations: Array<number> }> }>, cameraCommands: Array<{ name: string, chinaName: string }>, prices: Array<{ resolution: string, duration: number, listedOn: string, amounts: Array<{ amount: string, currency: string }> }> }> };

export const FailureDetailsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FailureDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"GenerationFailure"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamCode"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamMessage"}}]}}]} as unknown as DocumentNode<FailureDetailsFragment, unknown>;
export const GenerationCardFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"GenerationCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VideoGeneration"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"model"}},{"kind":"Field","name":{"kind":"Name","value":"prompt"}},{"kind":"Field","name":{"kind":"Name","value":"duration"}},{"kind":"Field","name":{"kind":"Name","value":"resolution"}},{"kind":"Field","name":{"kind":"Name","value":"simulated"}},{"kind":"Field","name":{"kind":"Name","value":"videoUrl"}},{"kind":"Field","name":{"kind":"Name","value":"videoUrlExpiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"videoWidth"}},{"kind":"Field","name":{"kind":"Name","value":"videoHeight"}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"FailureDetails"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FailureDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"GenerationFailure"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamCode"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamMessage"}}]}}]} as unknown as DocumentNode<GenerationCardFragment, unknown>;
export const EventDetailsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AuditEvent"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sequence"}},{"kind":"Field","name":{"kind":"Name","value":"occurredAt"}},{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"httpStatus"}},{"kind":"Field","name":{"kind":"Name","value":"latencyMs"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamCode"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamMessage"}},{"kind":"Field","name":{"kind":"Name","value":"traceId"}},{"kind":"Field","name":{"kind":"Name","value":"requestId"}}]}}]} as unknown as DocumentNode<EventDetailsFragment, unknown>;
export const UserErrorDetailsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserErrorDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]} as unknown as DocumentNode<UserErrorDetailsFragment, unknown>;
export const PriceFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Price"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Money"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}}]} as unknown as DocumentNode<PriceFragment, unknown>;
export const CancelVideoGenerationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CancelVideoGeneration"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cancelVideoGeneration"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"generation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"GenerationCard"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserErrorDetails"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FailureDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"GenerationFailure"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamCode"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamMessage"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"GenerationCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VideoGeneration"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"model"}},{"kind":"Field","name":{"kind":"Name","value":"prompt"}},{"kind":"Field","name":{"kind":"Name","value":"duration"}},{"kind":"Field","name":{"kind":"Name","value":"resolution"}},{"kind":"Field","name":{"kind":"Name","value":"simulated"}},{"kind":"Field","name":{"kind":"Name","value":"videoUrl"}},{"kind":"Field","name":{"kind":"Name","value":"videoUrlExpiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"videoWidth"}},{"kind":"Field","name":{"kind":"Name","value":"videoHeight"}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"FailureDetails"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserErrorDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]} as unknown as DocumentNode<CancelVideoGenerationMutation, CancelVideoGenerationMutationVariables>;
export const RetryVideoGenerationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RetryVideoGeneration"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"retryVideoGeneration"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}},{"kind":"Argument","name":{"kind":"Name","value":"idempotencyKey"},"value":{"kind":"Variable","name":{"kind":"Name","value":"idempotencyKey"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"generation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"GenerationCard"}},{"kind":"Field","name":{"kind":"Name","value":"retryOfId"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserErrorDetails"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FailureDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"GenerationFailure"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamCode"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamMessage"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"GenerationCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VideoGeneration"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"model"}},{"kind":"Field","name":{"kind":"Name","value":"prompt"}},{"kind":"Field","name":{"kind":"Name","value":"duration"}},{"kind":"Field","name":{"kind":"Name","value":"resolution"}},{"kind":"Field","name":{"kind":"Name","value":"simulated"}},{"kind":"Field","name":{"kind":"Name","value":"videoUrl"}},{"kind":"Field","name":{"kind":"Name","value":"videoUrlExpiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"videoWidth"}},{"kind":"Field","name":{"kind":"Name","value":"videoHeight"}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"FailureDetails"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserErrorDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]} as unknown as DocumentNode<RetryVideoGenerationMutation, RetryVideoGenerationMutationVariables>;
export const RefreshVideoGenerationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RefreshVideoGeneration"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"refreshVideoGeneration"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"generation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"GenerationCard"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamStatus"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserErrorDetails"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FailureDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"GenerationFailure"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamCode"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamMessage"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"GenerationCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VideoGeneration"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"model"}},{"kind":"Field","name":{"kind":"Name","value":"prompt"}},{"kind":"Field","name":{"kind":"Name","value":"duration"}},{"kind":"Field","name":{"kind":"Name","value":"resolution"}},{"kind":"Field","name":{"kind":"Name","value":"simulated"}},{"kind":"Field","name":{"kind":"Name","value":"videoUrl"}},{"kind":"Field","name":{"kind":"Name","value":"videoUrlExpiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"videoWidth"}},{"kind":"Field","name":{"kind":"Name","value":"videoHeight"}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"FailureDetails"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserErrorDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]} as unknown as DocumentNode<RefreshVideoGenerationMutation, RefreshVideoGenerationMutationVariables>;
export const CreateVideoGenerationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateVideoGeneration"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateVideoGenerationInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createVideoGeneration"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"generation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"GenerationCard"}},{"kind":"Field","name":{"kind":"Name","value":"taskId"}},{"kind":"Field","name":{"kind":"Name","value":"listPrice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Price"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserErrorDetails"}}]}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FailureDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"GenerationFailure"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamCode"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamMessage"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"GenerationCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VideoGeneration"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"model"}},{"kind":"Field","name":{"kind":"Name","value":"prompt"}},{"kind":"Field","name":{"kind":"Name","value":"duration"}},{"kind":"Field","name":{"kind":"Name","value":"resolution"}},{"kind":"Field","name":{"kind":"Name","value":"simulated"}},{"kind":"Field","name":{"kind":"Name","value":"videoUrl"}},{"kind":"Field","name":{"kind":"Name","value":"videoUrlExpiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"videoWidth"}},{"kind":"Field","name":{"kind":"Name","value":"videoHeight"}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"FailureDetails"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Price"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Money"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserErrorDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]} as unknown as DocumentNode<CreateVideoGenerationMutation, CreateVideoGenerationMutationVariables>;
export const GenerationUpdatedDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"GenerationUpdated"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"generationUpdated"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"GenerationCard"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamStatus"}},{"kind":"Field","name":{"kind":"Name","value":"nextAttemptAt"}},{"kind":"Field","name":{"kind":"Name","value":"stalledAt"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FailureDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"GenerationFailure"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamCode"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamMessage"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"GenerationCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VideoGeneration"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"model"}},{"kind":"Field","name":{"kind":"Name","value":"prompt"}},{"kind":"Field","name":{"kind":"Name","value":"duration"}},{"kind":"Field","name":{"kind":"Name","value":"resolution"}},{"kind":"Field","name":{"kind":"Name","value":"simulated"}},{"kind":"Field","name":{"kind":"Name","value":"videoUrl"}},{"kind":"Field","name":{"kind":"Name","value":"videoUrlExpiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"videoWidth"}},{"kind":"Field","name":{"kind":"Name","value":"videoHeight"}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"FailureDetails"}}]}}]}}]} as unknown as DocumentNode<GenerationUpdatedSubscription, GenerationUpdatedSubscriptionVariables>;
export const GenerationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Generation"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"generation"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"GenerationCard"}},{"kind":"Field","name":{"kind":"Name","value":"promptOptimizer"}},{"kind":"Field","name":{"kind":"Name","value":"fastPretreatment"}},{"kind":"Field","name":{"kind":"Name","value":"aigcWatermark"}},{"kind":"Field","name":{"kind":"Name","value":"firstFrameImage"}},{"kind":"Field","name":{"kind":"Name","value":"lastFrameImage"}},{"kind":"Field","name":{"kind":"Name","value":"subjectImage"}},{"kind":"Field","name":{"kind":"Name","value":"taskId"}},{"kind":"Field","name":{"kind":"Name","value":"fileId"}},{"kind":"Field","name":{"kind":"Name","value":"traceId"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamStatus"}},{"kind":"Field","name":{"kind":"Name","value":"statusCode"}},{"kind":"Field","name":{"kind":"Name","value":"statusMessage"}},{"kind":"Field","name":{"kind":"Name","value":"idempotencyKey"}},{"kind":"Field","name":{"kind":"Name","value":"retryOfId"}},{"kind":"Field","name":{"kind":"Name","value":"attempts"}},{"kind":"Field","name":{"kind":"Name","value":"nextAttemptAt"}},{"kind":"Field","name":{"kind":"Name","value":"submittedAt"}},{"kind":"Field","name":{"kind":"Name","value":"completedAt"}},{"kind":"Field","name":{"kind":"Name","value":"stalledAt"}},{"kind":"Field","name":{"kind":"Name","value":"listPrice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Price"}}]}},{"kind":"Field","name":{"kind":"Name","value":"events"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"EventDetails"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FailureDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"GenerationFailure"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamCode"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamMessage"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"GenerationCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VideoGeneration"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"model"}},{"kind":"Field","name":{"kind":"Name","value":"prompt"}},{"kind":"Field","name":{"kind":"Name","value":"duration"}},{"kind":"Field","name":{"kind":"Name","value":"resolution"}},{"kind":"Field","name":{"kind":"Name","value":"simulated"}},{"kind":"Field","name":{"kind":"Name","value":"videoUrl"}},{"kind":"Field","name":{"kind":"Name","value":"videoUrlExpiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"videoWidth"}},{"kind":"Field","name":{"kind":"Name","value":"videoHeight"}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"FailureDetails"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Price"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Money"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"EventDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"AuditEvent"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"sequence"}},{"kind":"Field","name":{"kind":"Name","value":"occurredAt"}},{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"httpStatus"}},{"kind":"Field","name":{"kind":"Name","value":"latencyMs"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamCode"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamMessage"}},{"kind":"Field","name":{"kind":"Name","value":"traceId"}},{"kind":"Field","name":{"kind":"Name","value":"requestId"}}]}}]} as unknown as DocumentNode<GenerationQuery, GenerationQueryVariables>;
export const GenerationsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Generations"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"VideoGenerationFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"VideoGenerationOrder"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"generations"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"GenerationCard"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}},{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"totalCountIsExact"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FailureDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"GenerationFailure"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamCode"}},{"kind":"Field","name":{"kind":"Name","value":"upstreamMessage"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"GenerationCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"VideoGeneration"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"model"}},{"kind":"Field","name":{"kind":"Name","value":"prompt"}},{"kind":"Field","name":{"kind":"Name","value":"duration"}},{"kind":"Field","name":{"kind":"Name","value":"resolution"}},{"kind":"Field","name":{"kind":"Name","value":"simulated"}},{"kind":"Field","name":{"kind":"Name","value":"videoUrl"}},{"kind":"Field","name":{"kind":"Name","value":"videoUrlExpiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"videoWidth"}},{"kind":"Field","name":{"kind":"Name","value":"videoHeight"}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"FailureDetails"}}]}}]}}]} as unknown as DocumentNode<GenerationsQuery, GenerationsQueryVariables>;
export const ValidateVideoGenerationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ValidateVideoGeneration"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateVideoGenerationInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"validateVideoGeneration"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"valid"}},{"kind":"Field","name":{"kind":"Name","value":"mode"}},{"kind":"Field","name":{"kind":"Name","value":"resolution"}},{"kind":"Field","name":{"kind":"Name","value":"duration"}},{"kind":"Field","name":{"kind":"Name","value":"estimatedPrice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Price"}}]}},{"kind":"Field","name":{"kind":"Name","value":"priceListedOn"}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserErrorDetails"}}]}},{"kind":"Field","name":{"kind":"Name","value":"warnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Price"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Money"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserErrorDetails"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]} as unknown as DocumentNode<ValidateVideoGenerationQuery, ValidateVideoGenerationQueryVariables>;
export const VideoModelsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"VideoModels"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"videoModels"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"modes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"mode"}},{"kind":"Field","name":{"kind":"Name","value":"requiredImages"}},{"kind":"Field","name":{"kind":"Name","value":"defaultResolution"}},{"kind":"Field","name":{"kind":"Name","value":"defaultDuration"}},{"kind":"Field","name":{"kind":"Name","value":"fastPretreatment"}},{"kind":"Field","name":{"kind":"Name","value":"outputs"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"resolution"}},{"kind":"Field","name":{"kind":"Name","value":"durations"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"cameraCommands"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"chinaName"}}]}},{"kind":"Field","name":{"kind":"Name","value":"prices"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"resolution"}},{"kind":"Field","name":{"kind":"Name","value":"duration"}},{"kind":"Field","name":{"kind":"Name","value":"listedOn"}},{"kind":"Field","name":{"kind":"Name","value":"amounts"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Price"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Price"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Money"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"amount"}},{"kind":"Field","name":{"kind":"Name","value":"currency"}}]}}]} as unknown as DocumentNode<VideoModelsQuery, VideoModelsQueryVariables>;
import type { NewEvent } from '../audit/events.ts';
import type {
  AuditEvent,
  Prisma,
  VideoGeneration,
  VideoGenerationStatus as Status,
} from '../database/generated/client.ts';

export type { AuditEvent, VideoGeneration };

/** A generation whose lease this server holds. */
export type LeasedGeneration = VideoGeneration & { leaseToken: string };

/** The request's columns; where it stands is the store's own business. */
export type NewGeneration = Pick<
  Prisma.VideoGenerationUncheckedCreateInput,
  | 'id'
  | 'callerId'
  | 'tenant'
  | 'idempotencyKey'
  | 'inputHash'
  | 'requestSalt'
  | 'retryOfId'
  | 'kind'
  | 'sourceId'
  | 'sourceTaskId'
  | 'baseVideo'
  | 'callbackToken'
  | 'simulated'
  | 'model'
  | 'prompt'
  | 'duration'
  | 'resolution'
  | 'promptOptimizer'
  | 'fastPretreatment'
  | 'aigcWatermark'
  | 'firstFrameImage'
  | 'lastFrameImage'
  | 'subjectImage'
  | 'apiGeneration'
  | 'aspectRatio'
  | 'promptExpansion'
  | 'inputImageBytes'
  | 'webhookUrl'
  | 'keepForDays'
> & {
  tags: string[];
  referenceImages: string[];
  referenceVideos: string[];
  referenceAudios: string[];
  listPriceUsd: Prisma.Decimal | number | string | null;
};

/** Columns that a change may set; status, version and lease are the store's own business. */
export type Patch = Partial<
  Omit<
    VideoGeneration,
    | 'id'
    | 'usageCostUsd'
    | 'status'
    | 'version'
    | 'leaseToken'
    | 'leasedUntil'
    | 'claimSpeaks'
    | 'incarnation'
    | 'createdAt'
    | 'updatedAt'
  > & { usageCostUsd: string | null }
>;

export interface Move {
  to: Status;
  patch: Patch;
  event: NewEvent;
  /** Of the generation, which it is made for; left out: any. */
  version?: number;
  /** The names under which it is done once (recent-keys.ts). */
  keys?: readonly string[];
}

/** An account of MiniMax's, as the records of submissions name it. */
export interface NamedAccount {
  id: string;
  name: string;
}

/** A task that a person found, and what made it. */
export interface FoundTask {
  taskId: string;
  /** The submission, when the person knows it. */
  submissionId: string | null;
  /** The account that sends, for what no record tells. */
  account: NamedAccount;
}

/** What a person found out about what was sent for a generation. */
export interface Settlement {
  settledBy: string;
  /** Null when MiniMax accepted nothing. */
  found: FoundTask | null;
}

import type { Exchange } from './exchange.ts';
import type { TaskKind } from './model.ts';
import type { StoredMedia } from './stored-media.ts';

/** A URL, a data URL, or bytes that become one as they are sent. */
export type SubmitFile = string | StoredMedia;

/** What a generation is asked for with, in either API generation. */
export interface SubmitRequest {
  /** Left out: a new video. */
  kind?: TaskKind;
  model: string;
  prompt?: string | null;
  firstFrameImage?: SubmitFile | null;
  lastFrameImage?: SubmitFile | null;
  subjectImage?: SubmitFile | null;
  referenceImages?: readonly SubmitFile[] | null;
  referenceVideos?: readonly SubmitFile[] | null;
  referenceAudios?: readonly SubmitFile[] | null;
  aspectRatio?: string | null;
  promptExpansion?: string | null;
  promptOptimizer?: boolean | null;
  fastPretreatment?: boolean | null;
  duration?: number | null;
  resolution?: string | null;
  callbackUrl?: string | null;
  aigcWatermark?: boolean | null;
  /** The task whose video is made anew; without it the inputs are given, and the video. */
  sourceTaskId?: string | null;
  /** Its URL. */
  baseVideo?: string | null;
}

export interface SubmitAnswer extends Exchange {
  taskId: string;
}

/** A submission that is put together and may be sent once. */
export interface PreparedSubmission {
  /** SHA-256 of the body, in hexadecimal. */
  bodyHash: string;
  send(leave: Leave): Promise<SubmitAnswer>;
}

/** What is asked while a request leaves, so that nothing does whose time has passed. */
export interface Leave {
  /** When the connection is there; false ends it before anything is sent, as `unreachable`. */
  mayLeave: () => boolean;
  /** Before each piece of the body; false ends it as one that was not sent as a whole. */
  mayGoOn: () => Promise<boolean>;
}

export const anyTime: Leave = { mayLeave: () => true, mayGoOn: () => Promise.resolve(true) };

/** `cancelled` of the second generation alone: while it was queued, and not charged (V2 §5). */
export type TaskState =
  'preparing' | 'queueing' | 'processing' | 'success' | 'fail' | 'cancelled' | 'unknown';

export interface TaskAnswer extends Exchange {
  state: TaskState;
  /** The word as MiniMax spelled it. */
  statusWord: string;
  fileId: string | null;
  videoWidth: number | null;
  videoHeight: number | null;
  /** Of the first generation only from proxies that nest the file in the query answer (wire contract §6). */
  downloadUrl: string | null;
  /** What MiniMax says it metered, as it came; null where it says nothing. Only of the second generation. */
  usage: Usage | null;
  /** What MiniMax made of a prompt (V2 §8); null of videos. Only of the second generation. */
  enhancedPrompt: string | null;
}

/** By MiniMax's own names, mostly numbers (V2 §9): what can be read of it is in upstream/cost.ts. */
export type Usage = Readonly<Record<string, UsageValue>>;
export type UsageValue =
  | string
  | number
  | boolean
  | null
  | readonly UsageValue[]
  | { readonly [name: string]: UsageValue };

/** A task as the list of the second generation tells of it (V2 §4): without prompt, and null what it leaves out. */
export interface ListedTask {
  taskId: string;
  createdAt: Date;
  model: string | null;
  /** As MiniMax spelled it. */
  statusWord: string;
  resolution: string | null;
  /** In seconds. */
  duration: number | null;
  /** As asked for, or as it was made. */
  aspectRatio: string | null;
  taskType: string | null;
  /** Null as long as MiniMax has not counted them. */
  images: number | null;
}

/** The tasks of an account since a moment; not whole where there are more than are read. */
export interface TaskList {
  tasks: ListedTask[];
  isWhole: boolean;
}

/** What became of a task that was to go (V2 §5): one that had ended is deleted. */
export interface RemovalAnswer extends Exchange {
  action: 'cancelled' | 'deleted';
}

/** What following a task needs of a client of either API generation. */
export interface TaskClient {
  /** Puts a submission together, which costs money when it is sent. */
  prepare(request: SubmitRequest): Promise<PreparedSubmission>;
  /** How the task stands. A failed task is an answer here; a failed query is an error. */
  queryTask(taskId: string): Promise<TaskAnswer>;
}

/** A form with a file, as it came; it may be sent once. */
export interface UploadBody {
  /** Of the whole form, with its boundary. */
  contentType: string;
  /** In bytes, of the whole form. */
  length: number;
  /** Throws when the form turns out to be none that may be sent; the last piece comes only when it is. */
  pieces(): AsyncIterable<Buffer>;
  /** Of the file alone, when the last piece has come. */
  fileBytes(): number;
}

/** A file that MiniMax took (V2 §2.4). */
export interface UploadAnswer extends Exchange {
  fileId: string;
  /** Null where MiniMax does not say. */
  bytes: number | null;
  /** Unix seconds. */
  createdAt: number | null;
  filename: string | null;
}

export interface FileAnswer extends Exchange {
  /** Pre-signed: never to be logged, and never to be fetched with the key. */
  downloadUrl: string;
  /** Null where the link does not say. */
  expiresAt: Date | null;
  /** Null when MiniMax says 0, which means unknown. */
  bytes: number | null;
  filename: string | null;
}

/** Amounts as MiniMax writes them, e.g. `12.50`; null where it says nothing. */
export interface BalanceAnswer extends Exchange {
  available: string;
  cash: string | null;
  voucher: string | null;
  credit: string | null;
  owed: string | null;
}

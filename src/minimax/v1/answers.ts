import type { Exchange } from '../exchange.ts';
import type { StoredImage } from '../images.ts';

/** A URL, a data URL, or bytes that become one as they are sent. */
export type SubmitImage = string | StoredImage;

/** What a generation is asked for with. */
export interface SubmitRequest {
  model: string;
  prompt?: string | null;
  firstFrameImage?: SubmitImage | null;
  lastFrameImage?: SubmitImage | null;
  subjectImage?: SubmitImage | null;
  promptOptimizer?: boolean | null;
  fastPretreatment?: boolean | null;
  duration?: number | null;
  resolution?: string | null;
  callbackUrl?: string | null;
  aigcWatermark?: boolean | null;
}

export interface SubmitAnswer extends Exchange {
  taskId: string;
}

export type TaskState = 'preparing' | 'queueing' | 'processing' | 'success' | 'fail' | 'unknown';

export interface TaskAnswer extends Exchange {
  state: TaskState;
  /** The word as MiniMax spelled it. */
  statusWord: string;
  fileId: string | null;
  videoWidth: number | null;
  videoHeight: number | null;
  /** Only from proxies that nest the file in the query answer (wire contract §6). */
  downloadUrl: string | null;
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

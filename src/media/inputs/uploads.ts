import { actorOf, type Requester } from '../../audit/events.ts';
import type { AuditLog } from '../../audit/log.ts';
import type { Keeping, StoredInputs } from './stored-inputs.ts';

export interface UploadsOptions {
  inputs: StoredInputs;
  audit: AuditLog;
}

/** What callers upload, to refer to it later. */
export class Uploads {
  readonly #options: UploadsOptions;

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  /** Stores and measures a file, and records who sent it. */
  async take(source: AsyncIterable<Uint8Array>, requester: Requester): Promise<Keeping> {
    const { inputs, audit } = this.#options;
    const kept = await inputs.take(source, requester.caller);
    if (kept.object) {
      const { id: objectId, bytes, contentType, sha256 } = kept.object;
      const detail = { bytes, contentType, sha256 };
      await audit.record({ action: 'MEDIA_UPLOADED', objectId, actor: actorOf(requester), detail });
    }
    return kept;
  }
}

import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  S3ServiceException,
  type MultipartUpload,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Logger } from '../logger.ts';
import { StorageError } from './storage.ts';

export interface UnfinishedUploadsOptions {
  client: S3Client;
  bucket: string;
  log: Pick<Logger, 'warn'>;
}

/** What was begun to be put into a bucket in parts: its parts lie there, and are not to be seen. */
export class UnfinishedUploads {
  readonly #options: UnfinishedUploadsOptions;
  #canList = true;
  #isTold = false;

  constructor(options: UnfinishedUploadsOptions) {
    this.#options = options;
  }

  /**
   * Ends those under keys with this prefix that `which` picks; whoever is still at it fails. Does nothing
   * where the bucket cannot list them, or may not for these keys: that is told once.
   */
  async end(Prefix: string, which: (upload: MultipartUpload) => boolean): Promise<void> {
    const { client, bucket: Bucket } = this.#options;
    let from: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
    while (this.#canList) {
      const page = await client
        .send(new ListMultipartUploadsCommand({ Bucket, Prefix, ...from }))
        .catch((error: unknown) => this.#giveUp(error));
      if (page === null) return;
      for (const { Key, UploadId } of (page.Uploads ?? []).filter(which)) {
        const abort = new AbortMultipartUploadCommand({ Bucket, Key, UploadId });
        await client.send(abort).catch(unlessEnded);
      }
      if (!page.IsTruncated || page.NextKeyMarker === undefined) return;
      from = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    }
  }

  #giveUp(error: unknown): null {
    const status = statusOf(error);
    if (status !== 501 && status !== 403) throw new StorageError(error);
    // Permissions may be given.
    this.#canList = status === 403;
    if (this.#isTold) return null;
    this.#isTold = true;
    const { bucket, log } = this.#options;
    const what = this.#canList ? 'these keys may not' : 'this bucket cannot';
    const advice = 'let a lifecycle rule of the bucket end them after a day';
    log.warn({ bucket }, `${what} list unfinished uploads: ${advice}`);
    return null;
  }
}

/** It may have come to its end meanwhile. */
function unlessEnded(error: unknown): void {
  if (statusOf(error) !== 404) throw new StorageError(error);
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

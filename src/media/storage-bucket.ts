import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Logger } from '../logger.ts';
import type { BucketConfig } from './config.ts';
import { contentDisposition } from './content-disposition.ts';
import {
  checkedKey,
  measured,
  NotStoredError,
  readable,
  StorageConfigError,
  StorageError,
  storageFailed,
  type ByteRange,
  type DeleteOptions,
  type ListedFile,
  type MediaStorage,
  type PresignOptions,
  type PresignPutOptions,
  type PutOptions,
  type StoredBytes,
} from './storage.ts';
import { idOfKey } from './stored-objects.ts';
import { UnfinishedUploads } from './unfinished-uploads.ts';

/** Parts are held in memory until they are stored, so that each can be sent again. The least that S3 takes; of that, 10,000. */
const partBytes = 5 * 1024 * 1024;
/** Of two, the second one's end would be told instead of why the first was not taken. */
const partsAtOnce = 1;
const attempts = 3;
const connectTimeoutMs = 5_000;
/** Until an answer begins: to a part that goes up, at 1.5 Mbit/s, or to a list; and to what somebody waits for. */
const answerTimeoutsMs = { patient: 30_000, usual: 5_000 };
/** Without a byte in either direction. Watchers who take nothing are let go before, which is no fault of the bucket. */
const idleTimeoutMs = 90_000;

/** Bytes in a bucket of S3, or of whatever speaks its protocol. */
export class BucketStorage implements MediaStorage {
  readonly id: string;
  readonly where: string;
  readonly #client: S3Client;
  /** The same for what takes longer. */
  readonly #patient: S3Client;
  readonly #config: BucketConfig;
  readonly #prefix: string;
  readonly #unfinished: UnfinishedUploads;

  private constructor(
    config: BucketConfig,
    clients: { usual: S3Client; patient: S3Client },
    log: Pick<Logger, 'warn'>,
  ) {
    this.#config = config;
    this.#client = clients.usual;
    this.#patient = clients.patient;
    const { bucket } = config;
    this.#unfinished = new UnfinishedUploads({ client: clients.patient, bucket, log });
    this.#prefix = config.prefix === '' ? '' : `${config.prefix}/`;
    this.id = `bucket:${config.bucket}/${config.prefix}`;
    this.where = `the bucket ${config.bucket}${config.prefix && ` under ${config.prefix}`}`;
  }

  /**
   * Throws a StorageConfigError when the bucket is not there or not for these keys. A server that does
   * not answer for now is no reason not to start: what is to be stored waits for it.
   */
  static async open(
    config: BucketConfig,
    log: Pick<Logger, 'warn'>,
    timeoutsMs = answerTimeoutsMs,
  ): Promise<BucketStorage> {
    const client = clientOf(config, timeoutsMs.usual);
    try {
      await client.send(new HeadBucketCommand({ Bucket: config.bucket }));
    } catch (error) {
      const problem = configProblem(error, config);
      if (problem !== null) {
        client.destroy();
        throw new StorageConfigError(problem, { cause: error });
      }
      log.warn({ error, bucket: config.bucket }, 'the bucket for media does not answer for now');
    }
    const clients = { usual: client, patient: clientOf(config, timeoutsMs.patient) };
    return new BucketStorage(config, clients, log);
  }

  async put(
    key: string,
    source: AsyncIterable<Uint8Array>,
    options: PutOptions,
  ): Promise<StoredBytes> {
    const { chunks, seen, failure } = measured(source, options);
    const body = Readable.from(chunks, { objectMode: false });
    const upload = new Upload({
      client: this.#patient,
      params: {
        ...this.#at(key),
        ...{ Body: body, ContentType: options.contentType },
        ...this.#encryption(),
      },
      ...{ partSize: partBytes, queueSize: partsAtOnce, leavePartsOnError: false },
    });
    const abort = () => void upload.abort();
    options.signal?.addEventListener('abort', abort, { once: true });
    try {
      await upload.done();
    } catch (error) {
      // Why it was ended, or what the source said that broke; else why the bucket did not take it.
      throw options.signal?.aborted
        ? options.signal.reason
        : (failure() ?? new StorageError(error));
    } finally {
      options.signal?.removeEventListener('abort', abort);
      body.destroy();
    }
    return seen();
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    const Range = range && `bytes=${range.start}-${range.end}`;
    try {
      const { Body } = await this.#client.send(
        new GetObjectCommand({ ...this.#at(key), ...(Range === undefined ? {} : { Range }) }),
      );
      return readable(Body as Readable);
    } catch (error) {
      throw isMissing(error) ? new NotStoredError() : new StorageError(error);
    }
  }

  async stat(key: string): Promise<{ bytes: number } | null> {
    try {
      const { ContentLength } = await this.#client.send(new HeadObjectCommand(this.#at(key)));
      return { bytes: ContentLength ?? 0 };
    } catch (error) {
      if (!isMissing(error)) throw new StorageError(error);
      // The same is said of a bucket that is gone, with all that is in it.
      const bucket = new HeadBucketCommand({ Bucket: this.#config.bucket });
      await this.#client.send(bucket).catch(storageFailed);
      return null;
    }
  }

  async delete(key: string, { alsoBegun = false }: DeleteOptions = {}): Promise<void> {
    const at = this.#at(key);
    const remove = () => this.#client.send(new DeleteObjectCommand(at)).catch(storageFailed);
    try {
      // First: what comes to its end meanwhile is there to be removed then.
      if (alsoBegun) await this.#unfinished.end(at.Key, ({ Key }) => Key === at.Key);
    } finally {
      await remove();
    }
  }

  async *list(prefix: string): AsyncIterable<ListedFile> {
    let from: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        ...{ Bucket: this.#config.bucket, Prefix: this.#prefix + prefix },
        ...(from === undefined ? {} : { ContinuationToken: from }),
      });
      const page = await this.#patient.send(command).catch(storageFailed);
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        const key = Key!.slice(this.#prefix.length);
        yield { key, bytes: Size ?? 0, writtenAt: LastModified! };
      }
      from = page.NextContinuationToken;
    } while (from !== undefined);
  }

  async presignGet(key: string, options: PresignOptions): Promise<string> {
    const { contentType, downloadName } = options;
    const command = new GetObjectCommand({
      ...{ ...this.#at(key), ResponseContentType: contentType },
      ...(downloadName && { ResponseContentDisposition: contentDisposition(downloadName) }),
    });
    return await this.#presign(command, options);
  }

  async presignPut(key: string, options: PresignPutOptions): Promise<string> {
    const { contentType, bytes } = options;
    const command = new PutObjectCommand({
      ...{ ...this.#at(key), ContentType: contentType, ContentLength: bytes },
      ...this.#encryption(),
    });
    return await this.#presign(command, options, new Set(['content-type', 'content-length']));
  }

  async #presign(
    command: GetObjectCommand | PutObjectCommand,
    { signedAt: signingDate, expiresInSeconds: expiresIn }: PresignOptions,
    signableHeaders = new Set<string>(),
  ): Promise<string> {
    const options = { signingDate, expiresIn, signableHeaders };
    return await getSignedUrl(this.#client, command, options).catch(storageFailed);
  }

  async dropUnfinished(before: Date): Promise<void> {
    await this.#unfinished.end(this.#prefix, ({ Key, Initiated }) => {
      const isOurs = idOfKey(Key!.slice(this.#prefix.length)) !== undefined;
      return isOurs && Initiated !== undefined && Initiated < before;
    });
  }

  close(): void {
    this.#client.destroy();
    this.#patient.destroy();
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#config.bucket, Key: this.#prefix + checkedKey(key) };
  }

  #encryption() {
    const { encryption } = this.#config;
    if (encryption === undefined) return {};
    const [, kind, keyId] = /^(aws:kms|AES256)(?::(.+))?$/.exec(encryption)!;
    return {
      ServerSideEncryption: kind as 'AES256' | 'aws:kms',
      ...(keyId === undefined ? {} : { SSEKMSKeyId: keyId }),
    };
  }
}

function clientOf({ endpoint, region, pathStyle, keys }: BucketConfig, requestTimeout: number) {
  return new S3Client({
    ...{ region, forcePathStyle: pathStyle, maxAttempts: attempts },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(keys === undefined ? {} : { credentials: { ...keys } }),
    // Servers other than Amazon's know no checksums behind the body.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      ...{ connectionTimeout: connectTimeoutMs, socketTimeout: idleTimeoutMs },
      // By itself it is only warned of.
      ...{ requestTimeout, throwOnRequestTimeout: true },
      // Each watcher holds one for as long as he likes; by default 50 of them leave none for anything else.
      ...{ httpAgent: { maxSockets: Infinity }, httpsAgent: { maxSockets: Infinity } },
    },
  });
}

/** What to correct, of an answer that will be the same at the next start; null of any other. */
function configProblem(error: unknown, { bucket, endpoint, region }: BucketConfig): string | null {
  const where = `${bucket} ${endpoint === undefined ? `in ${region}` : `at ${endpoint}`}`;
  const { code, name } = error as NodeJS.ErrnoException;
  if (code === 'ENOTFOUND') return `MEDIA_ENDPOINT: there is no such host (${where})`;
  if (name === 'CredentialsProviderError') {
    return 'MEDIA_ACCESS_KEY_ID and MEDIA_SECRET_ACCESS_KEY are not set, and nothing else gives keys for MEDIA_BUCKET';
  }
  if (!(error instanceof S3ServiceException)) return null;
  const status = error.$metadata.httpStatusCode;
  if (status === 301 || status === 400)
    return `MEDIA_REGION or MEDIA_PATH_STYLE does not fit the bucket ${where}`;
  if (status === 401 || status === 403)
    return `MEDIA_ACCESS_KEY_ID and MEDIA_SECRET_ACCESS_KEY may not use the bucket ${where}`;
  if (status !== 404) return null;
  return `MEDIA_BUCKET: there is no bucket ${where}; with most servers other than Amazon's MEDIA_PATH_STYLE must be on`;
}

function isMissing(error: unknown): boolean {
  if (!(error instanceof S3ServiceException) || error.name === 'NoSuchBucket') return false;
  return error.$metadata.httpStatusCode === 404;
}

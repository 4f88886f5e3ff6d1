import type { AuditLog } from '../audit/log.ts';
import type { Database } from '../database/database.ts';
import type { VideoGeneration } from '../generation/generation.ts';
import type { Logger } from '../logger.ts';
import { MinimaxError } from '../minimax/errors.ts';
import type { StoredMedia } from '../minimax/stored-media.ts';
import type { Account } from '../upstream/accounts.ts';
import { StoredForm } from './stored-form.ts';

export interface SentFilesOptions {
  database: Pick<Database, 'prisma'>;
  audit: AuditLog;
  log: Logger;
  now: () => Date;
  /** The account that sends. */
  account: Account;
}

/** Smaller ones go with the request itself: another call would take longer. */
const largeBytes = 1024 * 1024;

/** MiniMax keeps an upload for seven days (V2 §2.4), and may look at it as long as the task waits. */
const reusedForMs = 6 * 24 * 3_600_000;

/** Large stored files that went up to MiniMax: each once, for as long as MiniMax keeps it there. */
export class SentFiles {
  readonly #options: SentFilesOptions;

  constructor(options: SentFilesOptions) {
    this.#options = options;
  }

  /**
   * How a submission of the second generation names a file: `mm_file://…` of a large one, which goes up
   * first unless it lies there. The file itself when it is small, or when MiniMax does not take it now:
   * then it goes with the request.
   */
  async handOver(file: StoredMedia, generation: VideoGeneration): Promise<StoredMedia | string> {
    const { database, audit, log, now, account } = this.#options;
    const { objectId } = file;
    if (file.length < largeBytes || objectId === null) return file;
    const since = new Date(now().getTime() - reusedForMs);
    const known = await database.prisma.uploadedFile.findFirst({
      where: { accountId: account.id, objectId, createdAt: { gt: since } },
    });
    if (known) return nameOf(known.fileId);
    try {
      const { fileId } = await account.second.upload(new StoredForm(file));
      const { callerId, tenant } = generation;
      const data = { callerId, tenant, bytes: file.length, objectId, createdAt: now() };
      const id = { accountId: account.id, fileId };
      await database.prisma.$transaction(async (tx) => {
        await tx.uploadedFile.createMany({ data: { ...id, ...data }, skipDuplicates: true });
        const detail = { bytes: file.length, accountId: account.id, mediaId: objectId };
        await audit.record({ action: 'FILE_UPLOADED', objectId: fileId, detail }, tx);
      });
      return nameOf(fileId);
    } catch (error) {
      if (!(error instanceof MinimaxError)) throw error;
      log.warn(
        { generationId: generation.id, error },
        'MiniMax took no file beforehand: it goes with the request',
      );
      return file;
    }
  }
}

function nameOf(fileId: string): string {
  return `mm_file://${fileId}`;
}

import { may, visibleTo } from '../access/permissions.ts';
import { actorOf, type Requester } from '../audit/events.ts';
import type { AuditLog } from '../audit/log.ts';
import type { Database } from '../database/database.ts';
import type { UserError } from '../generation/user-errors.ts';
import type { Caller } from '../graphql/caller.ts';
import type { Logger } from '../logger.ts';
import type { UploadAnswer, UploadBody } from '../minimax/answers.ts';
import { fileIdOf } from '../minimax/check-image.ts';
import { MinimaxError } from '../minimax/errors.ts';
import type { Account } from '../upstream/accounts.ts';
import type { RequestInput } from '../upstream/check-request.ts';

export interface UploadedFilesOptions {
  database: Pick<Database, 'prisma' | 'slow'>;
  audit: AuditLog;
  log: Logger;
  now: () => Date;
  /** The account that sends. */
  account: Account;
}

/** MiniMax keeps an upload for so long (V2 §2.4). */
const keptForMs = 7 * 24 * 3_600_000;

/** The files that callers uploaded to MiniMax through this service: whose each is, and nothing of what is in it. */
export class UploadedFiles {
  readonly #options: UploadedFilesOptions;

  constructor(options: UploadedFilesOptions) {
    this.#options = options;
  }

  /** Sends a file on to MiniMax and keeps whose it is. Throws a MinimaxError when MiniMax does not take it. */
  async upload(body: UploadBody, requester: Requester): Promise<UploadAnswer> {
    const { database, audit, now, account } = this.#options;
    const answer = await account.second.upload(body);
    const { fileId } = answer;
    const { id: callerId, tenant } = requester.caller;
    const bytes = body.fileBytes();
    await database.prisma.$transaction(async (tx) => {
      const id = { accountId: account.id, fileId };
      // An id that was given before is that of an equal file.
      const given = await tx.uploadedFile.updateMany({
        where: { ...id, ...visibleTo(requester.caller) },
        data: { createdAt: now() },
      });
      if (given.count === 0) {
        const data = { ...id, createdAt: now(), callerId, tenant, bytes };
        // Somebody else's it stays.
        const made = await tx.uploadedFile.createMany({ data, skipDuplicates: true });
        if (made.count === 0) throw notOwn();
      }
      const detail = { bytes, accountId: account.id };
      const actor = actorOf(requester);
      await audit.record({ action: 'FILE_UPLOADED', objectId: fileId, actor, detail }, tx);
    });
    return answer;
  }

  /**
   * What is wrong with the files that a request refers to: a caller may name its own and its
   * tenant's, uploads of the last seven days and videos that were made; an admin any.
   */
  async problems(input: RequestInput, caller: Caller): Promise<UserError[]> {
    const references = referencesOf(input);
    if (references.length === 0 || may(caller, 'administer')) return [];
    const known = await this.#known(
      references.map(({ fileId }) => fileId),
      caller,
    );
    return references
      .filter(({ fileId }) => !known.has(fileId))
      .map(({ field, fileId }) => {
        const message = `There is no file ${fileId} of yours at MiniMax: uploads are kept for 7 days, and belong to the account that they were made with. Upload it at /minimax/v1/files/upload.`;
        return { field, code: 'FILE_NOT_FOUND', message };
      });
  }

  async #known(fileIds: string[], caller: Caller): Promise<Set<string | null>> {
    const { database, now, account } = this.#options;
    const { prisma } = database;
    const fileId = { in: fileIds };
    const createdAt = { gt: new Date(now().getTime() - keptForMs) };
    const where = { fileId, accountId: account.id, ...visibleTo(caller) };
    const [uploads, videos] = await Promise.all([
      prisma.uploadedFile.findMany({ where: { ...where, createdAt }, select: { fileId: true } }),
      prisma.videoGeneration.findMany({ where, select: { fileId: true } }),
    ]);
    return new Set([...uploads, ...videos].map((row) => row.fileId));
  }

  /** Forgets those that MiniMax no longer has. */
  async dropOld(): Promise<void> {
    const { database, log, now } = this.#options;
    try {
      const before = new Date(now().getTime() - keptForMs);
      await database.slow.prisma.uploadedFile.deleteMany({ where: { createdAt: { lt: before } } });
    } catch (error) {
      log.warn({ error }, 'old uploads could not be forgotten; trying again in an hour');
    }
  }
}

function notOwn(): MinimaxError {
  return new MinimaxError('MiniMax gave the file an id that it had given before.', {
    ...{ kind: 'refused', failureKind: 'UNKNOWN', latencyMs: 0 },
  });
}

/** The files at MiniMax that a request refers to, and where. */
function referencesOf(input: RequestInput): { field: string[]; fileId: string }[] {
  const single = (['firstFrameImage', 'lastFrameImage'] as const).map(
    (field) => [[field], input[field]] as const,
  );
  const images = (input.referenceImages ?? []).map(
    (url, index) => [['referenceImages', String(index)], url] as const,
  );
  const clips = (['referenceVideos', 'referenceAudios'] as const).flatMap((field) =>
    (input[field] ?? []).map(({ url }, index) => [[field, String(index), 'url'], url] as const),
  );
  return [...single, ...images, ...clips].flatMap(([field, url]) => {
    const fileId = url == null ? null : fileIdOf(url.trim());
    return fileId === null ? [] : [{ field: [...field], fileId }];
  });
}

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { v7 as uuidV7 } from 'uuid';
import { actorOf, shownFilter, type Actor, type Requester } from '../audit/events.ts';
import type { AuditEventFilter } from '../audit/graphql-types.ts';
import type { AuditLog } from '../audit/log.ts';
import type { Database } from '../database/database.ts';
import type { Export, Prisma } from '../database/generated/client.ts';
import type { VideoGenerationFilter } from '../generation/api/filter-types.ts';
import type { Caller } from '../graphql/caller.ts';
import { isId } from '../graphql/ids.ts';
import type { Logger } from '../logger.ts';
import type { FormatName } from './formats.ts';
import { eventSource, generationSource, type Source } from './rows.ts';

export type { Export };

export interface ExportsOptions {
  database: Pick<Database, 'prisma' | 'pool' | 'slow'>;
  audit: AuditLog;
  log: Logger;
  now: () => Date;
  /** Whether a caller that was let in some minutes ago would be let in now. */
  admitsStill: (caller: Caller) => Promise<boolean>;
}

/** What an export is of, with the conditions on it. */
export type Wanted =
  | { what: 'GENERATIONS'; filter: VideoGenerationFilter }
  | { what: 'AUDIT_EVENTS'; filter: AuditEventFilter };

const usableForMs = 15 * 60_000;

/** So long an expired one says so; afterwards it is as if it had never been. */
const keptForMs = 24 * 3_600_000;

/** The exports that were asked for: what each is of, for whom, and the token that opens it. */
export class Exports {
  readonly #options: ExportsOptions;

  constructor(options: ExportsOptions) {
    this.#options = options;
  }

  /** Stores an export and its event. Only the token's hash is kept: 192 random bits need no salt. */
  async request(
    wanted: Wanted,
    format: FormatName,
    requester: Requester,
  ): Promise<{ stored: Export; token: string }> {
    const { audit, now } = this.#options;
    const { prisma } = this.#options.database;
    const { caller } = requester;
    // Refuses a filter that cannot be read.
    this.#source(wanted, caller);
    const token = randomBytes(24).toString('base64url');
    const createdAt = now();
    const { what, filter } = wanted;
    const stored = await prisma.$transaction(async (tx) => {
      const row = await tx.export.create({
        data: {
          id: uuidV7({ msecs: createdAt.getTime() }),
          createdAt,
          expiresAt: new Date(createdAt.getTime() + usableForMs),
          tokenHash: hashOf(token).toString('hex'),
          callerId: caller.id,
          callerKind: caller.kind,
          role: caller.role,
          tenant: caller.tenant,
          apiKeyId: caller.apiKeyId ?? null,
          what,
          format,
          filter: JSON.parse(JSON.stringify(filter)) as Prisma.InputJsonObject,
        },
      });
      const detail = { exportId: row.id, what, format, filter: shownFilter(filter) };
      await audit.record({ action: 'EXPORT_REQUESTED', actor: actorOf(requester), detail }, tx);
      return row;
    });
    return { stored, token };
  }

  /**
   * The export that id and token open; null when there is none, or the token is another one's.
   * With the right token an export that has expired, or whose caller would not be let in any more,
   * is `ended`.
   */
  async open(id: string, token: string): Promise<Export | 'ended' | null> {
    const { now, admitsStill } = this.#options;
    const { prisma } = this.#options.database;
    const found = isId(id) ? await prisma.export.findUnique({ where: { id } }) : null;
    if (!found || !timingSafeEqual(hashOf(token), Buffer.from(found.tokenHash, 'hex'))) return null;
    return found.expiresAt > now() && (await admitsStill(callerOf(found))) ? found : 'ended';
  }

  /** What the export is of, as its caller may see it now. */
  sourceOf(stored: Export): Source {
    const wanted = { what: stored.what, filter: readFilter(stored.filter) } as Wanted;
    return this.#source(wanted, callerOf(stored));
  }

  /** Records that somebody, from wherever, fetched it; by the caller who had asked for it. */
  async recordDownload(
    { id: exportId, what, format, callerId, callerKind }: Export,
    { ip, userAgent, requestId }: Pick<Actor, 'ip' | 'userAgent' | 'requestId'>,
    { rows, completed }: { rows: number; completed: boolean },
  ): Promise<void> {
    await this.#options.audit.record({
      action: 'EXPORT_DOWNLOADED',
      actor: { callerId, callerKind: callerKind as Caller['kind'], ip, userAgent, requestId },
      detail: { exportId, what, format, rows, completed },
    });
  }

  /** Deletes what expired long ago. */
  async dropOld(): Promise<void> {
    const { log, now } = this.#options;
    const { prisma } = this.#options.database;
    try {
      const before = new Date(now().getTime() - keptForMs);
      await prisma.export.deleteMany({ where: { expiresAt: { lt: before } } });
    } catch (error) {
      log.warn({ error }, 'old exports could not be deleted; trying again in an hour');
    }
  }

  #source(wanted: Wanted, caller: Caller): Source {
    const { database } = this.#options;
    switch (wanted.what) {
      case 'GENERATIONS':
        return generationSource(database.slow, wanted.filter, caller);
      case 'AUDIT_EVENTS':
        return eventSource(database.slow, wanted.filter);
    }
  }
}

function callerOf({ callerId, callerKind, role, tenant, apiKeyId }: Export): Caller {
  const kind = callerKind as Caller['kind'];
  return { id: callerId, kind, role, tenant, ...(apiKeyId && { apiKeyId }) };
}

/** JSON has no instants: those of a filter are the ends of these spans. */
function readFilter(stored: Prisma.JsonValue): unknown {
  return JSON.parse(JSON.stringify(stored), (key, value: unknown) =>
    key === 'createdAt' || key === 'occurredAt' ? readSpan(value) : value,
  );
}

function readSpan(span: unknown): unknown {
  const ends = Object.entries((span ?? {}) as Record<string, string | null>);
  return Object.fromEntries(ends.map(([end, at]) => [end, at && new Date(at)]));
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

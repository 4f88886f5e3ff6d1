import type { KeyChange } from '../access/api-keys.ts';
import type { Database } from '../database/database.ts';
import type { AuditCheckpoint, Prisma } from '../database/generated/client.ts';
import { may } from '../access/permissions.ts';
import type { Context } from '../graphql/context.ts';
import { firstIdAt, lowestId } from '../graphql/ids.ts';
import { actorOf, eventRow, shownFilter, type NewEvent } from './events.ts';

export interface AuditLogOptions {
  prisma: Database['prisma'];
  /** For what goes through many events, where that has connections of its own. */
  slow?: Pick<Database['slow'], 'prisma'>;
  log: {
    info(details: object, message: string): void;
    error(details: object, message: string): void;
  };
  now: () => Date;
}

const checkpointEveryMs = 3_600_000;

/** Far longer than any transaction lives: no event that is still to be committed can be this old. */
const settledAfterMs = 5 * 60_000;

/** What happens outside any generation, and the seals on everything. Events of generations are written by their store. */
export class AuditLog {
  readonly #options: AuditLogOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: AuditLogOptions) {
    this.#options = options;
  }

  /** Adds an event that belongs to no generation; within `tx` when it tells of a change made there. */
  async record(
    event: NewEvent,
    tx: Prisma.TransactionClient = this.#options.prisma,
  ): Promise<void> {
    await tx.auditEvent.create({ data: eventRow(event, this.#options.now()) });
  }

  /**
   * Records that somebody who sees everything searched it, and how. Once for each search in an
   * operation.
   */
  async recordSearch(
    action: 'GENERATIONS_LISTED' | 'SUBMISSIONS_LISTED' | 'GENERATION_STATS_READ',
    search: object,
    context: Context,
  ): Promise<void> {
    const { caller } = context;
    if (caller.kind === 'LOCAL' || !may(caller, 'seeAll')) return;
    const detail = Object.fromEntries(
      Object.entries(search).map(([name, value]) => [name, shownFilter(value)]),
    );
    await context.once(`${action} ${JSON.stringify(detail)}`, () =>
      this.record({ action, actor: actorOf(context), detail }),
    );
  }

  /** Records what happened to an API key, in the transaction in which it did. */
  readonly recordKeyChange = async (
    { action, apiKey, by, replaced }: KeyChange,
    tx: Prisma.TransactionClient,
  ): Promise<void> => {
    const { id: objectId, prefix, callerId: keyOf, role, tenant } = apiKey;
    const detail = {
      ...{ prefix, keyOf, role, tenant },
      ...(replaced && {
        oldKeyId: replaced.id,
        oldKeyExpiresAt: replaced.expiresAt?.toISOString() ?? null,
      }),
      ...(by === null && { origin: 'command line' }),
    };
    await this.record({ action, objectId, actor: by && actorOf(by), detail }, tx);
  };

  /** Makes a checkpoint now and every hour. */
  start(): void {
    const make = () => {
      const made = this.checkpoint().catch((error: unknown) => {
        this.#options.log.error({ error }, 'no audit checkpoint could be made; trying in an hour');
      });
      this.#running = Promise.all([this.#running, made]);
    };
    this.#timer = setInterval(make, checkpointEveryMs).unref();
    make();
  }

  /** Waits for what is being written. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /**
   * Seals what has happened since the last checkpoint, up to some minutes ago; null when that is nothing.
   *
   * Its hash goes to the log as well: whoever rewrites the database cannot rewrite what a log
   * collector has. Of servers that do so at once one makes it.
   */
  async checkpoint(): Promise<AuditCheckpoint | null> {
    const { log, now } = this.#options;
    const { prisma } = this.#options.slow ?? this.#options;
    const at = now();
    const settled = new Date(at.getTime() - settledAfterMs);
    const last = await prisma.auditCheckpoint.findFirst({ orderBy: { id: 'desc' } });
    const [sealed] = await prisma.$queryRaw<{ count: number; lastId: string; hash: string }[]>`
      SELECT count(*)::int AS count, max(event.id::text) AS "lastId",
        encode(sha256(convert_to(${last?.hash ?? ''} || ' ' ||
          string_agg(event.hash, ' ' ORDER BY event.id), 'UTF8')), 'hex') AS hash
      FROM audit_event AS event
      WHERE event.id > ${last?.lastEventId ?? lowestId}::uuid
        AND event.id < ${firstIdAt(settled)}::uuid`;
    if (!sealed || sealed.count === 0) return null;
    const checkpoint = {
      id: (last?.id ?? 0) + 1,
      createdAt: at,
      lastEventId: sealed.lastId,
      eventCount: sealed.count,
      hash: sealed.hash,
    };
    const { count } = await prisma.auditCheckpoint.createMany({
      data: checkpoint,
      skipDuplicates: true,
    });
    if (count === 0) return null;
    log.info({ ...checkpoint }, 'audit checkpoint');
    return checkpoint;
  }
}

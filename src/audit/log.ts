import type { KeyChange } from '../access/api-keys.ts';
import type { Database } from '../database/database.ts';
import type { Prisma } from '../database/generated/client.ts';
import { may } from '../access/permissions.ts';
import type { Context } from '../graphql/context.ts';
import { actorOf, eventRow, shownFilter, type NewEvent } from './events.ts';

export interface AuditLogOptions {
  prisma: Database['prisma'];
  log: { error(details: object, message: string): void };
  now: () => Date;
}

/** What happens outside any generation. Events of generations are written by their store. */
export class AuditLog {
  readonly #options: AuditLogOptions;

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
    action:
      'GENERATIONS_LISTED' | 'SUBMISSIONS_LISTED' | 'GENERATION_STATS_READ' | 'MEDIA_USAGE_READ',
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
}

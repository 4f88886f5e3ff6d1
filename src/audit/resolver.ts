import { Arg, Args, Authorized, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import type { Permission } from '../access/permissions.ts';
import type { Database } from '../database/database.ts';
import type { AuditEvent } from '../database/generated/client.ts';
import { PagingArgs, toConnection, type Connection } from '../graphql/page-types.ts';
import { OrderDirectionEnum } from '../graphql/inputs.ts';
import {
  AuditEventConnection,
  AuditEventFilter,
  AuditEventType,
  AuditVerification,
} from './graphql-types.ts';
import { cursorOf, listEvents } from './list.ts';
import { verifyAuditLog, type Verification } from './verify.ts';

/** What has happened, for those who may know it. */
@Resolver(() => AuditEventType)
export class AuditResolver {
  readonly #prisma: Database['prisma'];
  readonly #slow: Pick<Database['slow'], 'prisma'>;
  #verifying: Promise<Verification> | undefined;

  constructor(options: { prisma: Database['prisma']; slow: Pick<Database['slow'], 'prisma'> }) {
    this.#prisma = options.prisma;
    this.#slow = options.slow;
  }

  @Query(() => AuditEventConnection, {
    description:
      'For auditors and admins: what has happened, newest first unless `direction` says otherwise. 20 to a page; `first` or `last` up to 100.',
  })
  @Authorized<Permission>('seeAll')
  async auditEvents(
    @Args(() => PagingArgs) paging: PagingArgs,
    @Arg('filter', () => AuditEventFilter, {
      nullable: true,
      description: 'Which ones; left out: all.',
    })
    filter: AuditEventFilter | null,
    @Arg('direction', () => OrderDirectionEnum, {
      defaultValue: 'DESC',
      description: 'Newest first (`DESC`) or oldest first.',
    })
    direction: 'ASC' | 'DESC',
  ): Promise<Connection<AuditEvent>> {
    const page = await listEvents(this.#prisma, filter ?? {}, direction, paging);
    return toConnection(page, cursorOf);
  }

  @Query(() => AuditVerification, {
    description:
      'For auditors and admins: computes the hash of every event and checkpoint anew and tells the first that is not as it was written. Takes seconds for a hundred thousand events.',
  })
  @Authorized<Permission>('seeAll')
  async verifyAuditLog(): Promise<AuditVerification> {
    // Those who ask meanwhile share the answer.
    this.#verifying ??= verifyAuditLog(this.#slow.prisma).finally(
      () => (this.#verifying = undefined),
    );
    const { checkpoint, ...verification } = await this.#verifying;
    return {
      ...verification,
      checkpoint: checkpoint && { ...checkpoint, sequence: checkpoint.id },
    };
  }

  @FieldResolver()
  objectId(@Root() { objectId, generationId }: AuditEvent): string | null {
    return objectId ?? generationId;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'What else is to be told, as JSON: a flat object.',
  })
  detail(@Root() { detail }: AuditEvent): string | null {
    return detail === null ? null : JSON.stringify(detail);
  }
}

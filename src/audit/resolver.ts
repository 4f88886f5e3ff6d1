import { Arg, Args, Authorized, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import type { Permission } from '../access/permissions.ts';
import type { Database } from '../database/database.ts';
import type { AuditCheckpoint, AuditEvent } from '../database/generated/client.ts';
import { PagingArgs, toConnection, type Connection } from '../graphql/page-types.ts';
import { OrderDirectionEnum } from '../graphql/inputs.ts';
import { AuditEventConnection, AuditEventFilter, AuditEventType } from './graphql-types.ts';
import { headOf, judgeSignature, type Trust } from './head.ts';
import { cursorOf, listEvents } from './list.ts';
import { AuditCheckpointType, AuditVerification } from './verification-types.ts';
import type { AuditWatch } from './watch.ts';

export interface AuditResolverOptions {
  prisma: Database['prisma'];
  watch: AuditWatch;
  trust: Trust;
}

/** What has happened, for those who may know it. */
@Resolver(() => AuditEventType)
export class AuditResolver {
  readonly #options: AuditResolverOptions;

  constructor(options: AuditResolverOptions) {
    this.#options = options;
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
    const page = await listEvents(this.#options.prisma, filter ?? {}, direction, paging);
    return toConnection(page, cursorOf);
  }

  @Query(() => AuditVerification, {
    description:
      'For auditors and admins: whether the audit log is what was written. Begins a look at every event, checkpoint and generation, unless one is under way or a long one has just ended, and waits up to three seconds for it; else tells what the last finished look of this server found.',
  })
  @Authorized<Permission>('seeAll')
  async verifyAuditLog(): Promise<AuditVerification> {
    const { checkpoint, since, ...look } = await this.#options.watch.look();
    return { ...look, sinceCheckpoint: since, checkpoint: checkpoint && this.#shown(checkpoint) };
  }

  @Query(() => AuditCheckpointType, {
    nullable: true,
    description:
      'For auditors and admins: the latest checkpoint, whose `head` is to be kept elsewhere; null as long as there is none.',
  })
  @Authorized<Permission>('seeAll')
  async auditCheckpoint(): Promise<AuditCheckpointType | null> {
    const last = await this.#options.prisma.auditCheckpoint.findFirst({ orderBy: { id: 'desc' } });
    return last && this.#shown(last);
  }

  #shown(checkpoint: AuditCheckpoint): AuditCheckpointType {
    return {
      ...checkpoint,
      sequence: checkpoint.id,
      head: headOf(checkpoint),
      signature: judgeSignature(checkpoint, this.#options.trust),
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

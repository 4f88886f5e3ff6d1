import DataLoader from 'dataloader';
import { Arg, Args, Authorized, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import type { Permission } from '../access/permissions.ts';
import type { AuditLog } from '../audit/log.ts';
import type { Database } from '../database/database.ts';
import type { Submission } from '../database/generated/client.ts';
import { VideoGenerationType } from '../generation/api/generation-types.ts';
import type { VideoGeneration } from '../generation/generation.ts';
import type { Context } from '../graphql/context.ts';
import { toMoney, type Money } from '../graphql/money.ts';
import { PagingArgs, toConnection, type Connection } from '../graphql/page-types.ts';
import {
  RequestAsSentType,
  SubmissionConnection,
  SubmissionFilter,
  SubmissionType,
  type SubmissionAccountType,
} from './graphql-types.ts';
import { requestAsSent, type RequestAsSent } from './request-as-sent.ts';
import { callbackUrlOf } from './request-of.ts';
import { cursorOf, listSubmissions, submissionsOf } from './list.ts';

/** What was sent, what came of it, and what it can have cost. */
@Resolver(() => SubmissionType)
export class SubmissionResolver {
  readonly #prisma: Database['prisma'];
  readonly #audit: AuditLog;

  constructor(options: { prisma: Database['prisma']; audit: AuditLog }) {
    this.#prisma = options.prisma;
    this.#audit = options.audit;
  }

  @Query(() => SubmissionConnection, {
    description:
      'For auditors and admins: what was sent to MiniMax, what came of it, and what it can have cost, newest first. 20 to a page; `first` or `last` up to 100. Such lists are recorded.',
  })
  @Authorized<Permission>('seeAll')
  async submissions(
    @Args(() => PagingArgs) paging: PagingArgs,
    @Arg('filter', () => SubmissionFilter, {
      nullable: true,
      description: 'Which ones; left out: all.',
    })
    filter: SubmissionFilter | null,
    @Ctx() context: Context,
  ): Promise<Connection<Submission>> {
    await this.#audit.recordSearch('SUBMISSIONS_LISTED', { filter: filter ?? {} }, context);
    return toConnection(await listSubmissions(this.#prisma, filter ?? {}, paging), cursorOf);
  }

  @FieldResolver()
  account(@Root() { accountId, accountName }: Submission): SubmissionAccountType {
    return { fingerprint: accountId, name: accountName };
  }

  @FieldResolver()
  listPrice(@Root() { listPrice, currency }: Submission): Money | null {
    return listPrice === null ? null : toMoney(listPrice, currency);
  }
}

@Resolver(() => VideoGenerationType)
export class SubmissionsOfGeneration {
  readonly #prisma: Database['prisma'];

  readonly #callbackBaseUrl: string | undefined;

  constructor(options: { prisma: Database['prisma']; callbackBaseUrl: string | undefined }) {
    this.#prisma = options.prisma;
    this.#callbackBaseUrl = options.callbackBaseUrl;
  }

  @FieldResolver(() => RequestAsSentType, {
    nullable: true,
    description: 'What goes to MiniMax for it, or went; null once it is redacted.',
  })
  async requestAsSent(@Root() generation: VideoGeneration): Promise<RequestAsSent | null> {
    return await requestAsSent(generation, callbackUrlOf(generation, this.#callbackBaseUrl));
  }

  @FieldResolver(() => [SubmissionType], {
    description:
      'Every request that left for MiniMax, or was about to, the first one first: each may have cost money.',
  })
  async submissions(
    @Root() { id }: VideoGeneration,
    @Ctx() context: Context,
  ): Promise<Submission[]> {
    const loader = context.once(
      'submissions',
      () =>
        new DataLoader<string, Submission[]>((ids) => submissionsOf(this.#prisma, ids), {
          // A subscription is one request that asks again after each change.
          cache: false,
        }),
    );
    return await loader.load(id);
  }
}

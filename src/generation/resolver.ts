import {
  Arg,
  Authorized,
  Ctx,
  ID,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { isVisibleTo, may, visibleTo, type Permission } from '../access/permissions.ts';
import { actorOf } from '../audit/events.ts';
import type { AuditLog } from '../audit/log.ts';
import type { Database } from '../database/database.ts';
import type { Context } from '../graphql/context.ts';
import { ApiError } from '../graphql/errors.ts';
import { isId } from '../graphql/ids.ts';
import {
  CreateVideoGenerationInputType,
  CreateVideoGenerationPayload,
  Node,
  ValidateVideoGenerationPayload,
  VideoGenerationConnection,
  VideoGenerationFilter,
  VideoGenerationOrder,
  VideoGenerationPayload,
  VideoGenerationType,
} from './graphql-types.ts';
import type { DecisionResult, Decisions } from './decisions.ts';
import type { ListedGenerations } from './fields.ts';
import { isFinal } from './lifecycle.ts';
import { cursorOf, listGenerations } from './list.ts';
import type { GenerationService } from './service.ts';
import type { GenerationStore, VideoGeneration } from './store.ts';
import type { GenerationUpdates } from './updates.ts';

export interface ResolverOptions {
  prisma: Database['prisma'];
  store: GenerationStore;
  service: GenerationService;
  decisions: Decisions;
  updates: GenerationUpdates;
  audit: AuditLog;
}

const newestFirst: VideoGenerationOrder = { field: 'CREATED_AT', direction: 'DESC' };

@Resolver(() => VideoGenerationType)
export class GenerationResolver {
  readonly #options: ResolverOptions;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  @Mutation(() => CreateVideoGenerationPayload, {
    description:
      'Requests a video. The request is stored first, then sent to MiniMax once; the answer comes within seconds, with status PROCESSING (accepted), FAILED (refused: see `failure`) or UNCERTAIN, or QUEUED or SUBMITTING when MiniMax takes its time, in which case the service carries on by itself. Input that no model takes is refused before anything is stored or charged.',
  })
  @Authorized<Permission>('generate')
  async createVideoGeneration(
    @Arg('input', () => CreateVideoGenerationInputType, { description: 'What is to be made.' })
    input: CreateVideoGenerationInputType,
    @Ctx() context: Context,
  ): Promise<CreateVideoGenerationPayload> {
    const { idempotencyKey, ...request } = input;
    const result = await this.#options.service.create(request, {
      ...context,
      idempotencyKey: idempotencyKey ?? context.idempotencyKey,
    });
    return { ...result, userErrors: [...result.userErrors] };
  }

  @Mutation(() => VideoGenerationPayload, {
    description:
      'Withdraws a generation while it is QUEUED, that is, while MiniMax surely has not accepted it. What was sent cannot be taken back.',
  })
  @Authorized<Permission>('generate')
  async cancelVideoGeneration(
    @Arg('id', () => ID, { description: "The generation's `id`." }) id: string,
    @Ctx() context: Context,
  ): Promise<VideoGenerationPayload> {
    return payload(await this.#options.decisions.cancel(await this.#find(id, context), context));
  }

  @Mutation(() => CreateVideoGenerationPayload, {
    description:
      'Makes a new generation from a FAILED or UNCERTAIN one; it is paid for anew and has `retryOfId`. Without a key of its own it is made once: a second call gives the same new generation. For an UNCERTAIN one this may pay twice for the same video.',
  })
  @Authorized<Permission>('generate')
  async retryVideoGeneration(
    @Arg('id', () => ID, { description: 'The `id` of the failed or uncertain generation.' })
    id: string,
    @Arg('idempotencyKey', () => String, {
      nullable: true,
      description:
        'As for `createVideoGeneration`. Left out: the `Idempotency-Key` header, if any, else a key made from `id`.',
    })
    idempotencyKey: string | null,
    @Ctx() context: Context,
  ): Promise<CreateVideoGenerationPayload> {
    const result = await this.#options.decisions.retry(await this.#find(id, context), {
      ...context,
      idempotencyKey: idempotencyKey ?? context.idempotencyKey,
    });
    return { ...result, userErrors: [...result.userErrors] };
  }

  @Mutation(() => VideoGenerationPayload, {
    description:
      'Asks MiniMax for a PROCESSING generation now instead of when it is due. Any other is answered as it is.',
  })
  @Authorized<Permission>('generate')
  async refreshVideoGeneration(
    @Arg('id', () => ID, { description: "The generation's `id`." }) id: string,
    @Ctx() context: Context,
  ): Promise<VideoGenerationPayload> {
    return payload(await this.#options.decisions.refresh(await this.#find(id, context)));
  }

  @Mutation(() => VideoGenerationPayload, {
    description:
      "For admins: settles an UNCERTAIN generation whose task was found in MiniMax's console. It becomes PROCESSING and is followed as usual.",
  })
  @Authorized<Permission>('administer')
  async attachVideoGenerationTask(
    @Arg('id', () => ID, { description: "The generation's `id`." }) id: string,
    @Arg('taskId', () => String, { description: "MiniMax's id of the task." }) taskId: string,
    @Ctx() context: Context,
  ): Promise<VideoGenerationPayload> {
    const generation = await this.#find(id, context);
    return payload(await this.#options.decisions.attachTask(generation, taskId, context));
  }

  @Mutation(() => VideoGenerationPayload, {
    description:
      'For admins: settles an UNCERTAIN generation that MiniMax never accepted. It becomes FAILED with kind NOT_CREATED.',
  })
  @Authorized<Permission>('administer')
  async declareVideoGenerationNotCreated(
    @Arg('id', () => ID, { description: "The generation's `id`." }) id: string,
    @Ctx() context: Context,
  ): Promise<VideoGenerationPayload> {
    return payload(
      await this.#options.decisions.declareNotCreated(await this.#find(id, context), context),
    );
  }

  @Mutation(() => VideoGenerationPayload, {
    description:
      'For admins: sends an UNCERTAIN generation again, knowing that MiniMax may have accepted it already and that it may be paid twice.',
  })
  @Authorized<Permission>('administer')
  async resubmitVideoGeneration(
    @Arg('id', () => ID, { description: "The generation's `id`." }) id: string,
    @Ctx() context: Context,
  ): Promise<VideoGenerationPayload> {
    return payload(await this.#options.decisions.resubmit(await this.#find(id, context), context));
  }

  @Query(() => ValidateVideoGenerationPayload, {
    description:
      'Checks a request by the rules of `createVideoGeneration` and tells its list price, without storing, sending or charging anything.',
  })
  validateVideoGeneration(
    @Arg('input', () => CreateVideoGenerationInputType, { description: 'What would be made.' })
    input: CreateVideoGenerationInputType,
  ): ValidateVideoGenerationPayload {
    const { problems, warnings, effective, price } = this.#options.service.check(input);
    const valid = problems.length === 0;
    return {
      valid,
      userErrors: problems,
      warnings,
      mode: effective.mode,
      duration: effective.duration,
      resolution: effective.resolution,
      estimatedPrice: valid && price ? { amount: price.usd, currency: 'USD' } : null,
      priceListedOn: valid && price ? price.listedOn : null,
    };
  }

  @Query(() => VideoGenerationType, {
    nullable: true,
    description: 'One generation. An id that does not exist gives an error with code NOT_FOUND.',
  })
  async generation(
    @Arg('id', () => ID, { description: "The generation's `id`." }) id: string,
    @Ctx() context: Context,
  ): Promise<VideoGeneration> {
    return await this.#read(id, context);
  }

  @Query(() => Node, {
    nullable: true,
    description:
      'Anything by its id (Relay). An id that does not exist gives an error with code NOT_FOUND.',
  })
  async node(
    @Arg('id', () => ID, { description: 'The `id` of the object.' }) id: string,
    @Ctx() context: Context,
  ): Promise<Node> {
    return await this.#read(id, context);
  }

  @Query(() => VideoGenerationConnection, {
    description:
      'Generations, newest first unless `orderBy` says otherwise. 20 to a page; `first` or `last` up to 100.',
  })
  async generations(
    @Arg('first', () => Int, {
      nullable: true,
      description: 'How many from the start, or after `after`: 1 to 100.',
    })
    first: number | null,
    @Arg('after', () => String, { nullable: true, description: 'Cursor to go on after.' })
    after: string | null,
    @Arg('last', () => Int, {
      nullable: true,
      description: 'How many from the end, or before `before`: 1 to 100.',
    })
    last: number | null,
    @Arg('before', () => String, { nullable: true, description: 'Cursor to stop before.' })
    before: string | null,
    @Arg('filter', () => VideoGenerationFilter, {
      nullable: true,
      description: 'Which ones; left out: all.',
    })
    filter: VideoGenerationFilter | null,
    @Arg('orderBy', () => VideoGenerationOrder, {
      nullable: true,
      description: 'Left out: newest first.',
    })
    orderBy: VideoGenerationOrder | null,
    @Ctx() context: Context,
  ): Promise<ListedGenerations> {
    const { caller } = context;
    const order = orderBy ?? newestFirst;
    const { prisma } = this.#options;
    await this.#noteList(filter, context);
    const paging = { first, after, last, before };
    const page = await listGenerations(prisma, filter, order, paging, visibleTo(caller));
    const edges = page.rows.map((node) => ({ cursor: cursorOf(node, order), node }));
    return {
      edges,
      nodes: page.rows,
      pageInfo: {
        hasNextPage: page.hasNextPage,
        hasPreviousPage: page.hasPreviousPage,
        startCursor: edges[0]?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      },
      filter,
    };
  }

  @Subscription(() => VideoGenerationType, {
    description:
      'A generation as it is now, then again after each change, until it is final; then the subscription completes. An id that does not exist gives an error with code NOT_FOUND.',
    subscribe: ({ args, context }: { args: { id: string }; context: Context }) =>
      context.get(GenerationResolver).watch(args.id, context),
  })
  generationUpdated(
    @Arg('id', () => ID, { description: "The generation's `id`." }) _id: string,
    @Root() generation: VideoGeneration,
  ): VideoGenerationType {
    return generation;
  }

  /** The generation now and after each change; ends after a final state, however early that came. */
  async watch(id: string, context: Context): Promise<AsyncGenerator<VideoGeneration>> {
    // Refused here, an unknown id is an answer to the client; in the generator it would be a breakdown.
    await this.#read(id, context);
    return this.#follow(id, context);
  }

  async *#follow(id: string, context: Context): AsyncGenerator<VideoGeneration> {
    const ended = new AbortController();
    try {
      // Listening starts before reading, so that no change can fall in between.
      const changes = this.#options.updates.changes(id, ended.signal);
      let shown = await this.#find(id, context);
      yield shown;
      if (isFinal(shown.status)) return;
      for await (const change of changes) {
        if (change !== null && change.version <= shown.version) continue;
        const row = await this.#find(id, context);
        if (row.version <= shown.version) continue;
        shown = row;
        yield shown;
        if (isFinal(shown.status)) return;
      }
    } finally {
      ended.abort();
    }
  }

  /** As `#find`, recorded when the caller may see it by its role only. */
  async #read(id: string, context: Context): Promise<VideoGeneration> {
    const generation = await this.#find(id, context);
    const { caller } = context;
    if (caller.kind !== 'LOCAL' && !isVisibleTo({ ...caller, role: 'CLIENT' }, generation)) {
      await context.once(`read ${generation.id}`, () =>
        this.#options.audit.record({
          action: 'FOREIGN_GENERATION_READ',
          actor: actorOf(context),
          detail: { generationId: generation.id, owner: generation.callerId },
        }),
      );
    }
    return generation;
  }

  /** A list by somebody who sees everything is recorded; with its filter, but for texts of prompts. */
  async #noteList(filter: VideoGenerationFilter | null, context: Context): Promise<void> {
    const { caller } = context;
    if (caller.kind === 'LOCAL' || !may(caller, 'seeAll')) return;
    const shown = JSON.stringify(filter ?? {}, (key, value: unknown) =>
      key === 'promptContains' ? '[text]' : value,
    ).slice(0, 1_000);
    await context.once(`listed ${shown}`, () =>
      this.#options.audit.record({
        action: 'GENERATIONS_LISTED',
        actor: actorOf(context),
        detail: { filter: shown },
      }),
    );
  }

  /** What the caller may not see does not exist for it. */
  async #find(id: string, { caller }: Context): Promise<VideoGeneration> {
    const generation = isId(id) ? await this.#options.store.find(id) : null;
    if (!generation || !isVisibleTo(caller, generation))
      throw new ApiError('NOT_FOUND', 'There is no generation with this id.');
    return generation;
  }
}

function payload({ generation, userErrors }: DecisionResult): VideoGenerationPayload {
  return { generation, userErrors: [...userErrors] };
}

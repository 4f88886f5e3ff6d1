import type { GraphQLResolveInfo } from 'graphql';
import {
  Arg,
  Authorized,
  Ctx,
  ID,
  Info,
  Int,
  Mutation,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { isVisibleTo, visibleTo, type Permission } from '../../access/permissions.ts';
import type { AuditLog } from '../../audit/log.ts';
import type { Database } from '../../database/database.ts';
import type { Context } from '../../graphql/context.ts';
import { ApiError } from '../../graphql/errors.ts';
import { isId } from '../../graphql/ids.ts';
import { maxPageSize } from '../../graphql/paging.ts';
import { fieldsAt } from '../../graphql/selection.ts';
import { DateTimeScalar } from '../../graphql/scalars.ts';
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
import type { DecisionResult, Decisions } from '../decisions.ts';
import { fieldsFor, type ListedGenerations } from './fields.ts';
import { cursorOf, findTraced, listGenerations } from '../finding/list.ts';
import { recordForeignRead } from '../foreign-read.ts';
import type { CreateResult, GenerationService } from '../service.ts';
import type { GenerationStore, VideoGeneration } from '../store.ts';
import { watchLimits, type Watch, type Watches } from '../live/watch.ts';

export interface ResolverOptions {
  database: Pick<Database, 'prisma' | 'pool'>;
  store: GenerationStore;
  service: GenerationService;
  decisions: Decisions;
  watches: Watches;
  audit: AuditLog;
}

interface WatchOneArguments {
  id: string;
  afterVersion?: number | null;
}

interface WatchManyArguments {
  filter?: VideoGenerationFilter | null;
  updatedAfter?: Date | null;
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
    return createPayload(result);
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
    return createPayload(result);
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
  async validateVideoGeneration(
    @Arg('input', () => CreateVideoGenerationInputType, { description: 'What would be made.' })
    input: CreateVideoGenerationInputType,
    @Ctx() context: Context,
  ): Promise<ValidateVideoGenerationPayload> {
    const { service } = this.#options;
    const { problems, warnings, effective, price } = await service.check(input, context);
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
    description:
      'One generation. An id that does not exist gives an error with code NOT_FOUND. With `waitMs` the answer waits for news, for clients that cannot subscribe.',
  })
  async generation(
    @Arg('id', () => ID, { description: "The generation's `id`." }) id: string,
    @Arg('waitMs', () => Int, {
      nullable: true,
      description: `How long to wait for news, in milliseconds, 0 to ${watchLimits.waitMs}: the answer comes as soon as \`version\` is greater than \`sinceVersion\` or the generation is final, else after that time with the generation as it is. Left out: 0.`,
    })
    waitMs: number | null,
    @Arg('sinceVersion', () => Int, {
      nullable: true,
      description: 'The `version` you have. Left out: the one at the time of asking.',
    })
    sinceVersion: number | null,
    @Ctx() context: Context,
  ): Promise<VideoGeneration> {
    const read = () => this.#read(id, context);
    return await this.#options.watches.wait(
      id,
      { waitMs: waitMs ?? 0, sinceVersion },
      read,
      context,
    );
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

  @Query(() => [Node], {
    nullable: 'items',
    description:
      'Many things by their ids (Relay), in the order of `ids`; null for an id that does not exist.',
  })
  async nodes(
    @Arg('ids', () => [ID], { description: 'The `id` of each object, 100 at most.' })
    ids: string[],
    @Ctx() context: Context,
  ): Promise<(Node | null)[]> {
    if (ids.length > maxPageSize) {
      throw new ApiError(
        'BAD_USER_INPUT',
        `${maxPageSize} ids may be asked for at a time, not ${ids.length}.`,
      );
    }
    const found = await this.#options.store.findMany(ids.filter(isId));
    const visible = found.filter((generation) => isVisibleTo(context.caller, generation));
    for (const generation of visible) await this.#noteRead(generation, context);
    const byId = new Map(visible.map((generation) => [generation.id, generation]));
    return ids.map((id) => byId.get(id.toLowerCase()) ?? null);
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
    given: VideoGenerationFilter | null,
    @Arg('orderBy', () => VideoGenerationOrder, {
      nullable: true,
      description: 'Left out: newest first.',
    })
    orderBy: VideoGenerationOrder | null,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ListedGenerations> {
    const { caller } = context;
    const order = orderBy ?? newestFirst;
    const { database } = this.#options;
    await this.#options.audit.recordSearch('GENERATIONS_LISTED', { filter: given ?? {} }, context);
    const filter = await findTraced(database.prisma, given);
    const paging = { first, after, last, before };
    const asked = [...fieldsAt(info, ['nodes']), ...fieldsAt(info, ['edges', 'node'])];
    const page = await listGenerations(
      database,
      filter,
      order,
      paging,
      visibleTo(caller),
      fieldsFor(asked),
    );
    // Nothing will be asked of them but what they have.
    const nodes = page.rows as VideoGeneration[];
    const edges = nodes.map((node) => ({ cursor: cursorOf(node, order), node }));
    return {
      edges,
      nodes,
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
      'A generation as it is now, then again after each change, until it is SUCCEEDED, FAILED or CANCELLED; then the subscription completes. `version` only grows; changes in quick succession may come as one. UNCERTAIN is not the end: somebody may settle it later, and the subscription waits for that. An id that does not exist gives an error with code NOT_FOUND.',
    subscribe: ({ args, context }: { args: WatchOneArguments; context: Context }) =>
      context.get(GenerationResolver).watchOne(args, context),
  })
  generationUpdated(
    @Arg('id', () => ID, { description: "The generation's `id`." }) _id: string,
    @Arg('afterVersion', () => Int, {
      nullable: true,
      description:
        'The latest `version` you have: the first message is left out unless there is a later one, and after a final one you have already there is none at all. Give it when you connect again.',
    })
    _afterVersion: number | null,
    @Root() generation: VideoGeneration,
  ): VideoGenerationType {
    return generation;
  }

  async watchOne({ id, afterVersion }: WatchOneArguments, context: Context): Promise<Watch> {
    return await this.#options.watches.one(id, afterVersion ?? 0, () => this.#read(id, context));
  }

  @Subscription(() => VideoGenerationType, {
    description: `Each change of any generation that you may see and that matches the filter, as the generation is then; and once more when a change makes one stop matching, so that you never miss how it ended. It begins with those that are not final yet (the ${watchLimits.snapshot} newest), or with what \`updatedAfter\` asks for, and never ends by itself. \`version\` only grows for each generation; drop what has none later than what you have. Changes in quick succession may come as one.`,
    subscribe: ({ args, context }: { args: WatchManyArguments; context: Context }) =>
      context.get(GenerationResolver).watchMany(args, context),
  })
  generationsUpdated(
    @Arg('filter', () => VideoGenerationFilter, {
      nullable: true,
      description: 'Which ones; left out: all. Up to 100 conditions with 1,000 values in all.',
    })
    _filter: VideoGenerationFilter | null,
    @Arg('updatedAfter', () => DateTimeScalar, {
      nullable: true,
      description:
        'Begin with everything that changed since then, oldest change first. Give the latest `updatedAt` you were sent when you connect again. Half a minute before it is sent again, since changes may be stored out of order; those that became final are sent also when they no longer match but may have before.',
    })
    _updatedAfter: Date | null,
    @Root() generation: VideoGeneration,
  ): VideoGenerationType {
    return generation;
  }

  async watchMany({ filter, updatedAfter }: WatchManyArguments, context: Context): Promise<Watch> {
    await this.#options.audit.recordSearch('GENERATIONS_LISTED', { filter: filter ?? {} }, context);
    return this.#options.watches.many(filter ?? null, updatedAfter ?? null, context.caller);
  }

  async #read(id: string, context: Context): Promise<VideoGeneration> {
    const generation = await this.#find(id, context);
    await this.#noteRead(generation, context);
    return generation;
  }

  /** A look by somebody who may see it by its role only is recorded. */
  async #noteRead(generation: VideoGeneration, context: Context): Promise<void> {
    await context.once(`read ${generation.id}`, () =>
      recordForeignRead(this.#options.audit, generation, context),
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

function createPayload({ generation, replayed, userErrors }: CreateResult) {
  const generationEdge = generation && {
    cursor: cursorOf(generation, newestFirst),
    node: generation,
  };
  return { generation, generationEdge, replayed, userErrors: [...userErrors] };
}

function payload({ generation, userErrors }: DecisionResult): VideoGenerationPayload {
  return { generation, userErrors: [...userErrors] };
}

import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Args, Ctx, ID, Info, Int, Query, Resolver } from 'type-graphql';
import { visibleTo } from '../../access/permissions.ts';
import type { AuditLog } from '../../audit/log.ts';
import type { Database } from '../../database/database.ts';
import { PagingArgs, toConnection } from '../../graphql/page-types.ts';
import type { Context } from '../../graphql/context.ts';
import type { HeavyReads } from '../../graphql/heavy-reads.ts';
import { askedOfWritten } from '../../graphql/plain-selections.ts';
import { fieldsAt } from '../../graphql/selection.ts';
import { Written } from '../../graphql/written.ts';
import { findTraced, searchesOf } from '../finding/filter.ts';
import { cursorOf, listGenerations, newestFirst } from '../finding/list.ts';
import type { ListedGeneration, Wanted } from '../finding/read-in-order.ts';
import { watchLimits } from '../live/watch-limits.ts';
import type { Watches } from '../live/watch.ts';
import type { GenerationService } from '../service.ts';
import type { VideoGeneration } from '../generation.ts';
import type { VisibleGenerations } from '../visible-generations.ts';
import { writtenColumn } from '../written-rows.ts';
import { fieldsFor, type ListedGenerations } from './fields.ts';
import { VideoGenerationFilter, VideoGenerationOrder } from './filter-types.ts';
import { VideoGenerationConnection, VideoGenerationType } from './generation-types.ts';
import { CreateVideoGenerationInputType } from './input-types.ts';
import { ValidateVideoGenerationPayload } from './payload-types.ts';

export interface QueryOptions {
  database: Pick<Database, 'prisma' | 'pool'>;
  visible: VisibleGenerations;
  service: GenerationService;
  watches: Watches;
  audit: AuditLog;
  heavyReads: HeavyReads;
}

/** Generations looked at: one, a list, or what a request would become. */
@Resolver()
export class GenerationQueries {
  readonly #options: QueryOptions;

  constructor(options: QueryOptions) {
    this.#options = options;
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
      aspectRatio: effective.aspectRatio,
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
    @Info() info: GraphQLResolveInfo,
  ): Promise<VideoGeneration | Written> {
    const { visible } = this.#options;
    const asked = waitMs ? null : askedOfWritten(info, [[]]);
    const column = asked && writtenColumn(asked);
    if (column) return await visible.readWritten(id, column, context);
    const read = () => visible.read(id, context);
    return await this.#options.watches.wait(
      id,
      { waitMs: waitMs ?? 0, sinceVersion },
      read,
      context,
    );
  }

  @Query(() => VideoGenerationConnection, {
    description:
      'Generations, newest first unless `orderBy` says otherwise. 20 to a page; `first` or `last` up to 100.',
  })
  async generations(
    @Args(() => PagingArgs) paging: PagingArgs,
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
    const { database, heavyReads } = this.#options;
    await this.#options.audit.recordSearch('GENERATIONS_LISTED', { filter: given ?? {} }, context);
    const filter = await findTraced(database.prisma, given);
    const read = () =>
      listGenerations(database, filter, order, paging, visibleTo(caller), wantedOf(info));
    // A list is read along an index; a search may go through the table.
    const isSearch = searchesOf(filter).length > 0;
    const page = await (isSearch ? heavyReads.run(caller.id, read) : read());
    return { ...toConnection(page, (row) => cursorOf(row, order), shownOf), filter };
  }
}

const pathsOfRows = [['nodes'], ['edges', 'node']];

/** What can be told of a list without its rows. */
const countsOnly = new Set(['totalCount', 'totalCountIsExact', '__typename']);

/** What is to be read of each row: what is plain only as it is answered. Null when no rows are asked for. */
function wantedOf(info: GraphQLResolveInfo): Wanted | null {
  if ([...fieldsAt(info, [])].every((name) => countsOnly.has(name))) return null;
  const asked = askedOfWritten(info, pathsOfRows);
  const written = asked && writtenColumn(asked);
  if (written) return { fields: [], written };
  return { fields: fieldsFor(pathsOfRows.flatMap((path) => [...fieldsAt(info, path)])) };
}

/** Nothing will be asked of it but what it has. */
function shownOf(row: ListedGeneration): VideoGeneration {
  const shown = row.written === undefined ? row : new Written(row.written);
  return shown as VideoGeneration;
}

import { Arg, Ctx, Field, ID, InterfaceType, Query, Resolver } from 'type-graphql';
import type { Context } from './context.ts';
import { ApiError } from './errors.ts';
import { isId } from './ids.ts';
import { maxPageSize } from './paging.ts';

/** The name of the type of each object that was found by its id. */
const typeOf = new WeakMap<object, string>();

@InterfaceType('Node', {
  description: 'Anything with an id by which `node(id)` finds it.',
  resolveType: (found: object) => typeOf.get(found),
})
export abstract class Node {
  @Field(() => ID, { description: 'Unique among everything in this API.' })
  id!: string;
}

/** Where the objects of one type are found. */
export interface NodeSource {
  /** Its name in the schema. */
  type: string;
  /** Those of the ids that are there and that the caller may see, in any order. */
  find(ids: readonly string[], context: Context): Promise<readonly Node[]>;
}

/** Anything by its id, whatever its type. What the caller may not see does not exist for it. */
@Resolver()
export class NodeResolver {
  readonly #sources: readonly NodeSource[];

  /** The sources in the order in which they are asked. */
  constructor(sources: readonly NodeSource[]) {
    this.#sources = sources;
  }

  @Query(() => Node, {
    nullable: true,
    description:
      'Anything by its id (Relay): generations, submissions, audit events, API keys, webhook endpoints and deliveries. An id that does not exist, or that you may not see, gives an error with code NOT_FOUND.',
  })
  async node(
    @Arg('id', () => ID, { description: 'The `id` of the object.' }) id: string,
    @Ctx() context: Context,
  ): Promise<Node> {
    const [found] = await this.#find([id], context);
    if (!found) throw new ApiError('NOT_FOUND', 'There is nothing with this id.');
    return found;
  }

  @Query(() => [Node], {
    nullable: 'items',
    description:
      'Many things by their ids (Relay), in the order of `ids`; null for an id that does not exist, or that you may not see.',
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
    return await this.#find(ids, context);
  }

  async #find(ids: readonly string[], context: Context): Promise<(Node | null)[]> {
    const wanted = ids.map((id) => id.toLowerCase());
    const found = new Map<string, Node>();
    for (const source of this.#sources) {
      const missing = [...new Set(wanted)].filter((id) => isId(id) && !found.has(id));
      if (missing.length === 0) break;
      for (const object of await source.find(missing, context)) {
        typeOf.set(object, source.type);
        found.set(object.id, object);
      }
    }
    return wanted.map((id) => found.get(id) ?? null);
  }
}

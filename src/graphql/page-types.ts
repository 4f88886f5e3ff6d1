import { ArgsType, Field, Int, ObjectType, type ClassType } from 'type-graphql';
import { maxPageSize, type Page, type PagingArguments } from './paging.ts';

/** The paging arguments that every connection takes. */
@ArgsType()
export class PagingArgs implements PagingArguments {
  @Field(() => Int, {
    nullable: true,
    description: `How many from the start, or after \`after\`: 1 to ${maxPageSize}.`,
  })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Cursor to go on after.' })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `How many from the end, or before \`before\`: 1 to ${maxPageSize}.`,
  })
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'Cursor to stop before.' })
  before?: string | null;
}

@ObjectType({
  simpleResolvers: true,
  description: 'Whether there is more, and where to go on (Relay connection specification).',
})
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether more entries follow.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether entries come before.' })
  hasPreviousPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the first entry; null on an empty page.',
  })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the last entry; give it as `after` for the next page.',
  })
  endCursor!: string | null;
}

export interface Edge<Node> {
  cursor: string;
  node: Node;
}

export interface Connection<Node> {
  edges: Edge<Node>[];
  nodes: Node[];
  pageInfo: PageInfo;
}

/** What every edge has, with `thing` as its node; to be extended. */
export function EdgeOf<Node extends object>(node: ClassType<Node>, thing: string) {
  @ObjectType({ simpleResolvers: true })
  abstract class AnyEdge implements Edge<Node> {
    @Field(() => String, { description: 'Opaque; give it as `after` or `before`.' })
    cursor!: string;

    @Field(() => node, { description: `The ${thing}.` })
    node!: Node;
  }
  return AnyEdge;
}

/** What every connection has; to be extended. */
export function ConnectionOf<Node extends object>(
  node: ClassType<Node>,
  edge: ClassType<Edge<Node>>,
) {
  @ObjectType({ simpleResolvers: true })
  abstract class AnyConnection implements Connection<Node> {
    @Field(() => [edge], { description: 'The entries, in the order asked for.' })
    edges!: Edge<Node>[];

    @Field(() => [node], { description: 'The same without cursors.' })
    nodes!: Node[];

    @Field(() => PageInfo, { description: 'Whether there is more, and where to go on.' })
    pageInfo!: PageInfo;
  }
  return AnyConnection;
}

/** A page as a connection has it; `cursorOf` names the place of a row, `nodeOf` is what is shown of it. */
export function toConnection<Row, Node = Row>(
  { rows, hasNextPage, hasPreviousPage }: Page<Row>,
  cursorOf: (row: Row) => string,
  nodeOf: (row: Row) => Node = (row) => row as unknown as Node,
): Connection<Node> {
  const edges = rows.map((row) => ({ cursor: cursorOf(row), node: nodeOf(row) }));
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: {
      hasNextPage,
      hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

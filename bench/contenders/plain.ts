/**
 * The same packages as the documentation of each shows them: Apollo's standalone server with its
 * defaults, type-graphql, Prisma's `findMany` with cursor and skip. `plain.ts DATABASE_URL PORT CALLER`.
 */
import 'reflect-metadata';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  Arg,
  buildSchema,
  Field,
  ID,
  Int,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
} from 'type-graphql';
import {
  PrismaClient,
  VideoGenerationStatus,
  type VideoGeneration,
} from '../../src/database/generated/client.ts';

const [connectionString, port, callerId] = process.argv.slice(2);
const prisma = new PrismaClient({
  adapter: new PrismaPg({ connectionString: connectionString!, options: '-c timezone=UTC' }),
});

registerEnumType(VideoGenerationStatus, { name: 'Status' });

@ObjectType()
class Generation {
  @Field(() => ID) id!: string;
  @Field(() => String) status!: string;
  @Field(() => Int) version!: number;
  @Field(() => String) model!: string;
  @Field(() => String, { nullable: true }) prompt!: string | null;
  @Field(() => Int, { nullable: true }) duration!: number | null;
  @Field(() => String, { nullable: true }) resolution!: string | null;
  @Field(() => String, { nullable: true }) taskId!: string | null;
  @Field(() => Int, { nullable: true }) statusCode!: number | null;
  @Field(() => String, { nullable: true }) statusMessage!: string | null;
  @Field(() => Date) createdAt!: Date;
  @Field(() => Date) updatedAt!: Date;
}

@ObjectType()
class Edge {
  @Field(() => String) cursor!: string;
  @Field(() => Generation) node!: VideoGeneration;
}

@ObjectType()
class PageInfo {
  @Field(() => String, { nullable: true }) endCursor!: string | null;
  @Field(() => Boolean) hasNextPage!: boolean;
}

@ObjectType()
class Connection {
  @Field(() => [Edge]) edges!: Edge[];
  @Field(() => PageInfo) pageInfo!: PageInfo;
}

@Resolver()
class GenerationResolver {
  @Query(() => Generation, { nullable: true })
  async one(@Arg('id', () => ID) id: string): Promise<VideoGeneration | null> {
    return await prisma.videoGeneration.findUnique({ where: { id, callerId: callerId! } });
  }

  @Query(() => Connection)
  async list(
    @Arg('first', () => Int) first: number,
    @Arg('after', () => ID, { nullable: true }) after: string | null,
    @Arg('status', () => VideoGenerationStatus, { nullable: true })
    status: VideoGenerationStatus | null,
    @Arg('promptContains', () => String, { nullable: true }) promptContains: string | null,
  ): Promise<Connection> {
    const rows = await prisma.videoGeneration.findMany({
      where: {
        callerId: callerId!,
        ...(status && { status }),
        ...(promptContains && { prompt: { contains: promptContains, mode: 'insensitive' } }),
      },
      orderBy: { id: 'desc' },
      take: first + 1,
      ...(after && { cursor: { id: after }, skip: 1 }),
    });
    const edges = rows.slice(0, first).map((node) => ({ cursor: node.id, node }));
    const pageInfo = { endCursor: edges.at(-1)?.cursor ?? null, hasNextPage: rows.length > first };
    return { edges, pageInfo };
  }

  @Query(() => Int)
  async count(
    @Arg('status', () => VideoGenerationStatus) status: VideoGenerationStatus,
  ): Promise<number> {
    return await prisma.videoGeneration.count({ where: { callerId: callerId!, status } });
  }
}

const schema = await buildSchema({ resolvers: [GenerationResolver] });
await startStandaloneServer(new ApolloServer({ schema }), {
  listen: { port: Number(port), host: '127.0.0.1' },
});

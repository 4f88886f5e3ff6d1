/** Yoga with Pothos and Prisma, as the documentation of each shows them: `yoga.mjs DATABASE_URL PORT CALLER`. */
import { createServer } from 'node:http';
import process from 'node:process';
import SchemaBuilder from '@pothos/core';
import { PrismaPg } from '@prisma/adapter-pg';
import { createYoga } from 'graphql-yoga';
import { PrismaClient, VideoGenerationStatus } from '../../src/database/generated/client.ts';

const [connectionString, port, callerId] = process.argv.slice(2);
const prisma = new PrismaClient({
  adapter: new PrismaPg({ connectionString, options: '-c timezone=UTC' }),
});

const builder = new SchemaBuilder({});
const Status = builder.enumType(VideoGenerationStatus, { name: 'Status' });

const Generation = builder.objectRef('Generation').implement({
  fields: (t) => ({
    id: t.exposeID('id'),
    status: t.expose('status', { type: Status }),
    version: t.exposeInt('version'),
    model: t.exposeString('model'),
    prompt: t.exposeString('prompt', { nullable: true }),
    duration: t.exposeInt('duration', { nullable: true }),
    resolution: t.exposeString('resolution', { nullable: true }),
    taskId: t.exposeString('taskId', { nullable: true }),
    statusCode: t.exposeInt('statusCode', { nullable: true }),
    statusMessage: t.exposeString('statusMessage', { nullable: true }),
    createdAt: t.string({ resolve: ({ createdAt }) => createdAt.toISOString() }),
    updatedAt: t.string({ resolve: ({ updatedAt }) => updatedAt.toISOString() }),
  }),
});

const Edge = builder.objectRef('Edge').implement({
  fields: (t) => ({
    cursor: t.exposeString('id'),
    node: t.field({ type: Generation, resolve: (row) => row }),
  }),
});

const PageInfo = builder.objectRef('PageInfo').implement({
  fields: (t) => ({
    endCursor: t.string({ nullable: true, resolve: ({ rows }) => rows.at(-1)?.id ?? null }),
    hasNextPage: t.exposeBoolean('hasNextPage'),
  }),
});

const Connection = builder.objectRef('Connection').implement({
  fields: (t) => ({
    edges: t.field({ type: [Edge], resolve: ({ rows }) => rows }),
    pageInfo: t.field({ type: PageInfo, resolve: (page) => page }),
  }),
});

builder.queryType({
  fields: (t) => ({
    one: t.field({
      type: Generation,
      nullable: true,
      args: { id: t.arg.id({ required: true }) },
      resolve: (_root, { id }) => prisma.videoGeneration.findUnique({ where: { id, callerId } }),
    }),
    list: t.field({
      type: Connection,
      args: {
        first: t.arg.int({ required: true }),
        after: t.arg.id(),
        status: t.arg({ type: Status }),
        promptContains: t.arg.string(),
      },
      async resolve(_root, { first, after, status, promptContains }) {
        const rows = await prisma.videoGeneration.findMany({
          where: {
            callerId,
            ...(status && { status }),
            ...(promptContains && { prompt: { contains: promptContains, mode: 'insensitive' } }),
          },
          orderBy: { id: 'desc' },
          take: first + 1,
          ...(after && { cursor: { id: after }, skip: 1 }),
        });
        return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
      },
    }),
    count: t.int({
      args: { status: t.arg({ type: Status, required: true }) },
      resolve: (_root, { status }) => prisma.videoGeneration.count({ where: { callerId, status } }),
    }),
  }),
});

createServer((request, response) => {
  void yoga(request, response);
}).listen(Number(port), '127.0.0.1');
const yoga = createYoga({ schema: builder.toSchema(), logging: 'warn' });

import 'reflect-metadata';
import { printSchema, lexicographicSortSchema, type GraphQLSchema } from 'graphql';
import { buildSchema, type ContainerType } from 'type-graphql';
import { ApiKeyResolver } from './access/resolver.ts';
import { AuditResolver } from './audit/resolver.ts';
import { ExportResolver } from './export/resolver.ts';
import { ErasureResolver } from './generation/api/erasure-resolver.ts';
import { GenerationConnectionFields, GenerationFields } from './generation/api/fields.ts';
import { VideoModelsResolver } from './generation/api/models-resolver.ts';
import { ProviderResolver } from './submission/provider-resolver.ts';
import { GenerationResolver } from './generation/api/resolver.ts';
import { StatsResolver } from './generation/api/stats-resolver.ts';
import { WebhookResolver } from './webhooks/resolver.ts';
import { demand, type Permission } from './access/permissions.ts';
import type { Context } from './graphql/context.ts';
import { DateTimeScalar } from './graphql/scalars.ts';

/** The API's schema; `resolvers` holds an instance of each resolver class once operations run. */
export async function createSchema(resolvers: ContainerType): Promise<GraphQLSchema> {
  return await buildSchema({
    resolvers: [
      GenerationResolver,
      GenerationFields,
      GenerationConnectionFields,
      StatsResolver,
      VideoModelsResolver,
      ProviderResolver,
      ApiKeyResolver,
      AuditResolver,
      ErasureResolver,
      ExportResolver,
      WebhookResolver,
    ],
    container: resolvers,
    validate: false,
    authChecker: ({ context }: { context: Context }, permissions: Permission[]) => {
      for (const permission of permissions) demand(context.caller, permission);
      return true;
    },
    // Demanded as soon as there is a subscription; ours are fed from the database instead.
    pubSub: { publish: refuse, subscribe: refuse },
    scalarsMap: [{ type: Date, scalar: DateTimeScalar }],
  });
}

/** The schema as `schema.graphql` has it. */
export function schemaText(schema: GraphQLSchema): string {
  return `# Written by "npm run schema". The descriptions are the API's documentation.\n\n${printSchema(lexicographicSortSchema(schema))}\n`;
}

function refuse(): never {
  throw new Error('subscriptions bring their own `subscribe`');
}

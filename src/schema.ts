import 'reflect-metadata';
import { printSchema, lexicographicSortSchema, type GraphQLSchema } from 'graphql';
import { buildSchema } from 'type-graphql';
import { ApiKeyResolver } from './access/resolver.ts';
import { AuditResolver } from './audit/resolver.ts';
import { ExportResolver } from './export/resolver.ts';
import { ErasureResolver } from './generation/api/erasure-resolver.ts';
import { BacklogResolver } from './generation/api/backlog-resolver.ts';
import { CandidateFields } from './generation/api/candidates.ts';
import { GenerationConnectionFields, GenerationFields } from './generation/api/fields.ts';
import { VideoModelsResolver } from './generation/api/models-resolver.ts';
import { ProviderResolver } from './submission/provider-resolver.ts';
import { SubmissionResolver, SubmissionsOfGeneration } from './submission/resolver.ts';
import { GenerationMutations } from './generation/api/mutations.ts';
import { GenerationQueries } from './generation/api/queries.ts';
import { GenerationSubscriptions } from './generation/api/subscriptions.ts';
import { NodeResolver } from './graphql/node.ts';
import { StatsResolver } from './generation/api/stats-resolver.ts';
import { PromptEnhancementResolver } from './generation/api/prompt-enhancement.ts';
import { RegenerationResolver } from './generation/api/regeneration.ts';
import { TaskDeletionResolver } from './generation/api/task-deletion.ts';
import { MediaResolver } from './media/inputs/resolver.ts';
import { InputFilesOfGeneration, PictureOfInputFile } from './media/input-files.ts';
import { ArchiveOfGeneration, KeepingMutation } from './media/resolver.ts';
import { MediaUsageResolver } from './media/usage.ts';
import { SettingsResolver } from './settings/resolver.ts';
import { WebhookResolver } from './webhooks/resolver.ts';
import { demand, type Permission } from './access/permissions.ts';
import type { Context } from './graphql/context.ts';
import { DateTimeScalar } from './graphql/scalars.ts';
import { addWrittenFields } from './graphql/written-fields.ts';

let schema: Promise<GraphQLSchema> | undefined;

/** The API's schema, one for all servers of a process: the resolvers of an operation are in its context. */
export async function createSchema(): Promise<GraphQLSchema> {
  return await (schema ??= build());
}

async function build(): Promise<GraphQLSchema> {
  const built = await buildSchema({
    resolvers: [
      NodeResolver,
      GenerationQueries,
      GenerationMutations,
      GenerationSubscriptions,
      GenerationFields,
      CandidateFields,
      GenerationConnectionFields,
      StatsResolver,
      BacklogResolver,
      VideoModelsResolver,
      ProviderResolver,
      SubmissionResolver,
      SubmissionsOfGeneration,
      ApiKeyResolver,
      AuditResolver,
      ErasureResolver,
      RegenerationResolver,
      PromptEnhancementResolver,
      TaskDeletionResolver,
      ExportResolver,
      WebhookResolver,
      MediaResolver,
      ArchiveOfGeneration,
      KeepingMutation,
      MediaUsageResolver,
      InputFilesOfGeneration,
      PictureOfInputFile,
      SettingsResolver,
    ],
    container: ({ context }: { context: Context }) => context,
    validate: false,
    authChecker: ({ context }: { context: Context }, permissions: Permission[]) => {
      for (const permission of permissions) demand(context.caller, permission);
      return true;
    },
    // Demanded as soon as there is a subscription; ours are fed from the database instead.
    pubSub: { publish: refuse, subscribe: refuse },
    scalarsMap: [{ type: Date, scalar: DateTimeScalar }],
  });
  for (const [name, description] of Object.entries(rootDescriptions)) {
    built.getType(name)!.description = description;
  }
  addWrittenFields(built);
  return built;
}

/** type-graphql knows no place for them. */
const rootDescriptions = {
  Query:
    'What can be looked at. Nothing here sends anything to MiniMax but to renew a link that has expired, or to read a balance.',
  Mutation:
    'What can be done. What is wrong with the input of a generation is a value, `userErrors`; everything else that cannot be done is an error with a code.',
  Subscription:
    'What can be followed: over WebSocket (graphql-ws) at `/graphql`, or as event streams (graphql-sse) at `/graphql/stream`.',
};

/** The schema as `schema.graphql` has it. */
export function schemaText(schema: GraphQLSchema): string {
  return `# Written by "npm run schema". The descriptions are the API's documentation.\n\n${printSchema(lexicographicSortSchema(schema))}\n`;
}

function refuse(): never {
  throw new Error('subscriptions bring their own `subscribe`');
}

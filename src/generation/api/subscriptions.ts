import { Arg, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import type { AuditLog } from '../../audit/log.ts';
import type { Context } from '../../graphql/context.ts';
import { DateTimeScalar } from '../../graphql/scalars.ts';
import type { Watch } from '../live/inbox.ts';
import { watchLimits } from '../live/watch-limits.ts';
import type { Watches } from '../live/watch.ts';
import type { VideoGeneration } from '../generation.ts';
import type { VisibleGenerations } from '../visible-generations.ts';
import { VideoGenerationFilter } from './filter-types.ts';
import { VideoGenerationType } from './generation-types.ts';

export interface SubscriptionOptions {
  visible: VisibleGenerations;
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

/** Generations followed. */
@Resolver()
export class GenerationSubscriptions {
  readonly #options: SubscriptionOptions;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  @Subscription(() => VideoGenerationType, {
    description:
      'A generation as it is now, then again after each change, until it is SUCCEEDED, FAILED or CANCELLED; then the subscription completes. `version` only grows; changes in quick succession may come as one. UNCERTAIN is not the end: somebody may settle it later, and the subscription waits for that. An id that does not exist gives an error with code NOT_FOUND.',
    subscribe: ({ args, context }: { args: WatchOneArguments; context: Context }) =>
      context.get(GenerationSubscriptions).watchOne(args, context),
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
    return await this.#options.watches.one(id, afterVersion ?? 0, () =>
      this.#options.visible.read(id, context),
    );
  }

  @Subscription(() => VideoGenerationType, {
    description: `Each change of any generation that you may see and that matches the filter, as the generation is then; and once more when a change makes one stop matching, so that you never miss how it ended. It begins with those that are not final yet (the ${watchLimits.snapshot} newest), or with what \`updatedAfter\` asks for, and never ends by itself. \`version\` only grows for each generation; drop what has none later than what you have. Changes in quick succession may come as one.`,
    subscribe: ({ args, context }: { args: WatchManyArguments; context: Context }) =>
      context.get(GenerationSubscriptions).watchMany(args, context),
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
}

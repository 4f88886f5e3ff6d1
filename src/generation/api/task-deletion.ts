import { Arg, Authorized, Ctx, ID, Mutation, Resolver } from 'type-graphql';
import type { Permission } from '../../access/permissions.ts';
import type { TaskRemoval } from '../../following/task-removal.ts';
import type { Context } from '../../graphql/context.ts';
import type { GenerationStore } from '../store.ts';
import type { VisibleGenerations } from '../visible-generations.ts';
import { VideoGenerationPayload } from './payload-types.ts';

export interface TaskDeletionOptions {
  store: GenerationStore;
  visible: VisibleGenerations;
  removal: TaskRemoval;
}

/** For admins: what is to be forgotten by MiniMax too. */
@Resolver()
export class TaskDeletionResolver {
  readonly #options: TaskDeletionOptions;

  constructor(options: TaskDeletionOptions) {
    this.#options = options;
  }

  @Mutation(() => VideoGenerationPayload, {
    description:
      "For admins: deletes the task of a generation of the second API generation that SUCCEEDED or FAILED, at MiniMax and for good. MiniMax does not know it any more then and gives no new link; it does not say whether the video itself is deleted. Nothing of this service's own is changed but the generation's events. `TASK_NOT_REMOVED` where MiniMax did not delete it, or nobody knows.",
  })
  @Authorized<Permission>('administer')
  async deleteTaskAtMiniMax(
    @Arg('id', () => ID, { description: "The generation's `id`." }) id: string,
    @Arg('taskId', () => String, {
      description: "The generation's `taskId`, so that no other is meant: this cannot be undone.",
    })
    taskId: string,
    @Ctx() context: Context,
  ): Promise<VideoGenerationPayload> {
    const { store, visible, removal } = this.#options;
    const generation = await visible.find(id, context);
    const error = await removal.delete(generation, taskId, context);
    return { generation: await store.find(generation.id), userErrors: error ? [error] : [] };
  }
}

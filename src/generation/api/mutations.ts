import { Kind, type GraphQLResolveInfo, type OperationDefinitionNode } from 'graphql';
import { Arg, Authorized, Ctx, Extensions, ID, Info, Int, Mutation, Resolver } from 'type-graphql';
import type { Permission } from '../../access/permissions.ts';
import type { Context } from '../../graphql/context.ts';
import { requestsVideo } from '../../graphql/video-requests.ts';
import type { Cancellation } from '../cancellation.ts';
import type { DecisionResult, Decisions } from '../decisions.ts';
import { cursorOf, newestFirst } from '../finding/list.ts';
import { maxReleasedAtOnce, type Holds } from '../holds.ts';
import type { CreateResult, GenerationService } from '../service.ts';
import type { VisibleGenerations } from '../visible-generations.ts';
import { CreateVideoGenerationInputType, keyOfRepetition } from './input-types.ts';
import {
  CreateVideoGenerationPayload,
  ReleaseVideoGenerationsPayload,
  VideoGenerationPayload,
} from './payload-types.ts';

export interface MutationOptions {
  visible: VisibleGenerations;
  service: GenerationService;
  cancellation: Cancellation;
  decisions: Decisions;
  holds: Holds;
}

const versionArgument = {
  description:
    'The `version` that you saw when you decided. What was settled since is not settled again: the answer says how it was, and nothing is sent.',
} as const;

/** Generations requested, and what is decided about them. */
@Resolver()
export class GenerationMutations {
  readonly #options: MutationOptions;

  constructor(options: MutationOptions) {
    this.#options = options;
  }

  @Mutation(() => CreateVideoGenerationPayload, {
    description:
      'Requests a video. The request is stored first, then sent to MiniMax once; the answer comes within seconds, with status PROCESSING (accepted), FAILED (refused: see `failure`) or UNCERTAIN, or QUEUED or SUBMITTING when MiniMax takes its time, in which case the service carries on by itself. Input that no model takes is refused before anything is stored or charged.',
  })
  @Authorized<Permission>('generate')
  @Extensions(requestsVideo)
  async createVideoGeneration(
    @Arg('input', () => CreateVideoGenerationInputType, { description: 'What is to be made.' })
    input: CreateVideoGenerationInputType,
    @Ctx() context: Context,
    @Info() { operation, variableValues }: GraphQLResolveInfo,
  ): Promise<CreateVideoGenerationPayload> {
    const { idempotencyKey, ...request } = input;
    const result = await this.#options.service.create(request, {
      ...context,
      idempotencyKey: idempotencyKey ?? context.idempotencyKey,
      onStored: () => {
        // Another field may want the same images.
        if (isAlone(operation)) context.letGoOfBody(variableValues, input, request);
      },
    });
    return createPayload(result);
  }

  @Mutation(() => VideoGenerationPayload, {
    description:
      'For its owner and admins: withdraws a generation while it is QUEUED, so that it is not sent (what was sent before an admin had it sent again is not taken back by that); and of the second API generation also while it is PROCESSING and MiniMax has its task queued, which costs nothing then. MiniMax is asked how the task stands, and told to cancel it only if it is queued: one that runs goes on (`TASK_RUNNING`), and where MiniMax does not say that it is cancelled it is followed as before (`TASK_NOT_REMOVED`). Of the first API generation what was sent cannot be taken back (`WRONG_STATUS`).',
  })
  @Authorized<Permission>('generate')
  async cancelVideoGeneration(
    @Arg('id', () => ID, { description: "The generation's `id`." }) id: string,
    @Ctx() context: Context,
  ): Promise<VideoGenerationPayload> {
    return payload(
      await this.#options.cancellation.cancel(
        await this.#options.visible.findOwn(id, context),
        context,
      ),
    );
  }

  @Mutation(() => CreateVideoGenerationPayload, {
    description:
      'For its owner and admins: makes a new generation from a FAILED, CANCELLED or UNCERTAIN one; it is paid for anew, has `retryOfId`, and belongs to the caller and tenant of the one that it repeats. It is made once, whoever asks how often: later calls give the same new generation, with `replayed`; when that fails or is cancelled too, retry that. For an UNCERTAIN one this may pay twice for the same video.',
  })
  @Authorized<Permission>('generate')
  @Extensions(requestsVideo)
  async retryVideoGeneration(
    @Arg('id', () => ID, {
      description: 'The `id` of the failed, cancelled or uncertain generation.',
    })
    id: string,
    @Arg('idempotencyKey', () => String, keyOfRepetition)
    idempotencyKey: string | null,
    @Ctx() context: Context,
  ): Promise<CreateVideoGenerationPayload> {
    const result = await this.#options.decisions.retry(
      await this.#options.visible.findOwn(id, context),
      {
        ...context,
        idempotencyKey: idempotencyKey ?? context.idempotencyKey,
      },
    );
    return createPayload(result);
  }

  @Mutation(() => VideoGenerationPayload, {
    description:
      'For its owner and admins: asks MiniMax for a PROCESSING generation now instead of when it is due. Any other is answered as it is.',
  })
  @Authorized<Permission>('generate')
  async refreshVideoGeneration(
    @Arg('id', () => ID, { description: "The generation's `id`." }) id: string,
    @Ctx() context: Context,
  ): Promise<VideoGenerationPayload> {
    return payload(
      await this.#options.decisions.refresh(await this.#options.visible.findOwn(id, context)),
    );
  }

  @Mutation(() => VideoGenerationPayload, {
    description:
      "For admins: settles an UNCERTAIN generation, or one that is held, whose task was found in MiniMax's console, or takes up one that FAILED with TASK_UNKNOWN, RESULT_MISSING or NOT_CREATED, with the same task or another, also when it has a successor, or one without a task that was CANCELLED after it had been sent: the video is paid for. It becomes PROCESSING and is followed as usual, with the account of the submission that made the task (`submissionId`). Exactly one of its `submissions` says that the task was accepted: that one, or a new one when MiniMax had named another task. Others that are UNKNOWN stay so, and count as possible spend.",
  })
  @Authorized<Permission>('administer')
  async attachVideoGenerationTask(
    @Arg('id', () => ID, { description: "The generation's `id`." }) id: string,
    @Arg('taskId', () => String, { description: "MiniMax's id of the task." }) taskId: string,
    @Arg('version', () => Int, versionArgument) version: number,
    @Arg('submissionId', () => ID, {
      nullable: true,
      description:
        'Which of its `submissions` made the task, when more than one was sent: one that is UNKNOWN, or that a person said was not created. Left out, it is the one whose answer named the task, or else the latest.',
    })
    submissionId: string | null,
    @Ctx() context: Context,
  ): Promise<VideoGenerationPayload> {
    const generation = await this.#options.visible.find(id, context);
    const found = { taskId, version, submissionId: submissionId ?? null };
    return payload(await this.#options.decisions.attachTask(generation, found, context));
  }

  @Mutation(() => VideoGenerationPayload, {
    description:
      'For admins: settles an UNCERTAIN generation of which MiniMax accepted nothing that was sent: each of its `submissions` that is UNKNOWN becomes REFUSED, and it FAILED with kind NOT_CREATED.',
  })
  @Authorized<Permission>('administer')
  async declareVideoGenerationNotCreated(
    @Arg('id', () => ID, { description: "The generation's `id`." }) id: string,
    @Arg('version', () => Int, versionArgument) version: number,
    @Ctx() context: Context,
  ): Promise<VideoGenerationPayload> {
    return payload(
      await this.#options.decisions.declareNotCreated(
        await this.#options.visible.find(id, context),
        version,
        context,
      ),
    );
  }

  @Mutation(() => VideoGenerationPayload, {
    description:
      'For admins: sends an UNCERTAIN generation again, knowing that MiniMax may have accepted it already and that it may be paid twice. One that was retried is refused (`SETTLED_ALREADY`): its successor is sent. When MiniMax refuses it then, it is UNCERTAIN again, with the reason, as long as what was sent before may have been accepted.',
  })
  @Authorized<Permission>('administer')
  @Extensions(requestsVideo)
  async resubmitVideoGeneration(
    @Arg('id', () => ID, { description: "The generation's `id`." }) id: string,
    @Arg('version', () => Int, versionArgument) version: number,
    @Ctx() context: Context,
  ): Promise<VideoGenerationPayload> {
    return payload(
      await this.#options.decisions.resubmit(
        await this.#options.visible.find(id, context),
        version,
        context,
      ),
    );
  }

  @Mutation(() => ReleaseVideoGenerationsPayload, {
    description:
      'For admins: has held generations sent (`generations(filter: { held: true })`), knowing that MiniMax may have accepted them already and that they may be paid twice. Those that are not held are answered as they are, so repeating the call is safe. With one wrong id nothing is done.',
  })
  @Authorized<Permission>('administer')
  @Extensions(requestsVideo)
  async releaseVideoGenerations(
    @Arg('ids', () => [ID], {
      description: `The \`id\` of each generation, 1 to ${maxReleasedAtOnce}.`,
    })
    ids: string[],
    @Ctx() context: Context,
  ): Promise<ReleaseVideoGenerationsPayload> {
    const { generations, userErrors } = await this.#options.holds.release(ids, context);
    return { generations: [...generations], userErrors: [...userErrors] };
  }
}

/** What came of a request that makes a generation. */
export function createPayload({ generation, replayed, userErrors }: CreateResult) {
  const generationEdge = generation && {
    cursor: cursorOf(generation, newestFirst),
    node: generation,
  };
  return { generation, generationEdge, replayed, userErrors: [...userErrors] };
}

function payload({ generation, userErrors }: DecisionResult): VideoGenerationPayload {
  return { generation, userErrors: [...userErrors] };
}

/** Whether nothing else of the operation may want what came with it. */
export function isAlone({ selectionSet: { selections } }: OperationDefinitionNode): boolean {
  return selections.length === 1 && selections[0]!.kind === Kind.FIELD;
}

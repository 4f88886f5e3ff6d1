import { Authorized, Field, FieldResolver, Float, ObjectType, Resolver, Root } from 'type-graphql';
import type { Permission } from '../../access/permissions.ts';
import type { Reconciliation } from '../../following/reconcile.ts';
import { ApiError } from '../../graphql/errors.ts';
import { DateTimeScalar } from '../../graphql/scalars.ts';
import type { ListedTask } from '../../minimax/answers.ts';
import { MinimaxError } from '../../minimax/errors.ts';
import type { VideoGeneration } from '../generation.ts';
import { VideoGenerationType } from './generation-types.ts';

@ObjectType('TaskCandidate', {
  description:
    'A task of the MiniMax account that an uncertain generation may have become. MiniMax does not tell its prompt.',
})
export class TaskCandidateType {
  @Field(() => String, { description: 'For `attachVideoGenerationTask`.' })
  taskId!: string;

  @Field(() => DateTimeScalar, { description: 'When MiniMax made it.' })
  createdAt!: Date;

  @Field(() => String, { description: "MiniMax's word for how it stands." })
  upstreamStatus!: string;

  @Field(() => String, { nullable: true, description: 'Resolution, as MiniMax tells.' })
  resolution!: string | null;

  @Field(() => Float, { nullable: true, description: 'Length in seconds, as MiniMax tells.' })
  duration!: number | null;

  @Field(() => String, { nullable: true, description: 'Aspect ratio, as MiniMax tells.' })
  aspectRatio!: string | null;
}

/** What helps a person to settle an uncertain generation. */
@Resolver(() => VideoGenerationType)
export class CandidateFields {
  readonly #reconciliation: Reconciliation;

  constructor({ reconciliation }: { reconciliation: Reconciliation }) {
    this.#reconciliation = reconciliation;
  }

  @FieldResolver(() => [TaskCandidateType], {
    description:
      'For admins: the tasks that an UNCERTAIN generation may have become, by what MiniMax lists now, without those that belong to another one. Empty for any other, and for the first API generation, which has no list. TASKS_UNAVAILABLE where MiniMax does not answer.',
  })
  @Authorized<Permission>('administer')
  async candidates(@Root() generation: VideoGeneration): Promise<TaskCandidateType[]> {
    try {
      return (await this.#reconciliation.candidates(generation)).map(toType);
    } catch (error) {
      if (!(error instanceof MinimaxError)) throw error;
      const { failureKind: kind, statusCode: upstreamCode, statusMessage: upstreamMessage } = error;
      throw new ApiError(
        'TASKS_UNAVAILABLE',
        'MiniMax does not list its tasks now. Ask again later.',
        { kind, upstreamCode, upstreamMessage },
      );
    }
  }
}

function toType({ statusWord, ...task }: ListedTask): TaskCandidateType {
  return { ...task, upstreamStatus: statusWord };
}

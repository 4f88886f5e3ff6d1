import { Arg, Authorized, Ctx, Field, ID, Int, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { Permission } from '../../access/permissions.ts';
import type { Context } from '../../graphql/context.ts';
import { maxDays, maxReasonLength, maxRedactedAtOnce, type Erasure } from '../erasure.ts';
import { UserError, VideoGenerationPayload } from './payload-types.ts';
import type { VisibleGenerations } from '../visible-generations.ts';

@ObjectType({ description: 'What came of redacting many.' })
export class RedactVideoGenerationsPayload {
  @Field(() => Int, { description: 'How many were redacted by this call.' })
  redacted!: number;

  @Field(() => Boolean, { description: 'Whether there are more: call again.' })
  hasMore!: boolean;

  @Field(() => [UserError], { description: 'Why nothing was done. Empty when it was.' })
  userErrors!: UserError[];
}

const reasonArgument = {
  description: `Why, for the audit log: 1 to ${maxReasonLength} characters, without what is to be removed.`,
} as const;

/** For admins: what is to be forgotten. */
@Resolver()
export class ErasureResolver {
  readonly #visible: VisibleGenerations;
  readonly #erasure: Erasure;

  constructor(options: { visible: VisibleGenerations; erasure: Erasure }) {
    this.#visible = options.visible;
    this.#erasure = options.erasure;
  }

  @Mutation(() => VideoGenerationPayload, {
    description:
      'For admins: removes prompt and images of a generation for good; what else is known of it stays, with its events. Only when it is SUCCEEDED, FAILED, CANCELLED or UNCERTAIN. One that is redacted already is answered as it is.',
  })
  @Authorized<Permission>('administer')
  async redactVideoGeneration(
    @Arg('id', () => ID, { description: "The generation's `id`." }) id: string,
    @Arg('reason', () => String, reasonArgument) reason: string,
    @Ctx() context: Context,
  ): Promise<VideoGenerationPayload> {
    const generation = await this.#visible.find(id, context);
    const result = await this.#erasure.redact(generation, reason, context);
    return { ...result, userErrors: [...result.userErrors] };
  }

  @Mutation(() => RedactVideoGenerationsPayload, {
    description: `For admins: the same for all that were created so long ago, oldest first, ${maxRedactedAtOnce} at most in one call. Those that are still needed for their video are left out.`,
  })
  @Authorized<Permission>('administer')
  async redactVideoGenerations(
    @Arg('olderThanDays', () => Int, {
      description: `Created before so many days of 24 hours, 0 to ${maxDays}; 0 is everything until now.`,
    })
    olderThanDays: number,
    @Arg('reason', () => String, reasonArgument) reason: string,
    @Arg('callerId', () => String, {
      nullable: true,
      description: 'Only what this caller requested; left out: whoever it was.',
    })
    callerId: string | null,
    @Ctx() context: Context,
  ): Promise<RedactVideoGenerationsPayload> {
    const result = await this.#erasure.redactOlder(olderThanDays, callerId, reason, context);
    return { ...result, userErrors: [...result.userErrors] };
  }
}

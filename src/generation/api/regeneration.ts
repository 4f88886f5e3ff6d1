import {
  Arg,
  Authorized,
  Ctx,
  Extensions,
  Field,
  ID,
  Mutation,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
} from 'type-graphql';
import type { Permission } from '../../access/permissions.ts';
import type { Context } from '../../graphql/context.ts';
import { Money } from '../../graphql/money.ts';
import { requestsVideo } from '../../graphql/video-requests.ts';
import { findVideoModel } from '../../upstream/models.ts';
import { RegenerationSource, type Regenerations } from '../regeneration.ts';
import type { VisibleGenerations } from '../visible-generations.ts';
import { keyOfRepetition } from './input-types.ts';
import { createPayload } from './mutations.ts';
import { CreateVideoGenerationPayload, UserError } from './payload-types.ts';

registerEnumType(RegenerationSource, {
  name: 'RegenerationSource',
  description: 'What a video is made anew from.',
  valuesConfig: {
    TASK: {
      description:
        'Its task at MiniMax, which has it for seven days. MiniMax allows that to accounts on a list of its own.',
    },
    INPUTS: {
      description:
        'What it was made from, and the video itself. Not with images that came as data URLs: they are gone once it has succeeded.',
    },
  },
});

const fromArgument = {
  nullable: true,
  description: 'Left out: TASK as long as MiniMax has it, then INPUTS.',
} as const;

@ObjectType({
  description:
    'What `regenerateVideoGeneration` would say to a generation that was not made anew before. Nothing is stored, sent or charged.',
})
export class ValidateVideoRegenerationPayload {
  @Field(() => Boolean, { description: 'True when `userErrors` is empty.' })
  valid!: boolean;

  @Field(() => [UserError], { description: 'Why it cannot be made anew.' })
  userErrors!: UserError[];

  @Field(() => RegenerationSource, {
    nullable: true,
    description: 'What it would be made from; null when it is not valid.',
  })
  from!: RegenerationSource | null;

  @Field(() => Money, {
    nullable: true,
    description:
      'List price, pay as you go, with the length rounded up as MiniMax was seen to do; null when it is not valid, or the length of a reference video is not known.',
  })
  estimatedPrice!: Money | null;

  @Field(() => String, { nullable: true, description: 'Day of the price list, e.g. `2026-10-24`.' })
  priceListedOn!: string | null;
}

export interface RegenerationApiOptions {
  visible: VisibleGenerations;
  regenerations: Regenerations;
}

/** Finished videos made anew in a higher resolution. */
@Resolver()
export class RegenerationResolver {
  readonly #options: RegenerationApiOptions;

  constructor(options: RegenerationApiOptions) {
    this.#options = options;
  }

  @Query(() => ValidateVideoRegenerationPayload, {
    description:
      'Checks a generation by the rules of `regenerateVideoGeneration` and tells the list price, without storing, sending or charging anything.',
  })
  async validateVideoRegeneration(
    @Arg('id', () => ID, { description: 'The `id` of the generation that has the video.' })
    id: string,
    @Arg('from', () => RegenerationSource, fromArgument) from: RegenerationSource | null,
    @Ctx() context: Context,
  ): Promise<ValidateVideoRegenerationPayload> {
    const { visible, regenerations } = this.#options;
    const source = await visible.read(id, context);
    const { video, problems } = await regenerations.check(source, {
      from: from ?? null,
      aigcWatermark: null,
    });
    const price = video?.listPriceUsd ?? null;
    return {
      valid: video !== null,
      userErrors: [...problems],
      from: video && (video.sourceTaskId === null ? 'INPUTS' : 'TASK'),
      estimatedPrice: price === null ? null : { amount: String(price), currency: 'USD' },
      priceListedOn: price === null ? null : findVideoModel(source.model)!.priceListedOn,
    };
  }

  @Mutation(() => CreateVideoGenerationPayload, {
    description:
      'For its owner and admins: makes the video of a SUCCEEDED generation of MiniMax-H3 in 768P anew in 2K. That is a new generation of `kind` REGENERATION, which is paid for by a price of its own (`validateVideoRegeneration`), has `sourceId`, and the caller, tenant, tags and webhook URL of the one that it is made from. It is made once, whoever asks how often: later calls give the same one, with `replayed`, unless it was CANCELLED or FAILED without anything paid. What cannot be made anew is refused before anything is stored or charged.',
  })
  @Authorized<Permission>('generate')
  @Extensions(requestsVideo)
  async regenerateVideoGeneration(
    @Arg('id', () => ID, { description: 'The `id` of the generation that has the video.' })
    id: string,
    @Arg('idempotencyKey', () => String, keyOfRepetition)
    idempotencyKey: string | null,
    @Arg('from', () => RegenerationSource, fromArgument) from: RegenerationSource | null,
    @Arg('aigcWatermark', () => Boolean, {
      nullable: true,
      description: 'Whether the new video gets a visible AI watermark; left out: not said.',
    })
    aigcWatermark: boolean | null,
    @Ctx() context: Context,
  ): Promise<CreateVideoGenerationPayload> {
    const { visible, regenerations } = this.#options;
    const source = await visible.findOwn(id, context);
    const result = await regenerations.regenerate(
      source,
      { from: from ?? null, aigcWatermark: aigcWatermark ?? null },
      { ...context, idempotencyKey: idempotencyKey ?? context.idempotencyKey },
    );
    return createPayload(result);
  }
}

import type { GraphQLResolveInfo } from 'graphql';
import {
  Arg,
  Authorized,
  Ctx,
  Extensions,
  Field,
  Info,
  InputType,
  Int,
  Mutation,
  Resolver,
} from 'type-graphql';
import type { Permission } from '../../access/permissions.ts';
import type { Context } from '../../graphql/context.ts';
import { requestsVideo } from '../../graphql/video-requests.ts';
import { enhancePrompt } from '../prompt-enhancement.ts';
import type { GenerationService } from '../service.ts';
import { ReferenceClipInputType } from './input-types.ts';
import { createPayload, isAlone } from './mutations.ts';
import { CreateVideoGenerationPayload } from './payload-types.ts';

@InputType({
  description:
    'A video that a better prompt is wanted for: what `createVideoGeneration` takes for MiniMax-H3, by the same rules, without resolution and watermark.',
})
export class EnhancePromptInput {
  @Field(() => String, {
    nullable: true,
    description:
      'As for `createVideoGeneration`: 1 to 255 printable ASCII characters without spaces. However often it comes, the request is sent and paid once. Left out: the `Idempotency-Key` header, if any.',
  })
  idempotencyKey?: string | null;

  @Field(() => String, {
    description: 'The model that the prompt is for: `MiniMax-H3`. `videoModels` tells the price.',
  })
  model!: string;

  @Field(() => String, {
    nullable: true,
    description: 'What is to be seen, in your words: required, 7,000 characters at most.',
  })
  prompt?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Length of the video in seconds, 4 to 15. Left out: 5.',
  })
  duration?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Width to height, e.g. `16:9`, or `adaptive`: as its references. Needed for text alone, ignored beside a frame.',
  })
  aspectRatio?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Opening frame: a public http(s) URL, a data URL, or `mm_file://<file id>`. Formats and sizes: `videoModels`.',
  })
  firstFrameImage?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Closing frame, as for `firstFrameImage`.',
  })
  lastFrameImage?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Up to 9 images, as for `firstFrameImage`; no frames beside them.',
  })
  referenceImages?: string[] | null;

  @Field(() => [ReferenceClipInputType], {
    nullable: true,
    description: 'Up to 3 videos, 15 seconds together.',
  })
  referenceVideos?: ReferenceClipInputType[] | null;

  @Field(() => [ReferenceClipInputType], {
    nullable: true,
    description: 'Up to 3 sounds beside a reference image or video, 15 seconds together.',
  })
  referenceAudios?: ReferenceClipInputType[] | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Words of your own to find it by: at most 10, each of 1 to 50 characters without blanks around it, none twice. They are not sent to MiniMax.',
  })
  tags?: string[] | null;
}

/** Better prompts for videos that are not made yet. */
@Resolver()
export class PromptEnhancementResolver {
  readonly #service: GenerationService;

  constructor({ service }: { service: GenerationService }) {
    this.#service = service;
  }

  @Mutation(() => CreateVideoGenerationPayload, {
    description:
      'Has MiniMax make a better prompt for a video of MiniMax-H3, which takes about half a minute and makes no video. That is a generation of `kind` PROMPT_ENHANCEMENT, which is stored, sent once, followed, paid and audited like any other: its result is `enhancedPrompt`, its `videoUrl` stays null. It is paid by tokens, so there is no list price: `cost` is reckoned from what MiniMax metered. Input that MiniMax would not take is refused before anything is stored or charged.',
  })
  @Authorized<Permission>('generate')
  @Extensions(requestsVideo)
  async enhancePrompt(
    @Arg('input', () => EnhancePromptInput, { description: 'What a better prompt is wanted for.' })
    input: EnhancePromptInput,
    @Ctx() context: Context,
    @Info() { operation, variableValues }: GraphQLResolveInfo,
  ): Promise<CreateVideoGenerationPayload> {
    const { idempotencyKey, ...request } = input;
    const result = await enhancePrompt(this.#service, request, {
      ...context,
      idempotencyKey: idempotencyKey ?? context.idempotencyKey,
      onStored: () => {
        if (isAlone(operation)) context.letGoOfBody(variableValues, input, request);
      },
    });
    return createPayload(result);
  }
}

import { Field, Float, InputType, Int } from 'type-graphql';
import { PromptExpansion } from '../../minimax/model.ts';

@InputType('SubjectReferenceInput', {
  description: 'A face that the video is to keep. Only S2V-01 takes one.',
})
export class SubjectReferenceInputType {
  @Field(() => String, { defaultValue: 'character', description: 'Only `character` exists.' })
  type!: string;

  @Field(() => [String], {
    description:
      'Exactly one image: a public URL, a data URL or `media:<id>`, limits as for `firstFrameImage`.',
  })
  image!: string[];
}

@InputType('ReferenceClipInput', {
  description: 'A video or a sound that the new video is to be like.',
})
export class ReferenceClipInputType {
  @Field(() => String, {
    description:
      'A public http(s) URL, `media:<id>` of a file that was sent to `POST /media`, or `mm_file://<file id>` of a file at MiniMax that you or your tenant uploaded through this service (`POST /minimax/v1/files/upload`) within the last 7 days.',
  })
  url!: string;

  @Field(() => Float, {
    nullable: true,
    description:
      'How long it is, 2 to 15 seconds. Checked when given; of a video it is needed to know the price beforehand. Of `media:<id>` it is measured.',
  })
  seconds?: number | null;
}

@InputType('CreateVideoGenerationInput', {
  description:
    'A request for a video. Which of the fields a model takes, and what may be in them, `videoModels` tells.',
})
export class CreateVideoGenerationInputType {
  @Field(() => String, {
    nullable: true,
    description:
      'A name of your own for this request, e.g. a UUID: 1 to 255 printable ASCII characters without spaces. However often it comes, in parallel or much later, the request is stored and sent once, and each answer is the first generation. Left out: the `Idempotency-Key` header, if any.',
  })
  idempotencyKey?: string | null;

  @Field(() => String, {
    description: 'The model, e.g. `MiniMax-H3`, spelled as `videoModels` lists it.',
  })
  model!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'What is to be seen. `videoModels` tells how long it may be and whether it is required; for some models it may contain camera commands such as `[Push in]`.',
  })
  prompt?: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Length in seconds, depending on model and resolution. Left out: the default of the model.',
  })
  duration?: number | null;

  @Field(() => String, {
    nullable: true,
    description: "Such as `768P` or `2K`, depending on the model. Left out: the model's default.",
  })
  resolution?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Opening frame: a public http(s) URL, a data URL such as `data:image/jpeg;base64,…`, or the `reference` of a file that was sent to `POST /media`, `media:<id>`. Formats and sizes: `videoModels`. The second API generation also takes `mm_file://<file id>`, as for `ReferenceClipInput.url`.',
  })
  firstFrameImage?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Closing frame, as for `firstFrameImage`. MiniMax-Hailuo-02 and the H3 models take one.',
  })
  lastFrameImage?: string | null;

  @Field(() => [SubjectReferenceInputType], {
    nullable: true,
    description: 'A face to keep: exactly one entry. Only S2V-01 takes one.',
  })
  subjectReference?: SubjectReferenceInputType[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Width to height, e.g. `16:9`, or `adaptive`: as its references. H3 models need one for text alone, and ignore it beside a frame.',
  })
  aspectRatio?: string | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Images that the video is to be like, as for `firstFrameImage`; the prompt may speak of image 1, image 2 … H3 models take up to 9, and no frames beside them.',
  })
  referenceImages?: string[] | null;

  @Field(() => [ReferenceClipInputType], {
    nullable: true,
    description:
      'Videos that the new one is to be like: up to 3, 15 seconds together. Paid by the second.',
  })
  referenceVideos?: ReferenceClipInputType[] | null;

  @Field(() => [ReferenceClipInputType], {
    nullable: true,
    description:
      'Sounds that the video is to have, beside a reference image or video: up to 3, 15 seconds together.',
  })
  referenceAudios?: ReferenceClipInputType[] | null;

  @Field(() => PromptExpansion, {
    nullable: true,
    description: 'How much MiniMax may add to the prompt. MiniMax-H3-Max only.',
  })
  promptExpansion?: PromptExpansion | null;

  @Field(() => Boolean, {
    defaultValue: true,
    description:
      'Whether MiniMax may rewrite the prompt for better results. False follows it literally. First API generation only.',
  })
  promptOptimizer!: boolean;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Shortens the time of the prompt optimizer. MiniMax-Hailuo-2.3, -2.3-Fast and -02, without last frame.',
  })
  fastPretreatment?: boolean | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      "Adds a visible AI watermark. Documented for MiniMax's Chinese service only; sent only when set.",
  })
  aigcWatermark?: boolean | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Words of your own to find it by, e.g. `["spring campaign"]`: at most 10, each of 1 to 50 characters without blanks around it, none twice. They are not sent to MiniMax.',
  })
  tags?: string[] | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Where the webhooks of this generation go, instead of the URL of your enabled endpoint with the same scheme, host and port, which says what is sent and whose secret signs it. At most 2000 characters. Left out: to the endpoints’ own URLs.',
  })
  webhookUrl?: string | null;
  @Field(() => Int, {
    nullable: true,
    description:
      'For how many days its video is kept here once it is stored, e.g. `30`, and its files from its end on unless something else uses them: 1 or more, at most what the operator allows. The room of your tenant may end it earlier. What repeats the generation or makes it anew is kept for as long. Left out: as the operator says.',
  })
  keepForDays?: number | null;
}

/** The argument `idempotencyKey` of what makes a generation from another one. */
export const keyOfRepetition = {
  nullable: true,
  description:
    'As for `createVideoGeneration`, or left out: repeating the call is safe without one. Only the key of the one whose generation it is, or its `Idempotency-Key` header, stays with the new generation.',
};

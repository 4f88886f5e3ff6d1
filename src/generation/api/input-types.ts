import { Field, InputType, Int } from 'type-graphql';

@InputType('SubjectReferenceInput', {
  description: 'A face that the video is to keep. Only S2V-01 takes one.',
})
export class SubjectReferenceInputType {
  @Field(() => String, { defaultValue: 'character', description: 'Only `character` exists.' })
  type!: string;

  @Field(() => [String], {
    description: 'Exactly one image: a public URL or a data URL, limits as for `firstFrameImage`.',
  })
  image!: string[];
}

@InputType('CreateVideoGenerationInput', {
  description:
    "A request for a video. The fields are MiniMax's own; which of them a model takes, `videoModels` tells.",
})
export class CreateVideoGenerationInputType {
  @Field(() => String, {
    nullable: true,
    description:
      'A name of your own for this request, e.g. a UUID: 1 to 255 printable ASCII characters without spaces. However often it comes, in parallel or much later, the request is stored and sent once, and each answer is the first generation. Left out: the `Idempotency-Key` header, if any.',
  })
  idempotencyKey?: string | null;

  @Field(() => String, {
    description: 'The model, e.g. `MiniMax-Hailuo-02`, spelled as `videoModels` lists it.',
  })
  model!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'What is to be seen, at most 2000 characters. Required without images. May contain camera commands such as `[Push in]`; `videoModels` lists them.',
  })
  prompt?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Length in seconds: 6 or 10, depending on model and resolution. Left out: 6.',
  })
  duration?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      "`512P`, `720P`, `768P` or `1080P`, depending on the model. Left out: the model's default.",
  })
  resolution?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Opening frame: a public http(s) URL, or a data URL such as `data:image/jpeg;base64,…`. JPEG, PNG or WebP, at most 20 MB, short side at least 300 pixels, aspect ratio 2:5 to 5:2.',
  })
  firstFrameImage?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Closing frame, limits as for `firstFrameImage`. Only MiniMax-Hailuo-02 takes one.',
  })
  lastFrameImage?: string | null;

  @Field(() => [SubjectReferenceInputType], {
    nullable: true,
    description: 'A face to keep: exactly one entry. Only S2V-01 takes one.',
  })
  subjectReference?: SubjectReferenceInputType[] | null;

  @Field(() => Boolean, {
    defaultValue: true,
    description:
      'Whether MiniMax may rewrite the prompt for better results. False follows it literally.',
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
}

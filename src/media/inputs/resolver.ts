import {
  Arg,
  Ctx,
  Field,
  FieldResolver,
  Float,
  ID,
  Int,
  ObjectType,
  Query,
  Resolver,
  Root,
} from 'type-graphql';
import type { StoredObject } from '../../database/generated/client.ts';
import type { Context } from '../../graphql/context.ts';
import { ApiError } from '../../graphql/errors.ts';
import { Node } from '../../graphql/node.ts';
import { DateTimeScalar } from '../../graphql/scalars.ts';
import { MediaKind } from '../../minimax/model.ts';
import type { Thumbnails } from './thumbnails.ts';
import { referenceOf } from './references.ts';
import { mediaOf, type StoredInputs } from './stored-inputs.ts';

@ObjectType('MediaFile', {
  implements: Node,
  description:
    'A file that was given to this service, by `POST /media`, in a data URL, or by a URL that it fetched: measured by its bytes, stored once for each tenant.',
})
export class MediaFileType extends Node {
  @Field(() => String, {
    description:
      'What `firstFrameImage` and the other inputs take for it, e.g. `media:0b9f…`. Seven days after it was sent or used last it may be gone, unless a generation uses it.',
  })
  reference!: string;

  @Field(() => MediaKind, { description: 'What it is.' })
  kind!: MediaKind;

  @Field(() => String, { description: 'E.g. `PNG` or `MP4`, as `videoModels` has formats.' })
  format!: string;

  @Field(() => String, { description: 'E.g. `image/png`: what its bytes are, whatever was said.' })
  mediaType!: string;

  @Field(() => Int, { description: 'How large it is.' })
  bytes!: number;

  @Field(() => Int, { nullable: true, description: 'In pixels; null of a sound.' })
  width!: number | null;

  @Field(() => Int, { nullable: true, description: 'In pixels; null of a sound.' })
  height!: number | null;

  @Field(() => Float, { nullable: true, description: 'How long it is; null of an image.' })
  seconds!: number | null;

  @Field(() => Float, { nullable: true, description: 'Of a video; null of anything else.' })
  framesPerSecond!: number | null;

  @Field(() => String, { description: 'SHA-256 of its bytes, in hexadecimal.' })
  sha256!: string;

  @Field(() => DateTimeScalar, { description: 'When it was stored first.' })
  createdAt!: Date;
}

/** As it is shown, with what it is made of. */
export function toMediaFile(object: StoredObject): MediaFileType & { object: StoredObject } {
  const { id, sha256, createdAt } = object;
  return { id, reference: referenceOf(object), ...mediaOf(object), sha256, createdAt, object };
}

@Resolver(() => MediaFileType)
export class MediaResolver {
  readonly #inputs: StoredInputs;
  readonly #thumbnails: Thumbnails;

  constructor(options: { inputs: StoredInputs; thumbnails: Thumbnails }) {
    this.#inputs = options.inputs;
    this.#thumbnails = options.thumbnails;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Signed link to a small WebP of it, 256 pixels at most; it ends (`MEDIA_URL_MS`). Null of anything but JPEG, PNG and WebP.',
  })
  async thumbnailUrl(@Root() { object }: ReturnType<typeof toMediaFile>): Promise<string | null> {
    return await this.#thumbnails.urlOf(object);
  }

  @Query(() => MediaFileType, {
    description:
      'A file that was given to this service, by its id; your own and your tenant’s. One that you may not see, or that is gone, gives an error with code NOT_FOUND.',
  })
  async media(
    @Arg('id', () => ID, { description: 'The `id` that `POST /media` answered.' }) id: string,
    @Ctx() context: Context,
  ): Promise<MediaFileType> {
    const [found] = await this.#inputs.find([id.toLowerCase()], context.caller);
    if (!found) throw new ApiError('NOT_FOUND', 'There is no such file of yours.');
    return toMediaFile(found);
  }
}

import DataLoader from 'dataloader';
import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql';
import type { Database } from '../database/database.ts';
import type { StoredObject } from '../database/generated/client.ts';
import { VideoGenerationType } from '../generation/api/generation-types.ts';
import type { VideoGeneration } from '../generation/generation.ts';
import type { Context } from '../graphql/context.ts';

@ObjectType('InputFile', { description: 'A file that is stored here for a generation.' })
export class InputFile {
  @Field(() => String, {
    description:
      'SHA-256 of its bytes, in hexadecimal: `firstFrameImage` or another input is `urn:sha256:` with this.',
  })
  sha256!: string;

  @Field(() => String, { description: 'E.g. `image/png`: what its bytes are.' })
  mediaType!: string;

  @Field(() => Int, { description: 'How large it is.' })
  bytes!: number;

  @Field(() => [String], {
    description: 'The URLs that it was fetched from (`MEDIA_FETCH_INPUTS`), as they were given.',
  })
  sourceUrls!: string[];
}

type Found = InputFile & { object: StoredObject };

/** The stored inputs of generations. */
@Resolver(() => VideoGenerationType)
export class InputFilesOfGeneration {
  readonly #prisma: Database['prisma'];

  constructor(options: { prisma: Database['prisma'] }) {
    this.#prisma = options.prisma;
  }

  @FieldResolver(() => [InputFile], {
    description:
      'The images, videos and sounds of the request that are stored here; empty once it is redacted, and of those that were given by URL alone.',
  })
  async inputFiles(@Root() { id }: VideoGeneration, @Ctx() context: Context): Promise<InputFile[]> {
    const loader = context.once(
      'input files',
      () => new DataLoader((ids: readonly string[]) => this.#read(ids), { cache: false }),
    );
    return await loader.load(id);
  }

  async #read(ids: readonly string[]): Promise<Found[][]> {
    const uses = await this.#prisma.mediaUse.findMany({
      where: { generationId: { in: [...ids] }, object: { deletedAt: null } },
      include: { object: true },
      orderBy: { objectId: 'asc' },
    });
    return ids.map((id) =>
      uses
        .filter(({ generationId }) => generationId === id)
        .map(({ sourceUrls, object }) => {
          const { sha256, bytes, contentType: mediaType } = object;
          return { sha256, mediaType, bytes, sourceUrls, object };
        }),
    );
  }
}

@Resolver(() => InputFile)
export class PictureOfInputFile {
  readonly #pictureOf: (object: StoredObject) => Promise<string | null>;

  constructor(options: { pictureOf: (object: StoredObject) => Promise<string | null> }) {
    this.#pictureOf = options.pictureOf;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Signed link to a small WebP of it, 256 pixels at most; it ends (`MEDIA_URL_MS`). Null of anything but JPEG, PNG and WebP.',
  })
  async thumbnailUrl(@Root() { object }: Found): Promise<string | null> {
    return await this.#pictureOf(object);
  }
}

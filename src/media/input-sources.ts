import DataLoader from 'dataloader';
import { Ctx, Field, FieldResolver, ObjectType, Resolver, Root } from 'type-graphql';
import type { Database } from '../database/database.ts';
import { VideoGenerationType } from '../generation/api/generation-types.ts';
import type { VideoGeneration } from '../generation/generation.ts';
import type { Context } from '../graphql/context.ts';

@ObjectType('InputSource', {
  description: 'Where a file came from that this service fetched for a generation.',
})
export class InputSource {
  @Field(() => String, { description: 'The URL, as it was given.' })
  url!: string;

  @Field(() => String, {
    description:
      'SHA-256 of the bytes that were there, in hexadecimal: `firstFrameImage` or another input is `urn:sha256:` with this.',
  })
  sha256!: string;
}

/** Which URLs the stored inputs of a generation were fetched from. */
@Resolver(() => VideoGenerationType)
export class InputSourcesOfGeneration {
  readonly #prisma: Database['prisma'];

  constructor(options: { prisma: Database['prisma'] }) {
    this.#prisma = options.prisma;
  }

  @FieldResolver(() => [InputSource], {
    description:
      'The inputs that were given by URL and fetched here (`MEDIA_FETCH_INPUTS`); empty once it is redacted.',
  })
  async inputSources(
    @Root() { id }: VideoGeneration,
    @Ctx() context: Context,
  ): Promise<InputSource[]> {
    const loader = context.once(
      'input sources',
      () => new DataLoader((ids: readonly string[]) => this.#read(ids), { cache: false }),
    );
    return await loader.load(id);
  }

  async #read(ids: readonly string[]): Promise<InputSource[][]> {
    const uses = await this.#prisma.mediaUse.findMany({
      where: { generationId: { in: [...ids] }, sourceUrls: { isEmpty: false } },
      include: { object: { select: { sha256: true } } },
    });
    return ids.map((id) =>
      uses
        .filter(({ generationId }) => generationId === id)
        .flatMap(({ sourceUrls, object: { sha256 } }) =>
          sourceUrls.map((url) => ({ url, sha256 })),
        ),
    );
  }
}

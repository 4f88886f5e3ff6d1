import { Arg, Authorized, Ctx, FieldResolver, ID, Mutation, Resolver, Root } from 'type-graphql';
import type { Permission } from '../access/permissions.ts';
import { VideoGenerationType } from '../generation/api/generation-types.ts';
import { VideoGenerationPayload } from '../generation/api/payload-types.ts';
import type { VideoGeneration } from '../generation/generation.ts';
import type { VisibleGenerations } from '../generation/visible-generations.ts';
import type { Context } from '../graphql/context.ts';
import type { VideoFacts } from './archive-facts.ts';
import { VideoArchiveType, type VideoArchiveState } from './graphql-types.ts';
import type { Keeping } from './keeping.ts';
import type { ArchiveRow, KeptVideos } from './kept-videos.ts';

/** The keeping of finished videos, beside each generation. */
@Resolver(() => VideoGenerationType)
export class ArchiveOfGeneration {
  readonly #videos: KeptVideos;

  constructor(options: { videos: KeptVideos }) {
    this.#videos = options.videos;
  }

  @FieldResolver(() => VideoArchiveType, {
    nullable: true,
    description:
      'Whether the finished video is kept here, so that it outlives MiniMax’s link; null until there is one, and of a PROMPT_ENHANCEMENT.',
  })
  async archive(
    @Root() { id, status, videoUrl }: VideoGeneration,
    @Ctx() context: Context,
  ): Promise<VideoArchiveType | null> {
    if (status !== 'SUCCEEDED' || videoUrl === null) return null;
    return toArchive(await this.#videos.archiveOf(id, context));
  }
}

export interface KeepingMutationOptions {
  findOwn: VisibleGenerations['findOwn'];
  keeping: Keeping;
}

/** Videos kept because somebody asks for it. */
@Resolver()
export class KeepingMutation {
  readonly #options: KeepingMutationOptions;

  constructor(options: KeepingMutationOptions) {
    this.#options = options;
  }

  @Mutation(() => VideoGenerationPayload, {
    description:
      'For its owner and admins: has the finished video kept here whose `archive` is FAILED, SKIPPED, or EXPIRED without having been kept: it is fetched from MiniMax anew, as long as MiniMax has it. One that is PENDING is tried at once, unless that is about to happen; one that is STORED is answered as it is. What was kept and removed again is not kept a second time (`VIDEO_REMOVED`).',
  })
  @Authorized<Permission>('generate')
  async keepVideo(
    @Arg('id', () => ID, { description: "The generation's `id`." }) id: string,
    @Ctx() context: Context,
  ): Promise<VideoGenerationPayload> {
    const { findOwn, keeping } = this.#options;
    const { generation, userErrors } = await keeping.request(await findOwn(id, context), context);
    return { generation, userErrors: [...userErrors] };
  }
}

function toArchive(row: ArchiveRow | null): VideoArchiveType {
  const facts = row?.state === 'STORED' ? (row.object?.facts as VideoFacts | undefined) : undefined;
  return {
    state: (row?.state ?? 'SKIPPED') as VideoArchiveState,
    storedAt: row?.storedAt ?? null,
    removedAt: row?.removedAt ?? null,
    keepUntil: (row?.state === 'STORED' && row.object?.keepUntil) || null,
    bytes: row?.bytes ?? null,
    sha256: row?.sha256 ?? null,
    error: row?.removedAt ? null : (row?.error ?? null),
    width: facts?.width ?? null,
    height: facts?.height ?? null,
    durationSeconds: facts ? facts.durationMs / 1_000 : null,
    frameRate: facts?.frameRate ?? null,
    tracks: facts?.tracks ?? [],
  };
}

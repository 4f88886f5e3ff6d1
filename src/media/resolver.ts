import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { VideoGenerationType } from '../generation/api/generation-types.ts';
import type { VideoGeneration } from '../generation/generation.ts';
import type { Context } from '../graphql/context.ts';
import type { VideoFacts } from './archive-facts.ts';
import { VideoArchiveType, type VideoArchiveState } from './graphql-types.ts';
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

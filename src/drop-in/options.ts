import type { Request, Response } from 'express';
import { isVisibleTo } from '../access/permissions.ts';
import type { Requester } from '../audit/events.ts';
import type { Database } from '../database/database.ts';
import type { UploadedFiles } from '../files/uploaded-files.ts';
import type { VideoLinks } from '../following/video-links.ts';
import type { DecisionResult } from '../generation/decisions.ts';
import type { VideoGeneration } from '../generation/generation.ts';
import type { GenerationService } from '../generation/service.ts';
import type { GenerationStore } from '../generation/store.ts';
import type { VisibleGenerations } from '../generation/visible-generations.ts';
import type { Context } from '../graphql/context.ts';
import type { Gate, Refuse } from '../graphql/gate.ts';

export interface DropInOptions {
  gate: Gate;
  service: GenerationService;
  /** Withdraws a generation, as the mutation does. */
  cancel: (generation: VideoGeneration, requester: Requester) => Promise<DecisionResult>;
  links: Pick<VideoLinks, 'of'> & {
    /** To the videos among these that are kept here, by the ids of their generations. */
    kept: (generationIds: readonly string[]) => Promise<ReadonlyMap<string, { url: string }>>;
  };
  store: GenerationStore;
  visible: VisibleGenerations;
  files: UploadedFiles;
  prisma: Database['prisma'];
  now: () => Date;
  bodyLimitBytes: number;
}

/** How one generation of MiniMax's API says no. */
export interface Dialect {
  refuse: Refuse;
  /** To what cannot be read or is not there. */
  invalid(request: Request, response: Response, status: 400 | 404 | 413, what: string): void;
}

/** The first of these that the caller may see; recorded when it may by its role only. */
export async function see(
  candidates: readonly VideoGeneration[],
  context: Context,
  { visible }: DropInOptions,
): Promise<VideoGeneration | undefined> {
  const seen = candidates.find((generation) => isVisibleTo(context.caller, generation));
  if (seen) await visible.noteRead(seen, context);
  return seen;
}

/** Whether it ended without a video, and something that was sent for it may be paid (Trail.findOpen). */
export async function isOpen(
  generation: VideoGeneration,
  { store }: Pick<DropInOptions, 'store'>,
): Promise<boolean> {
  return (await store.trail.findOpen([generation])).has(generation.id);
}

/** A parameter of the query string that is given once; empty when it is not. */
export function parameter({ query }: Request, name: string): string {
  const value = query[name];
  return typeof value === 'string' ? value : '';
}

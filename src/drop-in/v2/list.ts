import type { Request } from 'express';
import type { Prisma } from '../../database/generated/client.ts';
import { lookedForMs } from '../../following/reconcile.ts';
import type { VideoGeneration } from '../../generation/generation.ts';
import { firstIdAt, isId } from '../../graphql/ids.ts';
import type { TaskKind } from '../../minimax/model.ts';
import { orProblem, Unreadable } from '../fields.ts';
import type { DropInOptions } from '../options.ts';

export const pageLimits = { usual: 20, most: 100 };

/** Tasks are listed for so long (V2 §4). */
const shownForMs = 7 * 24 * 3_600_000;

/** Counting stops here, and so does turning pages. */
export const mostListed = 10_000;

const words = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
type Word = (typeof words)[number];

/** What the types of tasks are called here; prompts are not made better by this interface. */
const kinds = {
  generation: ['GENERATION'],
  regeneration: ['REGENERATION'],
  h3_context_ir: [],
} satisfies Record<string, TaskKind[]>;
const shownKinds: readonly TaskKind[] = ['GENERATION', 'REGENERATION'];

/** What is asked of the list. */
export interface ListRequest {
  page: number;
  size: number;
  status: Word | null;
  ids: readonly string[] | null;
  model: string | null;
  kinds: readonly TaskKind[];
}

/** The parameters of the list (V2 §4), or what is wrong with them. */
export function readListRequest(query: Request['query']): ListRequest | string {
  return orProblem(() => {
    const one = (name: string) => {
      const value = query[name];
      if (value === undefined || value === '') return null;
      if (typeof value === 'string') return value;
      throw new Unreadable(`${name} may be given once`);
    };
    const choice = (name: string, choices: readonly string[]) => {
      const value = one(name);
      if (value === null || choices.includes(value)) return value;
      throw new Unreadable(`${name} must be one of ${choices.join(', ')}`);
    };
    const whole = (name: string, usual: number, most: number) => {
      const value = one(name);
      if (value === null) return usual;
      if (/^\d{1,6}$/.test(value) && Number(value) >= 1 && Number(value) <= most)
        return Number(value);
      throw new Unreadable(`${name} must be a whole number from 1 to ${most}`);
    };
    const ids = query['filter.task_ids'];
    const type = choice('filter.task_type', Object.keys(kinds)) as keyof typeof kinds | null;
    return {
      page: whole('page_num', 1, 100_000),
      size: whole('page_size', pageLimits.usual, pageLimits.most),
      status: choice('filter.status', words) as Word | null,
      ids: ids === undefined ? null : ([ids].flat() as string[]).filter(isId),
      model: one('filter.model'),
      kinds: type === null ? shownKinds : kinds[type],
    };
  });
}

/**
 * A caller's own tasks of the second API generation that were created within the last seven days,
 * newest first, and how many match in all.
 */
export async function listTasks(
  { page, size, status, ids, model, kinds }: ListRequest,
  callerId: string,
  { prisma, now }: Pick<DropInOptions, 'prisma' | 'now'>,
): Promise<{ found: VideoGeneration[]; total: number }> {
  const shownFrom = new Date(now().getTime() - shownForMs);
  const where: Prisma.VideoGenerationWhereInput = {
    ...{ callerId, apiGeneration: 2, kind: { in: [...kinds] } },
    id: { gte: firstIdAt(shownFrom), ...(ids && { in: [...ids] }) },
    ...(model !== null && { model }),
    ...(status !== null && { OR: standsAt(status, now()) }),
  };
  const skip = (page - 1) * size;
  const [total, found] = await Promise.all([
    prisma.videoGeneration.count({ where, take: mostListed }),
    skip >= mostListed
      ? []
      : prisma.videoGeneration.findMany({ where, orderBy: { id: 'desc' }, skip, take: size }),
  ]);
  return { found, total };
}

/** The generations of which `wordOf` says this word. */
function standsAt(word: Word, now: Date): Prisma.VideoGenerationWhereInput[] {
  const since = new Date(now.getTime() - lookedForMs);
  const isQueued = ['queued', 'queueing', 'preparing'].map((upstream) => ({
    upstreamStatus: { equals: upstream, mode: 'insensitive' as const },
  }));
  switch (word) {
    case 'queued':
      return [
        { status: { in: ['QUEUED', 'SUBMITTING'] } },
        { status: 'PROCESSING', OR: [{ upstreamStatus: null }, ...isQueued] },
      ];
    case 'running':
      return [
        { status: 'PROCESSING', upstreamStatus: { not: null }, NOT: { OR: isQueued } },
        { status: 'UNCERTAIN', submittedAt: { gte: since } },
      ];
    case 'failed':
      return [{ status: 'FAILED' }, { status: 'UNCERTAIN', submittedAt: { lt: since } }];
    case 'succeeded':
      return [{ status: 'SUCCEEDED' }];
    case 'cancelled':
      return [{ status: 'CANCELLED' }];
  }
}

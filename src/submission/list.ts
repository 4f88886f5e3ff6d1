import { visibleTo } from '../access/permissions.ts';
import type { Database } from '../database/database.ts';
import type { Prisma, Submission, SubmissionOutcome } from '../database/generated/client.ts';
import type { Caller } from '../graphql/caller.ts';
import { firstIdAt, isId } from '../graphql/ids.ts';
import {
  decodeCursor,
  encodeCursor,
  readPage,
  toPage,
  type Page,
  type PagingArguments,
} from '../graphql/paging.ts';

/** Conditions on submissions; within a field any value may match, all must. */
export interface SubmissionConditions {
  account?: string[] | null;
  outcome?: SubmissionOutcome[] | null;
  claimedAt?: { from?: Date | null; to?: Date | null } | null;
  taskId?: string[] | null;
  generationId?: string[] | null;
}

/** One page of submissions, newest first, by keyset on the id, which sorts by the time of the claim. */
export async function listSubmissions(
  prisma: Database['prisma'],
  filter: SubmissionConditions,
  paging: PagingArguments,
): Promise<Page<Submission>> {
  const request = readPage(
    paging,
    (cursor) => decodeCursor(cursor, ([kind, id]) => kind === 'SUBMISSION' && isId(id ?? ''))[1]!,
  );
  const { account, outcome, claimedAt, taskId, generationId } = filter;
  const where: Prisma.SubmissionWhereInput = {
    ...(account && { accountId: { in: account } }),
    ...(outcome && { outcome: { in: outcome } }),
    ...(taskId && { taskId: { in: taskId } }),
    ...(generationId && { generationId: { in: generationId.filter(isId) } }),
    AND: [
      ...(claimedAt?.from ? [{ id: { gte: firstIdAt(claimedAt.from) } }] : []),
      ...(claimedAt?.to ? [{ id: { lt: firstIdAt(claimedAt.to) } }] : []),
      ...(request.after ? [{ id: { lt: request.after } }] : []),
      ...(request.before ? [{ id: { gt: request.before } }] : []),
    ],
  };
  const rows = await prisma.submission.findMany({
    where,
    orderBy: { id: request.backward ? 'asc' : 'desc' },
    take: request.size + 1,
  });
  return toPage(request, rows);
}

export function cursorOf({ id }: { id: string }): string {
  return encodeCursor(['SUBMISSION', id]);
}

/** Those of the ids whose generation the caller may see. */
export async function findSubmissions(
  prisma: Database['prisma'],
  ids: readonly string[],
  caller: Caller,
): Promise<Submission[]> {
  return await prisma.submission.findMany({
    where: { id: { in: [...ids] }, generation: visibleTo(caller) },
  });
}

/** The submissions of each of the generations, the first one first. */
export async function submissionsOf(
  prisma: Database['prisma'],
  generationIds: readonly string[],
): Promise<Submission[][]> {
  const found = await prisma.submission.findMany({
    where: { generationId: { in: [...generationIds] } },
    orderBy: { number: 'asc' },
  });
  const byGeneration = new Map<string, Submission[]>(generationIds.map((id) => [id, []]));
  for (const submission of found) byGeneration.get(submission.generationId)!.push(submission);
  return generationIds.map((id) => byGeneration.get(id)!);
}

import { v7 as uuidV7 } from 'uuid';
import type { Prisma } from '../database/generated/client.ts';
import type { Settlement, VideoGeneration } from './generation.ts';

/**
 * Stores what a person found out about the latest submission of a generation, or about the one whose
 * answer had named the task that was found. One that the database lost is recorded anew.
 */
export async function settleSubmission(
  generation: VideoGeneration,
  { account, ...settlement }: Settlement,
  settledAt: Date,
  tx: Prisma.TransactionClient,
): Promise<void> {
  const { id: generationId, submissionId } = generation;
  const { taskId } = settlement;
  const named = taskId
    ? await tx.submission.findFirst({ where: { generationId, taskId }, select: { id: true } })
    : null;
  const id = named?.id ?? submissionId;
  const { count } =
    id === null
      ? { count: 0 }
      : await tx.submission.updateMany({
          where: { id, outcome: 'UNKNOWN' },
          data: { ...settlement, settledAt },
        });
  if (count > 0 || named || !account) return;
  const last = await tx.submission.findFirst({
    where: { generationId },
    orderBy: { number: 'desc' },
    select: { number: true, accountId: true, accountName: true },
  });
  const { callerId, simulated, listPriceUsd } = generation;
  const lost = await tx.submission.create({
    data: {
      ...settlement,
      ...{ id: uuidV7({ msecs: settledAt.getTime() }), generationId, callerId, simulated },
      ...{ claimedAt: settledAt, settledAt, apiGeneration: 1 },
      ...{ listPrice: listPriceUsd, currency: 'USD' },
      number: (last?.number ?? 0) + 1,
      reason: last ? 'RETRY' : 'FIRST',
      accountId: last?.accountId ?? account.id,
      accountName: last?.accountName ?? account.name,
    },
    select: { id: true },
  });
  await tx.videoGeneration.updateMany({
    where: { id: generationId },
    data: { submissionId: lost.id },
  });
}

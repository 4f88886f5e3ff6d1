import type { Prisma } from '../database/generated/client.ts';
import type { Settlement, VideoGeneration } from './generation.ts';

/**
 * Stores what a person found out about the latest submission of a generation, or about the one whose
 * answer had named the task that was found.
 */
export async function settleSubmission(
  { id: generationId, submissionId }: VideoGeneration,
  settlement: Settlement,
  settledAt: Date,
  tx: Prisma.TransactionClient,
): Promise<void> {
  const { taskId } = settlement;
  const named = taskId
    ? await tx.submission.findFirst({ where: { generationId, taskId }, select: { id: true } })
    : null;
  const id = named?.id ?? submissionId;
  if (id === null) return;
  await tx.submission.updateMany({
    where: { id, outcome: 'UNKNOWN' },
    data: { ...settlement, settledAt },
  });
}

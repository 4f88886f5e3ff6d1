import type { Database } from '../database/database.ts';
import type { Prisma } from '../database/generated/client.ts';
import type { AuditEvent, VideoGeneration } from './generation.ts';
import { isLost } from './lifecycle.ts';
import { isOpen } from './settle-submission.ts';

/** What happened to generations: their events, and what was sent for them. */
export class Trail {
  readonly #prisma: Database['prisma'];

  constructor({ prisma }: Pick<Database, 'prisma'>) {
    this.#prisma = prisma;
  }

  /** The event of a generation with this number. */
  async eventAt(generationId: string, sequence: number): Promise<AuditEvent | null> {
    return await this.#prisma.auditEvent.findUnique({
      where: { generationId_sequence: { generationId, sequence } },
    });
  }

  /** Whether this task of a generation was deleted at MiniMax, as an admin wanted. */
  async wasTaskDeleted(generationId: string, taskId: string): Promise<boolean> {
    const detail = { path: ['taskId'], equals: taskId } as Prisma.JsonNullableFilter<'AuditEvent'>;
    const where = { generationId, action: 'TASK_DELETED', detail } as const;
    return (await this.#prisma.auditEvent.findFirst({ where })) !== null;
  }

  /** Whether it is a submission of the generation of which no more is known than a person has said. */
  async isOpenSubmission(generationId: string, id: string): Promise<boolean> {
    const found = await this.#prisma.$queryRaw<unknown[]>`
      SELECT id FROM submission
      WHERE id = ${id}::uuid AND generation_id = ${generationId}::uuid AND ${isOpen}`;
    return found.length > 0;
  }

  /** The id of another generation, whose latest submission of this task it is. */
  async ownerOf(taskId: string, generationId: string): Promise<string | null> {
    const owner = await this.#prisma.submission.findFirst({
      where: { taskId, generationId: { not: generationId } },
      orderBy: { id: 'desc' },
    });
    return owner?.generationId ?? null;
  }

  /** The task that a callback named, which no answer had told. */
  async taskToldOf(generationId: string): Promise<string | null> {
    const events = await this.#prisma.auditEvent.findMany({
      where: { generationId, action: 'CALLBACK_RECEIVED' },
      orderBy: { sequence: 'asc' },
    });
    const told = events.map(({ detail }) => (detail as { taskId?: unknown } | null)?.taskId);
    return told.findLast((taskId) => typeof taskId === 'string') ?? null;
  }

  /**
   * Those of the generations that ended without a video, although something that was sent for them may
   * have become a paid one: it was sent again, or is from before the database was exchanged.
   */
  async findOpen(
    generations: readonly Pick<VideoGeneration, 'id' | 'status'>[],
  ): Promise<ReadonlySet<string>> {
    const ended = generations.filter(({ status }) => ['FAILED', 'CANCELLED'].includes(status));
    if (ended.length === 0) return new Set();
    const open = await this.#prisma.$queryRaw<{ id: string }[]>`
      SELECT generation.id::text AS id FROM video_generation AS generation
      WHERE generation.id = ANY (${ended.map(({ id }) => id)}::uuid[])
        AND (EXISTS (
          SELECT FROM submission
          WHERE submission.generation_id = generation.id AND (outcome IN ('SENT', 'UNKNOWN')
            OR outcome = 'ACCEPTED' AND submission.task_id IS DISTINCT FROM generation.task_id)
        ) OR failure_kind IS DISTINCT FROM 'NOT_CREATED' AND EXISTS (
          SELECT FROM audit_event AS event
          WHERE event.generation_id = generation.id AND action = 'GENERATION_HELD'
        ))`;
    return new Set(open.map(({ id }) => id));
  }

  /** True when a person who found its task may have it followed after all: there may be a paid video of it. */
  async mayBeTakenUp(generation: VideoGeneration): Promise<boolean> {
    const { id, status, taskId, attempts } = generation;
    const wasSent = status === 'CANCELLED' && taskId === null && attempts > 0;
    return isLost(generation) || wasSent || (await this.findOpen([generation])).has(id);
  }

  /** The events of each generation, oldest first, at most `limit` (the latest) for each. */
  async eventsOf(
    generationIds: readonly string[],
    limit: number,
  ): Promise<Map<string, AuditEvent[]>> {
    const events = await this.#prisma.auditEvent.findMany({
      where: { generationId: { in: [...generationIds] } },
      orderBy: [{ generationId: 'asc' }, { sequence: 'asc' }],
    });
    const byGeneration = new Map<string, AuditEvent[]>(generationIds.map((id) => [id, []]));
    for (const event of events) byGeneration.get(event.generationId!)!.push(event);
    for (const list of byGeneration.values()) list.splice(0, Math.max(0, list.length - limit));
    return byGeneration;
  }
}

import type { Database } from '../database/database.ts';
import type { Prisma } from '../database/generated/client.ts';
import type { AuditEvent } from './generation.ts';

/** The events of generations. */
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

  /** The task that a callback named while the generation was being submitted. */
  async taskToldOf(generationId: string): Promise<string | null> {
    const events = await this.#prisma.auditEvent.findMany({
      where: { generationId, action: 'CALLBACK_RECEIVED' },
      orderBy: { sequence: 'asc' },
    });
    const told = events.map(({ detail }) => (detail as { taskId?: unknown } | null)?.taskId);
    return told.findLast((taskId) => typeof taskId === 'string') ?? null;
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

import { isVisibleTo } from '../access/permissions.ts';
import { actorOf, type Requester } from '../audit/events.ts';
import type { AuditLog } from '../audit/log.ts';
import type { VideoGeneration } from './store.ts';

/** Records that somebody looked at a generation which only its role lets it see. */
export async function recordForeignRead(
  audit: AuditLog,
  generation: VideoGeneration,
  requester: Requester,
): Promise<void> {
  const { caller } = requester;
  if (caller.kind === 'LOCAL' || isVisibleTo({ ...caller, role: 'CLIENT' }, generation)) return;
  await audit.record({
    action: 'FOREIGN_GENERATION_READ',
    actor: actorOf(requester),
    objectId: generation.id,
    detail: { owner: generation.callerId },
  });
}

import { Gauge, type Registry } from 'prom-client';
import type { Logger } from '../logger.ts';
import type { ArchiveStore } from './archive-store.ts';

export interface ArchiveMetricsOptions {
  store: ArchiveStore;
  log: Logger;
  now: () => Date;
}

/** A video that waits for longer should be looked at: MiniMax's links hold for one to nine hours. */
const overdueMs = 30 * 60_000;

/** How many videos wait to be stored, as all servers together see it. */
export function addArchiveMetrics(
  registry: Registry,
  { store, log, now }: ArchiveMetricsOptions,
): void {
  const overdue = new Gauge({
    name: 'reelgraph_videos_to_store_overdue',
    help: 'Finished videos that are to be stored and have not been for half an hour: they are lost when MiniMax forgets them.',
    registers: [],
  });
  const pending = new Gauge({
    name: 'reelgraph_videos_to_store',
    help: 'Finished videos that are to be stored, at all servers of this database.',
    registers: [registry],
    async collect() {
      try {
        const waiting = await store.waiting(new Date(now().getTime() - overdueMs));
        pending.set(waiting.pending);
        overdue.set(waiting.overdue);
      } catch (error) {
        // The other figures are of use all the same.
        log.warn({ error }, 'the videos that wait to be stored could not be counted');
      }
    },
  });
  // Behind the other, which counts both.
  registry.registerMetric(overdue);
}

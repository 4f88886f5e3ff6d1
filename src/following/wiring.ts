import type { Express } from 'express';
import type { Gate } from '../graphql/gate.ts';
import { mountCallbacks, type CallbackOptions } from './callbacks.ts';
import { Follow, type FollowOptions } from './follow.ts';
import { Reconciliation, type ReconcileOptions } from './reconcile.ts';
import { TaskRemoval } from './task-removal.ts';
import { VideoLinks } from './video-links.ts';

export interface FollowingOptions
  extends
    FollowOptions,
    Pick<ReconcileOptions, 'database' | 'simulated'>,
    Pick<CallbackOptions, 'toldTasks'> {
  /** Makes the background work look for what is due; it is used only after that has been made. */
  wakeWorker: () => void;
}

/** What becomes of accepted tasks: the step that looks, callbacks, and links to what is finished. */
export function createFollowing(options: FollowingOptions) {
  const { store, toldTasks, log, wakeWorker } = options;
  const reconciliation = new Reconciliation(options);
  const follow = new Follow(options);
  return {
    reconciliation,
    follow,
    removal: new TaskRemoval({ ...options, follow: (generation) => follow.follow(generation) }),
    links: new VideoLinks(options),
    mountCallbacks: (app: Express, gate: Gate) =>
      mountCallbacks(app, { store, toldTasks, reconciliation, wakeWorker, gate, log }),
  };
}

import type { AuditLog } from '../audit/log.ts';
import type { Database } from '../database/database.ts';
import type { NodeSource } from '../graphql/node.ts';
import type { Logger } from '../logger.ts';
import { WebhookDeliveries } from './deliveries.ts';
import { WebhookEndpoints } from './endpoints.ts';
import { resolveLocal, resolvePublic, type Resolve } from '../network/resolve-host.ts';
import { WebhookResolver } from './resolver.ts';
import { Sender } from './sender.ts';
import { WebhookWorker } from './worker.ts';

export interface WebhooksOptions {
  prisma: Database['prisma'];
  work: Database['work'];
  slow: Database['slow'];
  audit: AuditLog;
  log: Logger;
  now: () => Date;
  /** Whether receivers may be anywhere and speak http. */
  allowPrivate: boolean;
  timeoutMs: number;
  /** How the names of receivers are resolved, instead of by DNS. */
  resolve: Resolve | undefined;
}

/** For storing what came of an attempt. */
const leaseMarginMs = 30_000;

/** Tells callers of their generations: their endpoints, what is to be sent, and the loop that sends it. */
export function createWebhooks(options: WebhooksOptions) {
  const { prisma, work, slow, audit, log, now, allowPrivate, timeoutMs } = options;
  const resolve = options.resolve ?? (allowPrivate ? resolveLocal : resolvePublic);
  const endpoints = new WebhookEndpoints({ prisma, audit, now, allowPrivate });
  const leaseMs = timeoutMs + leaseMarginMs;
  const deliveries = new WebhookDeliveries({ prisma, slow, endpoints, audit, now, leaseMs });
  const workDeliveries = new WebhookDeliveries({
    ...{ prisma: work.prisma, slow, audit, now, leaseMs },
    endpoints: new WebhookEndpoints({ prisma: work.prisma, audit, now, allowPrivate }),
  });
  const sender = new Sender({ resolve, timeoutMs, allowPrivate });
  const worker = new WebhookWorker({ deliveries: workDeliveries, sender, log, now });
  const wakeWorker = () => worker.wake();
  const resolver = new WebhookResolver({ endpoints, deliveries, audit, wakeWorker });
  const nodes: NodeSource[] = [
    {
      type: 'WebhookEndpoint',
      find: (ids, context) => resolver.findEndpoints(ids, context),
    },
    {
      type: 'WebhookDelivery',
      find: (ids, context) => resolver.findDeliveries(ids, context),
    },
  ];
  return {
    endpoints,
    deliveries,
    worker,
    resolvers: [resolver],
    nodes,
  };
}

import type { NodeSource } from '../graphql/node.ts';
import type { Database } from '../database/database.ts';
import { findEvents } from './list.ts';
import { AuditLog, type AuditLogOptions } from './log.ts';
import { RefusedSignIns } from './refusals.ts';
import { AuditResolver } from './resolver.ts';

/** What happened: the log, and how it is read. */
export function createAudit(options: AuditLogOptions & { slow: Database['slow'] }) {
  const nodes: NodeSource[] = [
    {
      type: 'AuditEvent',
      find: (ids, { caller }) => findEvents(options.prisma, ids, caller),
    },
  ];
  const audit = new AuditLog(options);
  const refusals = new RefusedSignIns({ ...options, record: (event) => audit.record(event) });
  return { audit, refusals, resolvers: [new AuditResolver(options)], nodes };
}

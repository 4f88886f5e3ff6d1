import type { NodeSource } from '../graphql/node.ts';
import { findEvents } from './list.ts';
import { AuditLog, type AuditLogOptions } from './log.ts';
import { AuditResolver } from './resolver.ts';

/** What happened: the log, and how it is read. */
export function createAudit(options: AuditLogOptions) {
  const nodes: NodeSource[] = [
    {
      type: 'AuditEvent',
      find: (ids, { caller }) => findEvents(options.prisma, ids, caller),
    },
  ];
  return { audit: new AuditLog(options), resolvers: [new AuditResolver(options)], nodes };
}

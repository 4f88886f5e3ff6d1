import { AuditLog, type AuditLogOptions } from './log.ts';
import { AuditResolver } from './resolver.ts';

/** What happened: the log, and how it is read. */
export function createAudit(options: AuditLogOptions) {
  return { audit: new AuditLog(options), resolvers: [new AuditResolver(options)] };
}

import type { NodeSource } from '../graphql/node.ts';
import type { Database } from '../database/database.ts';
import { Checkpoints, type CheckpointOptions } from './checkpoints.ts';
import { findEvents } from './list.ts';
import { AuditLog } from './log.ts';
import { RefusedSignIns } from './refusals.ts';
import { AuditResolver } from './resolver.ts';
import { openSigningKey, type SigningOptions } from './signing-key.ts';
import { AuditWatch } from './watch.ts';

export type AuditOptions = Pick<CheckpointOptions, 'prisma' | 'log' | 'now' | 'headFile'> &
  SigningOptions & {
    /** For what goes through many events. */
    slow: Pick<Database['slow'], 'prisma'>;
  };

/** What happened: the log, the seals on it, and how both are read. */
export async function createAudit(options: AuditOptions) {
  const { prisma, slow, log, now, headFile } = options;
  const { key, trust } = await openSigningKey(options);
  if (key) log.info({ publicKey: key.publicKey }, 'audit checkpoints are signed with this key');
  const checkpoints = new Checkpoints({ prisma: slow.prisma, log, now, headFile, key, trust });
  const watch = new AuditWatch({ prisma: slow.prisma, log, now, checkpoints, trust });
  const nodes: NodeSource[] = [
    {
      type: 'AuditEvent',
      find: (ids, { caller }) => findEvents(prisma, ids, caller),
    },
  ];
  const audit = new AuditLog({ prisma, log, now });
  return {
    audit,
    refusals: new RefusedSignIns({ log, now, record: (event) => audit.record(event) }),
    watch,
    resolvers: [new AuditResolver({ prisma, watch, trust })],
    nodes,
  };
}

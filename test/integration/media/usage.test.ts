import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { AuditLog } from '../../../src/audit/log.ts';
import type { Context } from '../../../src/graphql/context.ts';
import type { HeavyReads } from '../../../src/graphql/heavy-reads.ts';
import { MediaUsageResolver } from '../../../src/media/usage.ts';
import { keysOf, startTestApp, type TestApp } from '../../support/app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ env: { MEDIA_TENANT_MB: '5' } });
});
afterAll(() => app.stop());
beforeEach(async () => {
  await app.database.prisma.storedObject.deleteMany();
  await app.database.prisma.mediaUpload.deleteMany();
});

async function stored(
  kind: 'VIDEO' | 'INPUT',
  owner: string,
  bytes: number,
  createdAt: string,
  deletedAt: Date | null = null,
): Promise<void> {
  const id = randomUUID();
  await app.database.prisma.storedObject.create({
    data: {
      ...{ id, kind, owner, bytes, createdAt, deletedAt, storage: 'directory:1' },
      ...{ callerId: 'x', sha256: id, contentType: 'video/mp4' },
    },
  });
}

async function usage(role?: 'CLIENT' | 'AUDITOR', callerId = 'ann', tenant: string | null = null) {
  const key = {
    callerId,
    name: callerId,
    role: role ?? 'CLIENT',
    tenant,
    expiresAt: null,
  } as const;
  const { secret } = await keysOf(app).create(key, null);
  const { data, errors } = await app.graphql(
    `{ mediaUsage { groups { tenant callerId videos { count bytes oldestAt } inputs { count bytes oldestAt }
      unfinishedUploads { count bytes oldestAt } }
      hasMoreGroups videoBytesLimit } }`,
    {},
    { authorization: `Bearer ${secret}` },
  );
  if (errors) throw new Error(JSON.stringify(errors));
  return data.mediaUsage;
}

const nothing = { count: 0, bytes: 0, oldestAt: null };
const [first, second] = ['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'];

test('auditors are told what is stored for whom, the most first', async () => {
  await stored('VIDEO', 'tenant:studio', 2_000_000_000, second);
  await stored('VIDEO', 'tenant:studio', 2_000_000_000, first);
  await stored('INPUT', 'tenant:studio', 5, second);
  await stored('INPUT', 'caller:ann', 7, first);
  await stored('VIDEO', 'caller:ann', 9, first, new Date());
  expect(await usage('AUDITOR')).toEqual({
    groups: [
      {
        ...{ tenant: 'studio', callerId: null },
        videos: { count: 2, bytes: 4_000_000_000, oldestAt: first },
        inputs: { count: 1, bytes: 5, oldestAt: second },
        unfinishedUploads: nothing,
      },
      {
        ...{ tenant: null, callerId: 'ann', videos: nothing },
        inputs: { count: 1, bytes: 7, oldestAt: first },
        unfinishedUploads: nothing,
      },
    ],
    hasMoreGroups: false,
    videoBytesLimit: 5 * 1024 * 1024,
  });
  const events = await app.database.prisma.auditEvent.findMany({
    where: { action: 'MEDIA_USAGE_READ' },
  });
  expect(events).toMatchObject([{ callerId: 'ann', callerKind: 'API_KEY' }]);
});

test('a client is told of its tenant, and of what it stored without one', async () => {
  for (const owner of ['tenant:studio', 'tenant:ann', 'caller:ann', 'caller:ben', 'caller:studio'])
    await stored('INPUT', owner, 1, first);
  const whose = async (callerId: string, tenant: string | null) => {
    const { groups } = await usage('CLIENT', callerId, tenant);
    return groups.map((group: { tenant: string | null; callerId: string | null }) => [
      group.tenant,
      group.callerId,
    ]);
  };
  expect(await whose('ann', 'studio')).toEqual([
    [null, 'ann'],
    ['studio', null],
  ]);
  expect(await whose('ben', null)).toEqual([[null, 'ben']]);
  expect(await whose('carl', null)).toEqual([]);
});

test('of many, the largest hundred are told', async () => {
  for (let at = 0; at <= 100; at++) await stored('INPUT', `tenant:t${at}`, at + 1, first);
  const { groups, hasMoreGroups } = await usage('AUDITOR');
  expect(hasMoreGroups).toBe(true);
  expect(groups).toHaveLength(100);
  expect([groups[0].tenant, groups.at(-1).tenant]).toEqual(['t100', 't1']);
});

test('what has come of uploads that are not whole is counted beside what they become', async () => {
  const upload = (callerId: string, tenant: string | null, more: object) => {
    const data = { id: randomUUID(), callerId, tenant, bytes: 9, createdAt: first, ...more };
    return app.database.prisma.mediaUpload.create({ data });
  };
  await upload('ann', 'studio', { received: 4 });
  await upload('ben', 'studio', { received: 2, createdAt: second });
  await upload('ben', 'studio', { received: 0 });
  await upload('ben', 'studio', { received: 9, objectId: randomUUID() });
  await upload('ben', null, { received: 3 });
  await stored('INPUT', 'caller:ben', 1, second);
  const group = { tenant: null, callerId: null, videos: nothing, inputs: nothing };
  const inputs = { count: 1, bytes: 1, oldestAt: second };
  expect((await usage('AUDITOR')).groups).toEqual([
    {
      ...{ ...group, tenant: 'studio' },
      unfinishedUploads: { count: 2, bytes: 6, oldestAt: first },
    },
    {
      ...{ ...group, callerId: 'ben', inputs },
      unfinishedUploads: { count: 1, bytes: 3, oldestAt: first },
    },
  ]);
  expect((await usage('CLIENT', 'carl', 'studio')).groups).toHaveLength(1);
});

test('what may have been put straight into a bucket is counted as it was announced', async () => {
  for (const received of [0, 4]) {
    const data = { id: randomUUID(), callerId: 'ben', bytes: 9, createdAt: first, received };
    await app.database.prisma.mediaUpload.create({ data });
  }
  const resolver = new MediaUsageResolver({
    ...{ prisma: app.database.prisma, tenantBytes: undefined, hasBucket: true },
    audit: { recordSearch: () => Promise.resolve() } as unknown as AuditLog,
    heavyReads: { run: (_callerId: string, read: () => unknown) => read() } as HeavyReads,
  });
  const caller = { id: 'ben', tenant: null, role: 'CLIENT' };
  const { groups } = await resolver.mediaUsage({ caller } as Context);
  expect(groups.map(({ unfinishedUploads }) => unfinishedUploads)).toEqual([
    { count: 2, bytes: 18, oldestAt: new Date(first) },
  ]);
});

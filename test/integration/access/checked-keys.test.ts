import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ApiKeys, IssuedApiKey } from '../../../src/access/api-keys.ts';
import type { Database } from '../../../src/database/database.ts';
import { keysOf, startTestApp, type TestApp } from '../../support/app.ts';

const me = '{ me { callerId role tenant } }';

/** Two servers on one database: one at which keys are changed, one at which they are shown. */
describe('a key that was shown a moment ago', () => {
  let apps: TestApp[];
  let apiKeys: ApiKeys;
  let issued: IssuedApiKey;
  /** Reads of keys, and notes of their use. */
  let statements: string[];
  /** Whether the second server hears of changes. */
  let hears: boolean;

  beforeEach(async () => {
    hears = true;
    statements = [];
    const first = await startTestApp({ env: { OPEN_ACCESS: 'off' } });
    const second = await startTestApp({
      // It is asked as quickly as it answers.
      env: { OPEN_ACCESS: 'off', RATE_LIMIT_PER_MINUTE: '0' },
      fake: first.upstream,
      database: observed(first.database),
    });
    apps = [second, first];
    apiKeys = keysOf(first);
    const key = { callerId: 'shop', name: 'shop', role: 'ADMIN' as const, tenant: 'acme' };
    issued = await apiKeys.create({ ...key, expiresAt: null }, null);
    expect((await show()).data.me).toEqual({ callerId: 'shop', role: 'ADMIN', tenant: 'acme' });
  });
  afterEach(async () => {
    for (const app of apps) await app.stop();
  });

  /** The database as a server has it that may be deaf, with a look at what it asks of keys. */
  function observed(database: TestApp['database']): TestApp['database'] {
    const prisma = database.prisma.$extends({
      query: {
        apiKey: {
          $allOperations: ({ operation, args, query }) => {
            statements.push(operation);
            return query(args);
          },
        },
      },
    }) as unknown as Database['prisma'];
    const listen: Database['listen'] = (channel, onMessage, onGap) =>
      database.listen(channel, (payload) => hears && onMessage(payload), onGap);
    return { ...database, prisma, listen, close: () => Promise.resolve() };
  }

  async function show() {
    return await apps[0]!.graphql(me, {}, { authorization: `Bearer ${issued.secret}` });
  }

  /** How long the second server went on as before. */
  async function until(isChanged: (answer: Awaited<ReturnType<typeof show>>) => boolean) {
    const startedAt = performance.now();
    for (;;) {
      const askedAt = performance.now();
      if (isChanged(await show())) return;
      // What was asked within a second may have the old answer; nothing later may.
      expect(askedAt - startedAt).toBeLessThan(1_000);
    }
  }

  test('costs no statement of its own', async () => {
    statements.length = 0;
    const startedAt = performance.now();
    for (let count = 0; count < 100; count += 1) expect((await show()).status).toBe(200);
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(statements.length).toBeLessThanOrEqual(Math.ceil(seconds / 0.9) + 1);
    expect(statements).not.toContain('updateMany');
  });

  test('has its use noted once a minute, however many show it at once', async () => {
    apps[0]!.clock.advance(60_000);
    statements.length = 0;
    await Promise.all(Array.from({ length: 20 }, show));
    expect(statements.filter((operation) => operation === 'updateMany')).toHaveLength(1);
    const [stored] = await apiKeys.list();
    expect(stored!.lastUsedAt).toEqual(apps[0]!.clock.now());
  });

  const changes: [string, () => Promise<unknown>, Parameters<typeof until>[0]][] = [
    [
      'was revoked',
      () => apiKeys.revoke(issued.apiKey.id, null),
      ({ errors }) => errors?.[0].extensions.code === 'UNAUTHENTICATED',
    ],
    [
      'was exchanged at once',
      () => apiKeys.rotate(issued.apiKey.id, 0, null),
      ({ errors }) => errors?.[0].extensions.code === 'UNAUTHENTICATED',
    ],
    [
      'has another role',
      () => update({ role: 'AUDITOR' }),
      ({ data }) => data.me.role === 'AUDITOR',
    ],
    ['has another tenant', () => update({ tenant: null }), ({ data }) => data.me.tenant === null],
    [
      'was deleted',
      () => apps[1]!.database.prisma.apiKey.deleteMany(),
      ({ errors }) => errors?.[0].extensions.code === 'UNAUTHENTICATED',
    ],
  ];

  async function update(data: { role?: 'AUDITOR'; tenant?: null }): Promise<void> {
    await apps[1]!.database.prisma.apiKey.update({ where: { id: issued.apiKey.id }, data });
  }

  const ways: [string, boolean][] = [
    ['by a notification', true],
    // Then the database has no part in it.
    ...(globalThis.isMainDatabase
      ? [['within a second where none arrives', false] as [string, boolean]]
      : []),
  ];
  describe.each(ways)('%s', (_, isHearing) => {
    test.each(changes)('and %s is so on another server', async (_name, change, isChanged) => {
      hears = isHearing;
      await change();
      await until(isChanged);
    });
  });

  test('is read again as soon as a change is notified', async () => {
    // Heard after the server, which listened before.
    let hear = () => undefined as void;
    const heard = new Promise<void>((resolve) => (hear = resolve));
    const stop = await apps[0]!.database.listen('api_key_changed', hear, hear);
    await show();
    await update({ role: 'AUDITOR' });
    await heard;
    expect((await show()).data.me.role).toBe('AUDITOR');
    await stop();
  });

  test('has expired when its time has come', async () => {
    await apps[1]!.database.prisma.apiKey.update({
      where: { id: issued.apiKey.id },
      data: { expiresAt: new Date(apps[0]!.clock.now().getTime() + 5_000) },
    });
    apps[0]!.clock.advance(5_000);
    await until(({ status }) => status === 401);
  });
});

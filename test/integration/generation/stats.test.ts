import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { toSql } from '../../../src/database/where-sql.ts';
import type { toWhere } from '../../../src/generation/finding/filter.ts';
import { findTraced } from '../../../src/generation/finding/filter.ts';
import { countGenerations } from '../../../src/generation/finding/list.ts';
import { generationStats } from '../../../src/generation/finding/stats.ts';
import { startTestApp, step, type TestApp } from '../../support/app.ts';
import { callersOf } from '../../support/callers.ts';
import { withoutTriggers } from '../../support/database.ts';
import { coded } from '../../support/fake-upstream.ts';

let app: TestApp;
let prisma: TestApp['database']['prisma'];

beforeEach(async () => {
  app = await startTestApp({ env: { OPEN_ACCESS: '' } });
  prisma = app.database.prisma;
});
afterEach(async () => {
  await app.stop();
});
const { key, as, create, find } = callersOf(() => app);

const statsQuery = `query S($filter: VideoGenerationFilter, $groupBy: [GenerationStatsDimension!], $period: DateTimeRangeInput, $simulated: Boolean) {
  generationStats(filter: $filter, groupBy: $groupBy, period: $period, simulated: $simulated) {
    from to simulated hasMoreGroups groups {
      day model callerId tenant status count successRate unpriced
      counts { queued submitting processing succeeded failed uncertain cancelled }
      latency { p50 p95 p99 } spend { amount currency } possibleSpend { amount currency } } } }`;

async function stats(variables: object = {}, secret: string | null = null) {
  return (await as(secret, statsQuery, variables)).generationStats;
}

describe('generationStats', () => {
  test('counts by status, with success rate, latency and money', async () => {
    await create();
    await create();
    await step(app, 20_000);
    await step(app, 20_000);
    await step(app, 20_000);
    app.upstream.onSubmit(coded(1026));
    await create();
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    await create();
    const rows = await prisma.videoGeneration.findMany({ orderBy: { id: 'asc' } });
    expect(rows.map(({ status }) => status)).toEqual([
      'SUCCEEDED',
      'SUCCEEDED',
      'FAILED',
      'UNCERTAIN',
    ]);
    const seconds = rows
      .slice(0, 2)
      .map((row) => (row.completedAt!.getTime() - row.submittedAt!.getTime()) / 1000)
      .sort((a, b) => a - b);
    const price = Number(rows[0]!.listPriceUsd);
    const { groups, ...rest } = await stats();
    expect(rest).toEqual({
      from: new Date(app.clock.now().getTime() - 30 * 86_400_000).toISOString(),
      to: app.clock.now().toISOString(),
      simulated: false,
      hasMoreGroups: false,
    });
    expect(groups).toHaveLength(1);
    expect(groups[0]).toMatchObject({
      day: null,
      model: null,
      callerId: null,
      status: null,
      count: 4,
      counts: {
        queued: 0,
        submitting: 0,
        processing: 0,
        succeeded: 2,
        failed: 1,
        uncertain: 1,
        cancelled: 0,
      },
      spend: { amount: (2 * price).toFixed(2), currency: 'USD' },
      possibleSpend: { amount: price.toFixed(2), currency: 'USD' },
      unpriced: 0,
    });
    expect(groups[0].successRate).toBeCloseTo(2 / 3);
    expect(groups[0].latency.p50).toBeCloseTo((seconds[0]! + seconds[1]!) / 2);
    expect(groups[0].latency.p99).toBeCloseTo(seconds[0]! + 0.99 * (seconds[1]! - seconds[0]!));
  });

  test('groups by up to two dimensions, days in UTC', async () => {
    await create({ tags: ['a'] });
    app.clock.advance(86_400_000);
    await create({ model: 'MiniMax-Hailuo-2.3' });
    await create();
    const day = (ms: number) => new Date(app.clock.now().getTime() - ms).toISOString().slice(0, 10);
    const shown = async (variables: object) =>
      (await stats(variables)).groups.map((group: Record<string, unknown>) => [
        ...['day', 'model', 'callerId', 'status'].map((name) => group[name]).filter(Boolean),
        group['count'],
      ]);
    expect(await shown({ groupBy: 'DAY' })).toEqual([
      [day(2_000), 2],
      [day(86_400_000 + 3_000), 1],
    ]);
    expect(await shown({ groupBy: ['MODEL'] })).toEqual([
      ['MiniMax-Hailuo-02', 2],
      ['MiniMax-Hailuo-2.3', 1],
    ]);
    expect(await shown({ groupBy: ['STATUS', 'DAY'] })).toEqual([
      [day(2_000), 'PROCESSING', 2],
      [day(86_400_000 + 3_000), 'PROCESSING', 1],
    ]);
    expect(await shown({ filter: { tags: ['a'] } })).toEqual([[1]]);
    expect(await shown({ filter: { tags: ['none'] } })).toEqual([[0]]);
    expect(await shown({ filter: { tags: ['none'] }, groupBy: ['MODEL'] })).toEqual([]);
    expect(
      await shown({ period: { from: app.clock.now() }, groupBy: ['MODEL'] }).catch(String),
    ).toContain('A period ends after it begins');
  });

  test.each([
    [{ groupBy: ['DAY', 'MODEL', 'STATUS'] }, 'up to 2 different dimensions'],
    [{ groupBy: ['DAY', 'DAY'] }, 'up to 2 different dimensions'],
    [{ period: { from: '2024-01-01T00:00:00Z', to: '2025-01-02T00:00:01Z' } }, '366 days later at most'],
    [{ period: { from: '2024-01-02T00:00:00Z', to: '2024-01-01T00:00:00Z' } }, '366 days later at most'],
  ])('refuses %j', async (variables, message) => {
    const { errors } = await app.graphql(statsQuery, variables);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(errors![0].message).toContain(message);
  }); // prettier-ignore

  test('shows clients their own, and is recorded for those who see everything', async () => {
    const ann = (await key('ann')).secret;
    const eve = (await key('eve')).secret;
    const auditor = (await key('auditor', { role: 'AUDITOR' })).secret;
    await create({}, ann);
    await create({}, eve);
    const callers = async (secret: string, filter: object = {}) =>
      (await stats({ groupBy: ['CALLER'], filter }, secret)).groups.map(
        ({ callerId }: { callerId: string }) => callerId,
      );
    expect(await callers(ann)).toEqual(['ann']);
    expect(await callers(ann, { callerId: ['eve'] })).toEqual([]);
    expect(await callers(ann, { or: [{ callerId: ['eve'] }, { not: {} }] })).toEqual([]);
    expect(await callers(ann, { not: { callerId: ['ann'] } })).toEqual([]);
    expect(await prisma.auditEvent.count({ where: { action: 'GENERATION_STATS_READ' } })).toBe(0);
    expect(await callers(auditor)).toEqual(['ann', 'eve']);
    const event = await prisma.auditEvent.findFirst({ where: { action: 'GENERATION_STATS_READ' } });
    expect(event).toMatchObject({
      callerId: 'auditor',
      detail: { filter: '{}', groupBy: '["CALLER"]', period: '{}' },
    });
  });

  test('groups by tenant: everybody’s for auditors, their own for clients', async () => {
    const ann = (await key('ann', { tenant: 'north' })).secret;
    const ben = (await key('ben', { tenant: 'north' })).secret;
    const eve = (await key('eve')).secret;
    const auditor = (await key('auditor', { role: 'AUDITOR' })).secret;
    for (const secret of [ann, ben, eve]) await create({}, secret);
    const tenants = async (secret: string) =>
      (await stats({ groupBy: ['TENANT'] }, secret)).groups.map(
        ({ tenant, callerId, count, spend }: Record<string, unknown>) => [
          ...[tenant, callerId, count],
          Number((spend as { amount: string }).amount),
        ],
      );
    const price = Number((await prisma.videoGeneration.findFirstOrThrow()).listPriceUsd);
    expect(await tenants(auditor)).toEqual([
      ['north', null, 2, 2 * price],
      [null, null, 1, price],
    ]);
    expect(await tenants(ann)).toEqual([['north', null, 2, 2 * price]]);
    expect(await tenants(eve)).toEqual([[null, null, 1, price]]);
  });

  test('never mixes simulated and real ones', async () => {
    await create();
    const { id } = (await create()).generation;
    await prisma.videoGeneration.update({ where: { id }, data: { simulated: true } });
    expect((await stats()).groups[0].count).toBe(1);
    const simulated = await stats({ simulated: true });
    expect(simulated).toMatchObject({ simulated: true, groups: [{ count: 1 }] });
  });

  test('says when there are more than a thousand groups', async () => {
    const { id } = (await create()).generation;
    await withoutTriggers(
      prisma,
      `CREATE TEMPORARY TABLE made AS SELECT * FROM video_generation WHERE id = '${id}'`,
      `INSERT INTO video_generation SELECT (made).* FROM (
         SELECT jsonb_populate_record(made, jsonb_build_object('id', gen_random_uuid(),
           'caller_id', 'caller ' || number, 'callback_token', NULL)) AS made
         FROM made, generate_series(1, 1000) AS number) AS rows`,
      `UPDATE video_generation SET id = (substr('${id}', 1, 18) || substr(id::text, 19))::uuid WHERE id <> '${id}'`,
      'DROP TABLE made',
    );
    const all = await stats({ groupBy: ['CALLER'] });
    expect(all.groups).toHaveLength(1_000);
    expect(all.hasMoreGroups).toBe(true);
    const some = await stats({
      groupBy: ['CALLER'],
      filter: { not: { callerId: ['caller 1', 'caller 2'] } },
    });
    expect(some.groups).toHaveLength(999);
    expect(some.hasMoreGroups).toBe(false);
  });

  // Lists are read by Prisma, statistics by SQL made of the same condition: they must agree.
  test('counts what the list finds, for every condition', async () => {
    app.upstream.onSubmit(coded(1026));
    await create({ tags: ['a', `it's "so" {1,2}`], prompt: '50% of \\ a_b' });
    await create({ prompt: 'A fox', model: 'MiniMax-Hailuo-2.3' });
    const { generation } = await create({ tags: ['a'] });
    const filters: Parameters<typeof toWhere>[0][] = [
      {},
      { id: [generation.id] },
      { status: ['FAILED', 'QUEUED'] },
      { status: [] },
      { model: ['MiniMax-Hailuo-2.3'] },
      { taskId: [generation.taskId] },
      { statusCode: [1026] },
      { failureKind: ['INPUT_FLAGGED'] },
      { traceId: [generation.traceId] },
      { tags: [`it's "so" {1,2}`] },
      { tags: ['a', 'b'] },
      { listPriceUsd: { from: '0.01', to: '100' } },
      { listPriceUsd: {} },
      { callerId: [generation.callerId] },
      { status: ['PROCESSING'], createdAt: { from: new Date(0) } },
      { tenant: ['north'] },
      { promptContains: '0% of \\ a_' },
      { promptContains: 'FOX' },
      { createdAt: { from: new Date(0), to: app.clock.now() } },
      { or: [] },
      { or: [{ status: ['FAILED'] }, {}] },
      { and: [{ or: [{}] }] },
      { and: [{ tags: ['a'] }, { or: [{ status: ['FAILED'] }, { taskId: [generation.taskId] }] }] },
      { or: [{ promptContains: 'fox' }, { not: { statusCode: [0] } }] },
    ];
    for (const filter of filters.flatMap((one) => [one!, { not: one! }, { not: { not: one! } }])) {
      const { count } = await countGenerations(app.database, await findTraced(prisma, filter), {});
      const { groups } = await generationStats(
        prisma,
        { filter, groupBy: [], period: null, simulated: false },
        {},
        app.clock.now(),
      );
      expect([filter, groups[0]!.count]).toEqual([filter, count]);
      expect([filter, (await find(filter)).length]).toEqual([filter, count]);
      // Asked for alone it is counted without a page being read.
      const { data } = await app.graphql(
        'query ($filter: VideoGenerationFilter) { generations(filter: $filter) { totalCount } }',
        { filter },
      );
      expect([filter, data.generations.totalCount]).toEqual([filter, count]);
    }
    expect(() => toSql({ prompt: { startsWith: 'x' } })).toThrow('no SQL is known');
  });
});

describe('generationBacklog', () => {
  test('counts what is not at its end, of whom one may see, and is one event for auditors', async () => {
    const ann = (await key('ann', { tenant: 'north' })).secret;
    const eve = (await key('eve')).secret;
    const auditor = (await key('auditor', { role: 'AUDITOR' })).secret;
    await create({}, ann);
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    await create({}, ann);
    app.upstream.onSubmit(coded(1026));
    await create({}, ann);
    app.upstream.onSubmit(coded(1002), coded(1002));
    await create({}, eve);
    const { id } = (await create({}, eve)).generation;
    // As after a restore: held by hand here.
    await withoutTriggers(
      prisma,
      `UPDATE video_generation SET held_at = now(), next_attempt_at = NULL WHERE id = '${id}'`,
    );
    const backlog = async (secret: string) =>
      (await as(secret, '{ generationBacklog { queued held running uncertain } }'))
        .generationBacklog;
    const ofAnn = { queued: 0, held: 0, running: 1, uncertain: 1 };
    expect(await backlog(ann)).toEqual(ofAnn);
    expect(await backlog(eve)).toEqual({ queued: 2, held: 1, running: 0, uncertain: 0 });
    expect(await prisma.auditEvent.count({ where: { action: 'GENERATION_STATS_READ' } })).toBe(0);
    expect(await backlog(auditor)).toEqual({ ...ofAnn, queued: 2, held: 1 });
    const recorded = await prisma.auditEvent.findMany({
      where: { action: 'GENERATION_STATS_READ' },
      select: { callerId: true, detail: true },
    });
    expect(recorded).toEqual([{ callerId: 'auditor', detail: { backlog: 'true' } }]);
  });
});

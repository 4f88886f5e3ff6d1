import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import { openDatabase } from '../../../src/database/database.ts';
import { openEmbedded } from '../../../src/database/embedded.ts';
import { migrate, migrationsDirectory } from '../../../src/database/migrate.ts';
import { openServer } from '../../../src/database/server.ts';
import type { NewApiKey } from '../../../src/access/api-keys.ts';
import type { toWhere } from '../../../src/generation/finding/filter.ts';
import { findTraced } from '../../../src/generation/finding/filter.ts';
import { countGenerations } from '../../../src/generation/finding/list.ts';
import { generationStats } from '../../../src/generation/finding/stats.ts';
import { toSql } from '../../../src/database/where-sql.ts';
import { keysOf, startTestApp, step, usualInput, type TestApp } from '../../support/app.ts';
import { createServerDatabase, silent, withoutTriggers } from '../../support/database.ts';
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

async function key(callerId: string, more: Partial<NewApiKey> = {}) {
  return await keysOf(app).create(
    { callerId, name: callerId, role: 'CLIENT', tenant: null, expiresAt: null, ...more },
    null,
  );
}

async function as(secret: string | null, query: string, variables: object = {}) {
  const headers = secret === null ? {} : { authorization: `Bearer ${secret}` };
  const answer = await app.graphql(query, variables, headers as Record<string, string>);
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

async function create(input: object = {}, secret: string | null = null) {
  const data = await as(
    secret,
    `mutation C($input: CreateVideoGenerationInput!) { createVideoGeneration(input: $input) {
      generation { id tags callerId tenant traceId taskId status } replayed userErrors { field code message } } }`,
    { input: { ...usualInput, ...input } },
  );
  app.clock.advance(1_000);
  return data.createVideoGeneration;
}

async function find(filter: object, secret: string | null = null) {
  const { generations } = await as(
    secret,
    'query F($f: VideoGenerationFilter) { generations(filter: $f, orderBy: { direction: ASC }) { totalCount nodes { id } } }',
    { f: filter },
  );
  const ids = generations.nodes.map(({ id }: { id: string }) => id) as string[];
  expect(generations.totalCount).toBe(ids.length);
  return ids;
}

describe('tags', () => {
  test('are kept trimmed, shown, copied to a retry, and never sent to MiniMax', async () => {
    app.upstream.onSubmit(coded(1026));
    const { generation } = await create({ tags: ['  spring campaign ', 'Zürich 🎈'] });
    expect(generation).toMatchObject({ status: 'FAILED', tags: ['spring campaign', 'Zürich 🎈'] });
    const { retryVideoGeneration } = await as(
      null,
      `mutation { retryVideoGeneration(id: "${generation.id}") { generation { tags } } }`,
    );
    expect(retryVideoGeneration.generation.tags).toEqual(['spring campaign', 'Zürich 🎈']);
    expect((await create()).generation.tags).toEqual([]);
    expect(app.upstream.submits).toHaveLength(3);
    for (const { bodyText } of app.upstream.submits)
      expect(bodyText).not.toMatch(/tags|spring|Zürich/);
  });

  test.each([
    ['eleven', Array.from({ length: 11 }, (_, index) => `tag ${index}`)],
    ['an empty one', ['a', '  ']],
    ['a long one', ['x'.repeat(51)]],
    ['one twice', ['a', ' a']],
    ['a control character', ['a\u0007b']],
  ])('are refused as user errors: %s', async (_, tags) => {
    const { generation, userErrors } = await create({ tags });
    expect(generation).toBeNull();
    expect(userErrors).toMatchObject([{ field: ['tags'], code: 'TAGS_INVALID' }]);
    const { validateVideoGeneration } = await as(
      null,
      'query V($i: CreateVideoGenerationInput!) { validateVideoGeneration(input: $i) { valid userErrors { code } } }',
      { i: { ...usualInput, tags } },
    );
    expect(validateVideoGeneration).toEqual({
      valid: false,
      userErrors: [{ code: 'TAGS_INVALID' }],
    });
    expect(await prisma.videoGeneration.count()).toBe(0);
  });

  test('may be ten of fifty characters each, counted as people count them', async () => {
    const tags = Array.from({ length: 10 }, (_, index) => `${index}${'🎈'.repeat(49)}`);
    expect((await create({ tags })).generation.tags).toEqual(tags);
  });

  test('belong to the request under an idempotency key', async () => {
    const idempotencyKey = 'one';
    const first = await create({ idempotencyKey, tags: ['a', 'b'] });
    const same = await create({ idempotencyKey, tags: ['a', 'b'] });
    expect(same).toMatchObject({ replayed: true, generation: { id: first.generation.id } });
    expect((await create({ idempotencyKey, tags: ['a'] })).userErrors).toMatchObject([
      { code: 'IDEMPOTENCY_KEY_REUSED' },
    ]);
  });

  // Keys that were used before there were tags must still be recognised after an update.
  test('do not change the hash of a request that has none', async () => {
    await create({ idempotencyKey: 'old' });
    const row = await prisma.videoGeneration.findFirstOrThrow();
    expect(await create({ idempotencyKey: 'old', tags: [] })).toMatchObject({ replayed: true });
    expect(row.inputHash).toBe('e001f8772822c5a1e25069b98543c6c59dd93215e25a07905f6555a7a33eca92');
  });
});

describe('generations can be found', () => {
  test('by tags, price, reason and trace id', async () => {
    const a = (await create({ tags: ['red', 'blue'] })).generation;
    const b = (await create({ tags: ['blue'], resolution: '1080P' })).generation;
    app.upstream.onSubmit(coded(1026));
    const c = (await create({ tags: [] })).generation;
    app.upstream.onSubmit(coded(1027));
    const d = (await create({ model: 'T2V-01', resolution: '720P' })).generation;
    expect(await find({ tags: ['blue'] })).toEqual([a.id, b.id]);
    expect(await find({ tags: ['red', 'green'] })).toEqual([a.id]);
    expect(await find({ tags: ['red', 'blue'] })).toEqual([a.id, b.id]);
    expect(await find({ tags: [] })).toEqual([]);
    expect(await find({ not: { tags: ['red'] } })).toEqual([b.id, c.id, d.id]);
    expect(await find({ failureKind: ['INPUT_FLAGGED'] })).toEqual([c.id]);
    expect(await find({ failureKind: ['INPUT_FLAGGED', 'OUTPUT_FLAGGED'] })).toEqual([c.id, d.id]);
    // What has no reason does not have this one.
    expect(await find({ not: { failureKind: ['INPUT_FLAGGED'] } })).toEqual([a.id, b.id, d.id]);

    const prices = await prisma.videoGeneration.findMany({ orderBy: { id: 'asc' } });
    const [usual, dear] = prices.map(({ listPriceUsd }) => listPriceUsd?.toString());
    // The last has no list price: it lies in no range.
    expect(await find({ not: { listPriceUsd: { to: usual } } })).toEqual([b.id, d.id]);
    expect(await find({ listPriceUsd: { to: usual } })).toEqual(
      prices.filter((row) => row.listPriceUsd?.toString() === usual).map(({ id }) => id),
    );
    expect(await find({ listPriceUsd: { from: dear, to: dear } })).toEqual([b.id]);
    expect(await find({ listPriceUsd: { from: '1000.5' } })).toEqual([]);

    expect(a.traceId).not.toBeNull();
    expect(await find({ traceId: [a.traceId, 'other'] })).toEqual([a.id]);
    await step(app);
    await step(app);
    const { traceId } = await prisma.videoGeneration.findUniqueOrThrow({ where: { id: a.id } });
    expect(traceId).not.toBe(a.traceId);
    expect(await find({ traceId: [a.traceId] })).toEqual([a.id]);
    expect(await find({ traceId: [traceId] })).toEqual([a.id]);
    expect(await find({ or: [{ traceId: [a.traceId] }, { id: [d.id] }] })).toEqual([a.id, d.id]);
    expect(await find({ tags: ['blue'], not: { traceId: [a.traceId] } })).toEqual([b.id]);
  });

  test.each([
    ['one text', { promptContains: 'x'.repeat(257) }],
    ['one within', { not: { promptContains: '['.repeat(257) } }],
    ['all', { or: Array.from({ length: 5 }, () => ({ promptContains: 'ß'.repeat(201) })) }],
  ])('by so much text only as is quickly looked for: %s', async (_name, filter) => {
    const ask = async (text: string) =>
      (await app.graphql(`query ($filter: VideoGenerationFilter) { ${text} }`, { filter })).errors;
    for (const text of [
      'generations(filter: $filter) { nodes { id } }',
      'generations(filter: $filter) { totalCount }',
      'generationStats(filter: $filter) { hasMoreGroups }',
    ])
      expect(await ask(text)).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  test('by decimals only that are decimals', async () => {
    for (const from of ['0,28', '1e3', 'NaN', '']) {
      const { errors } = await app.graphql(
        'query F($f: VideoGenerationFilter) { generations(filter: $f) { nodes { id } } }',
        { f: { listPriceUsd: { from } } },
      );
      expect(errors).toHaveLength(1);
      expect(errors![0].message).toContain('A Decimal is text such as');
    }
  });

  test('by caller and tenant, by clients among what they may see only', async () => {
    const ann = (await key('ann', { tenant: 'north' })).secret;
    const ben = (await key('ben', { tenant: 'north' })).secret;
    const eve = (await key('eve', { tenant: 'south' })).secret;
    const admin = (await key('root', { role: 'ADMIN' })).secret;
    const ofAnn = (await create({ tags: ['x'] }, ann)).generation;
    const ofBen = (await create({ tags: ['x'] }, ben)).generation;
    const ofEve = (await create({ tags: ['x'] }, eve)).generation;
    expect(ofAnn).toMatchObject({ callerId: 'ann', tenant: 'north' });

    expect(await find({ callerId: ['ann', 'eve'] }, admin)).toEqual([ofAnn.id, ofEve.id]);
    expect(await find({ tenant: ['north'] }, admin)).toEqual([ofAnn.id, ofBen.id]);
    expect(await find({ not: { tenant: ['north'] } }, admin)).toEqual([ofEve.id]);
    expect(await find({}, ann)).toEqual([ofAnn.id, ofBen.id]);
    expect(await find({ callerId: ['ben'] }, ann)).toEqual([ofBen.id]);
    // Somebody else's rows do not exist, whichever way they are asked for.
    for (const filter of [
      { callerId: ['eve'] },
      { tenant: ['south'] },
      { traceId: [ofEve.traceId] },
      { id: [ofEve.id] },
      { taskId: [ofEve.taskId] },
      { tags: ['x'], not: { callerId: ['ann', 'ben'] } },
      { or: [{ callerId: ['eve'] }, { tenant: ['south'] }] },
    ]) {
      expect(await find(filter, ann)).toEqual([]);
      expect(await find(filter, admin)).toEqual([ofEve.id]);
    }
  });

  test('page by page in both orders, each once, whoever asks and for however many values', async () => {
    const ann = (await key('ann', { tenant: 'north' })).secret;
    const ben = (await key('ben', { tenant: 'north' })).secret;
    const made: string[] = [];
    for (const [index, secret] of [ann, ben, ann, ben, ann].entries()) {
      const tags = index % 2 === 0 ? ['a', 'b'] : ['b'];
      made.push((await create({ tags }, secret)).generation.id);
    }
    for (const field of ['CREATED_AT', 'UPDATED_AT']) {
      for (const direction of ['ASC', 'DESC']) {
        const found: string[] = [];
        for (let after: string | null = null; ;) {
          const { generations } = await as(
            ann,
            `query P($after: String) { generations(first: 2, after: $after, filter: { tags: ["a", "b"] },
              orderBy: { field: ${field}, direction: ${direction} }) { nodes { id } pageInfo { hasNextPage endCursor } } }`,
            { after },
          );
          found.push(...generations.nodes.map(({ id }: { id: string }) => id));
          if (!generations.pageInfo.hasNextPage) break;
          after = generations.pageInfo.endCursor;
        }
        expect(found).toEqual(direction === 'ASC' ? made : made.toReversed());
      }
    }
  });

  test('without tags and prompts being written to the audit log', async () => {
    const auditor = (await key('auditor', { role: 'AUDITOR' })).secret;
    await find({ tags: ['private'], and: [{ promptContains: 'secret' }] }, auditor);
    const event = await prisma.auditEvent.findFirstOrThrow({
      where: { action: 'GENERATIONS_LISTED' },
    });
    expect(event.detail).toEqual({
      filter: '{"and":[{"promptContains":"[text]"}],"tags":"[tags]"}',
    });
  });
});

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

describe('audit events can be found', () => {
  const events = async (secret: string, filter: object) =>
    (
      await as(
        secret,
        'query E($f: AuditEventFilter) { auditEvents(filter: $f, direction: ASC) { nodes { action generationId objectId callerId detail } } }',
        { f: filter },
      )
    ).auditEvents.nodes as Record<string, unknown>[];

  test('by what they are on: who read this generation, what became of this key', async () => {
    const auditor = await key('auditor', { role: 'AUDITOR' });
    const owner = await key('owner');
    const { id } = (await create({}, owner.secret)).generation;
    const other = (await create({}, owner.secret)).generation.id as string;
    await as(auditor.secret, `{ generation(id: "${id}") { id } }`);
    const about = await events(auditor.secret, { objectId: [id] });
    expect(about.map(({ action }) => action)).toEqual([
      'GENERATION_CREATED',
      'SUBMISSION_SENT',
      'SUBMISSION_ACCEPTED',
      'FOREIGN_GENERATION_READ',
    ]);
    expect(about.every(({ objectId }) => objectId === id)).toBe(true);
    expect(about.at(-1)).toMatchObject({
      generationId: null,
      callerId: 'auditor',
      detail: '{"owner":"owner"}',
    });
    expect(
      await events(auditor.secret, { objectId: [id, other], action: ['FOREIGN_GENERATION_READ'] }),
    ).toHaveLength(1);
    const ofKey = await events(auditor.secret, { objectId: [owner.apiKey.id] });
    expect(ofKey).toMatchObject([{ action: 'API_KEY_CREATED', objectId: owner.apiKey.id }]);
    expect(ofKey[0]!['detail']).not.toContain(owner.apiKey.id);
    expect(await events(auditor.secret, { objectId: ['nonsense'] })).toEqual([]);
    expect(await events(auditor.secret, { objectId: [] })).toEqual([]);
  });

  test('by a text in what MiniMax said or in the detail', async () => {
    const auditor = (await key('auditor', { role: 'AUDITOR' })).secret;
    app.upstream.onSubmit(coded(1026, 'input_new 100% Sensitive'));
    const { id } = (await create({}, auditor === '' ? null : (await key('ann')).secret)).generation;
    expect(await events(auditor, { text: '100% sens' })).toMatchObject([{ generationId: id }]);
    expect(await events(auditor, { text: 'inputxnew' })).toEqual([]);
    expect(await events(auditor, { text: '"role": "AUDITOR"' })).toMatchObject([
      { action: 'API_KEY_CREATED' },
    ]);
    // Every success says it: nobody looks for that.
    expect(await events(auditor, { text: 'success' })).toEqual([]);
    for (const text of ['ab', 'x'.repeat(201)]) {
      const { errors } = await app.graphql(
        'query E($f: AuditEventFilter) { auditEvents(filter: $f) { nodes { id } } }',
        { f: { text } },
        { authorization: `Bearer ${auditor}` },
      );
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    }
    expect(await verifyAuditLog(prisma)).toMatchObject({ ok: true });
  });
});

test('events of before the column objectId keep their hashes and can be searched', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'before-finding-'));
  const dataDir = join(folder, 'data');
  const before = join(folder, 'migrations');
  for (const name of ['0001_init', '0002_access', '0003_audit'])
    await cp(join(migrationsDirectory, name), join(before, name), { recursive: true });
  const server =
    globalThis.databaseUrl === undefined
      ? undefined
      : await createServerDatabase({ migrated: false });
  const fillOld = async (pool: pg.Pool) => {
    await migrate(pool, silent, before);
    await pool.query(`INSERT INTO audit_event (id, occurred_at, action, detail)
      SELECT gen_random_uuid(), now(), 'API_KEY_CREATED', '{"keyId": "old key"}'
      FROM generate_series(1, 5)`);
  };
  try {
    if (server) {
      const pool = (await openServer({ url: server.url, logger: silent })).directPool({ max: 2 });
      await fillOld(pool);
      await pool.end();
    } else {
      const embedded = await openEmbedded({ directory: join(dataDir, 'postgres'), logger: silent });
      await fillOld(embedded.pool);
      await embedded.markReady();
      await embedded.close();
    }
    const database = await openDatabase({ url: server?.url, dataDir, logger: silent });
    expect(await verifyAuditLog(database.prisma)).toMatchObject({ ok: true, checked: 5 });
    const found = { searchText: { contains: 'OLD KEY', mode: 'insensitive' } } as const;
    expect(await database.prisma.auditEvent.count({ where: found })).toBe(5);
    await database.close();
  } finally {
    await server?.drop();
    await rm(folder, { recursive: true });
  }
});

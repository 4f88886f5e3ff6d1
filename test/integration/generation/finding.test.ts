import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startTestApp, step, usualInput, type TestApp } from '../../support/app.ts';
import { callersOf } from '../../support/callers.ts';
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

import { readFileSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  buildSchema,
  getNamedType,
  isObjectType,
  type GraphQLObjectType,
  type GraphQLOutputType,
} from 'graphql';
import { startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded } from '../../support/fake-upstream.ts';

let app: TestApp;
let ids: string[];
/** Most tests only read, all of them the same; one that changes something says so by this. */
let isAsMade = false;

/** Five generations, a second apart: two refused, one of another model. */
beforeEach(async () => {
  if (isAsMade) return;
  await app?.stop();
  app = await startTestApp();
  isAsMade = true;
  ids = [];
  const inputs = [
    { prompt: 'A red fox' },
    { prompt: 'A blue fox' },
    { prompt: '100% rain_drop' },
    { prompt: 'A FOX at night', model: 'MiniMax-Hailuo-2.3' },
    { prompt: 'The sea' },
  ];
  for (const [index, input] of inputs.entries()) {
    if (index === 1 || index === 4) app.upstream.onSubmit(coded(1026));
    ids.push((await app.create(input)).generation.id);
    app.clock.advance(1_000);
  }
});
afterAll(async () => {
  await app.stop();
});

const pageFields =
  'edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';

async function list(args: string, variables: object = {}, definitions = '') {
  const answer = await app.graphql(
    `query L${definitions} { generations(${args}) { ${pageFields} } }`,
    variables,
  );
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  const { edges, pageInfo } = answer.data.generations;
  return {
    ids: edges.map((edge: { node: { id: string } }) => edge.node.id) as string[],
    edges,
    pageInfo,
  };
}

async function filtered(filter: object): Promise<number[]> {
  const { ids: found } = await list(
    'filter: $f, orderBy: { direction: ASC }',
    { f: filter },
    '($f: VideoGenerationFilter)',
  );
  return found.map((id) => ids.indexOf(id));
}

async function failing(query: string) {
  const answer = await app.graphql(query);
  expect(answer.errors).toHaveLength(1);
  return answer.errors![0];
}

describe('generations', () => {
  test('come newest first, page by page', async () => {
    const first = await list('first: 2');
    expect(first.ids).toEqual([ids[4], ids[3]]);
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const second = await list(`first: 2, after: "${first.pageInfo.endCursor}"`);
    expect(second.ids).toEqual([ids[2], ids[1]]);
    expect(second.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    const third = await list(`first: 2, after: "${second.pageInfo.endCursor}"`);
    expect(third.ids).toEqual([ids[0]]);
    expect(third.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  test('can be paged backward', async () => {
    const last = await list('last: 2');
    expect(last.ids).toEqual([ids[1], ids[0]]);
    expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const before = await list(`last: 2, before: "${last.pageInfo.startCursor}"`);
    expect(before.ids).toEqual([ids[3], ids[2]]);
    expect(before.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
  });

  test.each(['CREATED_AT', 'UPDATED_AT'])(
    'ordered by %s lose and repeat none across pages',
    async (field) => {
      for (const direction of ['ASC', 'DESC']) {
        const found: string[] = [];
        let after = '';
        for (;;) {
          const page = await list(
            `first: 2${after}, orderBy: { field: ${field}, direction: ${direction} }`,
          );
          found.push(...page.ids);
          if (!page.pageInfo.hasNextPage) break;
          after = `, after: "${page.pageInfo.endCursor}"`;
        }
        expect(found).toEqual(direction === 'ASC' ? ids : ids.toReversed());
      }
    },
  );

  test('that are created while somebody pages do not shift the pages', async () => {
    isAsMade = false;
    const first = await list('first: 2');
    await app.create();
    const second = await list(`first: 2, after: "${first.pageInfo.endCursor}"`);
    expect(second.ids).toEqual([ids[2], ids[1]]);
  });

  test('on an empty page have no cursors', async () => {
    const { edges, pageInfo } = await list('filter: { taskId: "none" }');
    expect(edges).toEqual([]);
    expect(pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: false,
      startCursor: null,
      endCursor: null,
    });
  });

  test('can be filtered by each condition, alone and combined', async () => {
    expect(await filtered({ status: 'FAILED' })).toEqual([1, 4]);
    expect(await filtered({ status: ['FAILED', 'PROCESSING'] })).toEqual([0, 1, 2, 3, 4]);
    expect(await filtered({ status: [] })).toEqual([]);
    expect(await filtered({ model: ['MiniMax-Hailuo-2.3'] })).toEqual([3]);
    expect(await filtered({ statusCode: [1026] })).toEqual([1, 4]);
    expect(await filtered({ promptContains: 'fox' })).toEqual([0, 1, 3]);
    expect(await filtered({ promptContains: '0% rain_' })).toEqual([2]);
    expect(await filtered({ promptContains: 'a_b' })).toEqual([]);
    expect(await filtered({ id: [ids[2], 'no-id'] })).toEqual([2]);
    expect(await filtered({ promptContains: 'fox', status: ['FAILED'] })).toEqual([1]);
    expect(
      await filtered({ or: [{ promptContains: 'sea' }, { model: ['MiniMax-Hailuo-2.3'] }] }),
    ).toEqual([3, 4]);
    expect(
      await filtered({ and: [{ promptContains: 'fox' }, { not: { status: ['FAILED'] } }] }),
    ).toEqual([0, 3]);
    const { data } = await app.graphql(`{ generation(id: "${ids[0]}") { taskId } }`);
    expect(await filtered({ taskId: [data.generation.taskId] })).toEqual([0]);
  });

  test('can be filtered by when they were created, the end excluded', async () => {
    const answer = await app.graphql(
      '{ generations(orderBy: { direction: ASC }) { nodes { createdAt } } }',
    );
    const at = answer.data.generations.nodes.map((node: { createdAt: string }) => node.createdAt);
    expect(await filtered({ createdAt: { from: at[1], to: at[3] } })).toEqual([1, 2]);
    expect(await filtered({ createdAt: { from: at[4] } })).toEqual([4]);
    expect(await filtered({ createdAt: { to: at[1] } })).toEqual([0]);
  });

  test('are counted when somebody asks', async () => {
    const answer = await app.graphql(
      '{ generations(first: 1, filter: { promptContains: "fox" }) { totalCount totalCountIsExact nodes { id } } }',
    );
    expect(answer.data.generations).toMatchObject({ totalCount: 3, totalCountIsExact: true });
  });

  test.each([
    ['first: 101', 'BAD_PAGE_SIZE'],
    ['first: 0', 'BAD_PAGE_SIZE'],
    ['last: -1', 'BAD_PAGE_SIZE'],
    ['first: 1, last: 1', 'BAD_PAGE_SIZE'],
    ['after: "rubbish"', 'BAD_CURSOR'],
    ['after: ""', 'BAD_CURSOR'],
    [`after: "${Buffer.from('["CREATED_AT","x\' or 1=1"]').toString('base64url')}"`, 'BAD_CURSOR'],
    ['filter: { createdAt: { from: "yesterday" } }', 'BAD_USER_INPUT'],
    ['filter: { not: { not: { not: { not: { not: { not: {} } } } } } }', 'BAD_USER_INPUT'],
  ])('with (%s) are refused with %s', async (args, code) => {
    const error = await failing(`{ generations(${args}) { nodes { id } } }`);
    expect(['GRAPHQL_VALIDATION_FAILED', code]).toContain(error.extensions.code);
    expect(error.message).not.toMatch(/prisma|sql|node_modules/i);
  });

  test('have of each field the same when it is asked for alone as among all', async () => {
    isAsMade = false;
    await step(app);
    await step(app);
    const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
    const type = schema.getType('VideoGeneration') as GraphQLObjectType;
    const shown = ({ name, type: of }: { name: string; type: GraphQLOutputType }): string => {
      const inner = getNamedType(of);
      if (!isObjectType(inner)) return name;
      return `${name} { ${Object.values(inner.getFields()).map(shown).join(' ')} }`;
    };
    const fields = Object.values(type.getFields()).map(shown);
    const listed = async (wanted: string, fragment = '') => {
      const query = `{ generations { ${wanted} } } ${fragment}`;
      const { data, errors } = await app.graphql(query);
      expect(errors).toBeUndefined();
      await app.graphql(query);
      expect((await app.graphql(query)).data).toEqual(data);
      return data.generations;
    };
    const { nodes: all } = await listed(`nodes { ${fields.join(' ')} }`);
    expect(new Set(all.map(({ status }: { status: string }) => status)).size).toBeGreaterThan(1);
    for (const field of fields) {
      const name = /^\w+/.exec(field)![0];
      const expected = all.map((node: Record<string, unknown>) => ({ [name]: node[name] }));
      const { nodes } = await listed(`nodes { ${field} }`);
      expect(nodes).toEqual(expected);
      const { edges } = await listed(
        'edges { cursor node { ...F } }',
        `fragment F on VideoGeneration { ${field} }`,
      );
      expect(edges.map(({ node }: { node: unknown }) => node)).toEqual(expected);
    }
  });

  test('refuse a cursor of another order', async () => {
    const page = await list('first: 1');
    const error = await failing(
      `{ generations(after: "${page.pageInfo.endCursor}", orderBy: { field: UPDATED_AT }) { nodes { id } } }`,
    );
    expect(error.extensions.code).toBe('BAD_CURSOR');
  });
});

describe('one generation', () => {
  test('is found by its id, as a node too', async () => {
    const answer = await app.graphql(
      'query One($id: ID!) { generation(id: $id) { id prompt } node(id: $id) { __typename id ... on VideoGeneration { prompt } } }',
      { id: ids[0] },
    );
    expect(answer.data).toEqual({
      generation: { id: ids[0], prompt: 'A red fox' },
      node: { __typename: 'VideoGeneration', id: ids[0], prompt: 'A red fox' },
    });
  });

  test.each(['generation', 'node'])(
    'that does not exist is NOT_FOUND as %s, whatever its id looks like',
    async (field) => {
      for (const id of ['01a20a96-2550-7661-bd8f-63b10abfa24d', 'x', '', "' or 1=1 --"]) {
        const answer = await app.graphql(`query One($id: ID!) { ${field}(id: $id) { id } }`, {
          id,
        });
        expect(answer.data).toEqual({ [field]: null });
        expect(answer.errors![0].extensions.code).toBe('NOT_FOUND');
      }
    },
  );

  test('many are found by their ids, in the order asked for, null for what is not there', async () => {
    const unknown = '01a20a96-2550-7661-bd8f-63b10abfa24d';
    const wanted = [ids[4], unknown, ids[0]!.toUpperCase(), 'x', ids[4]];
    const answer = await app.graphql(
      'query Many($ids: [ID!]!) { nodes(ids: $ids) { id ... on VideoGeneration { prompt } } }',
      { ids: wanted },
    );
    expect(answer.data.nodes).toEqual([
      { id: ids[4], prompt: 'The sea' },
      null,
      { id: ids[0], prompt: 'A red fox' },
      null,
      { id: ids[4], prompt: 'The sea' },
    ]);
    const empty = await app.graphql('{ nodes(ids: []) { id } }');
    expect(empty.data.nodes).toEqual([]);
  });

  test('at most 100 at a time, and each counts', async () => {
    const query = 'query Many($ids: [ID!]!) { nodes(ids: $ids) { id } }';
    const hundred = Array.from({ length: 100 }, () => ids[0]);
    const answer = await app.graphql(query, { ids: hundred });
    expect(answer.data.nodes).toHaveLength(100);
    const events = await app.graphql(
      'query Many($ids: [ID!]!) { nodes(ids: $ids) { ... on VideoGeneration { events(last: 50) { id } } } }',
      { ids: hundred },
    );
    expect(events.errors![0].extensions.code).toBe('OPERATION_TOO_COMPLEX');
    const more = await app.graphql(query, { ids: [...hundred, ids[1]] });
    expect(more.errors![0].extensions.code).toBe('BAD_USER_INPUT');
  });

  test('the edge that a create gives is the first of the list', async () => {
    isAsMade = false;
    const created = await app.graphql(
      `mutation { createVideoGeneration(input: { model: "MiniMax-Hailuo-02", prompt: "New" }) {
        generationEdge { cursor node { id prompt } } } }`,
    );
    const { generationEdge } = created.data.createVideoGeneration;
    expect(generationEdge.node.prompt).toBe('New');
    const page = await list('first: 1');
    expect(page.edges).toEqual([
      { cursor: generationEdge.cursor, node: { id: generationEdge.node.id } },
    ]);
    expect((await list(`first: 1, after: "${generationEdge.cursor}"`)).ids).toEqual([ids[4]]);

    // Ids of one millisecond have no order among each other.
    app.clock.advance(1_000);
    const retried = await app.graphql(
      `mutation { retryVideoGeneration(id: "${ids[4]}") { generation { id } generationEdge { cursor } } }`,
    );
    expect(retried.data.retryVideoGeneration.generationEdge.cursor).toBe(
      (await list('first: 1')).edges[0].cursor,
    );
    const refused = await app.graphql(
      `mutation { retryVideoGeneration(id: "${ids[0]}") { generationEdge { cursor } userErrors { code } } }`,
    );
    expect(refused.data.retryVideoGeneration).toEqual({
      generationEdge: null,
      userErrors: [{ code: 'WRONG_STATUS' }],
    });
  });

  test('shows its latest events only when asked for fewer', async () => {
    const answer = await app.graphql(
      `{ generation(id: "${ids[0]}") { events(last: 1) { action sequence } } }`,
    );
    expect(answer.data.generation.events).toEqual([{ action: 'SUBMISSION_ACCEPTED', sequence: 3 }]);
  });
});

test('the capability matrix is readable as data', async () => {
  const answer = await app.graphql(`{ videoModels { name
    modes { mode requiredImages defaultResolution defaultDuration fastPretreatment outputs { resolution durations } }
    cameraCommands { name } prices { resolution duration amounts { amount currency } listedOn } } }`);
  const models = answer.data.videoModels;
  expect(models).toHaveLength(11);
  const fast = models.find(({ name }: { name: string }) => name === 'MiniMax-Hailuo-2.3-Fast');
  expect(fast).toMatchObject({
    modes: [
      {
        mode: 'IMAGE_TO_VIDEO',
        requiredImages: ['firstFrameImage'],
        defaultResolution: '768P',
        defaultDuration: 6,
        outputs: [
          { resolution: '768P', durations: [6, 10] },
          { resolution: '1080P', durations: [6] },
        ],
      },
    ],
  });
  expect(fast.cameraCommands).toHaveLength(15);
  expect(fast.prices[0]).toEqual({
    resolution: '768P',
    duration: 6,
    amounts: [
      { amount: '0.19', currency: 'USD' },
      { amount: '1.35', currency: 'CNY' },
    ],
    listedOn: '2026-08-18',
  });
});

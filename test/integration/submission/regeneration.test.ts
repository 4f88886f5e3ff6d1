import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { keysOf, look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { refused, secondTaskReply } from '../../support/fake-upstream.ts';
import { pngDataUrl } from '../../support/images.ts';

const day = 24 * 3_600_000;
const input = { model: 'MiniMax-H3', duration: 5, resolution: '768P', aspectRatio: '16:9' };
const image = 'https://example.com/a.png';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ upstream: { processingAnswers: 0 } });
});
afterEach(() => app.stop());

const made = `generation { id status kind sourceId model prompt duration resolution aspectRatio
  firstFrameImage referenceImages aigcWatermark tags callerId idempotencyKey listPrice { amount }
  taskId cost { amount basis } failure { kind } } replayed userErrors { field code message }`;

async function anew(id: string, args = '', headers = {}) {
  const { data, errors } = await app.graphql(
    `mutation($id: ID!) { regenerateVideoGeneration(id: $id ${args}) { ${made} } }`,
    { id },
    headers,
  );
  return errors ? { errors } : data.regenerateVideoGeneration;
}

async function finished(more: object = {}): Promise<{ id: string; taskId: string }> {
  const { generation } = await app.create({ ...input, ...more });
  await step(app);
  const found = await look(app, generation.id);
  expect(found.status).toBe('SUCCEEDED');
  return found;
}

const codesOf = ({ userErrors }: { userErrors: { code: string }[] }) =>
  userErrors.map(({ code }) => code);

describe('a finished 768P video of H3', () => {
  test('is made anew in 2K from its task, for its own price', async () => {
    const { id, taskId } = await finished({ tags: ['spring'], firstFrameImage: pngDataUrl() });
    const { generation, replayed, userErrors } = await anew(id, ', aigcWatermark: true');
    expect(userErrors).toEqual([]);
    expect(replayed).toBe(false);
    expect(generation).toMatchObject({
      ...{ status: 'PROCESSING', kind: 'REGENERATION', sourceId: id, resolution: '2K' },
      ...{ model: 'MiniMax-H3', duration: 5, tags: ['spring'], firstFrameImage: null },
      ...{ listPrice: { amount: '0.30' }, cost: null },
    });
    const sent = app.upstream.submits.at(-1)!;
    expect(sent.path).toBe('/v2/video_regeneration');
    expect(sent.bodyText).toBe(
      `{"model":"MiniMax-H3","source_task_id":"${taskId}","resolution":"2K","aigc_watermark":true}`,
    );
    app.upstream.onQuery(({ path }) =>
      secondTaskReply({
        ...{ id: path.split('/').at(-1), status: 'succeeded', ratio: '', resolution: '2K' },
        ...{ task_type: 'regeneration', content: { url: 'https://cdn.example.com/2k.mp4' } },
        usage: { total_seconds: 6, input_seconds: 0, output_seconds: 6, input_image_count: 0 },
      }),
    );
    await step(app);
    const { data } = await app.graphql(
      `{ generation(id: "${generation.id}") { status videoUrl cost { amount basis }
           submissions { outcome apiGeneration listPrice { amount } } }
         source: generation(id: "${id}") { kind regenerationId version }
         only: generations(filter: { kind: REGENERATION }) { nodes { id } }
         others: generations(filter: { kind: GENERATION }) { nodes { id } }
         generationStats(groupBy: KIND) { groups { kind count spend { amount } } } }`,
    );
    expect(data.generation).toEqual({
      ...{ status: 'SUCCEEDED', videoUrl: 'https://cdn.example.com/2k.mp4' },
      cost: { amount: '0.30', basis: 'USAGE' },
      submissions: [{ outcome: 'ACCEPTED', apiGeneration: 2, listPrice: { amount: '0.30' } }],
    });
    expect(data.source).toMatchObject({ kind: 'GENERATION', regenerationId: generation.id });
    expect([data.only.nodes, data.others.nodes]).toEqual([[{ id: generation.id }], [{ id }]]);
    expect(data.generationStats.groups).toEqual(
      expect.arrayContaining([
        { kind: 'GENERATION', count: 1, spend: { amount: '0.40' } },
        { kind: 'REGENERATION', count: 1, spend: { amount: '0.30' } },
      ]),
    );
    const { data: verified } = await app.graphql('{ verifyAuditLog { ok } }');
    expect(verified.verifyAuditLog.ok).toBe(true);
  });

  test('is made anew from its inputs when MiniMax has its task no more', async () => {
    const references = {
      ...{ referenceImages: [image], aspectRatio: '16:9' },
      referenceVideos: [{ url: 'https://example.com/v.mp4', seconds: 4 }],
    };
    const { id, taskId } = await finished(references);
    app.clock.advance(7 * day - 3_600_000 + 1);
    const { generation } = await anew(id);
    expect(generation).toMatchObject({ referenceImages: [image], sourceId: id });
    expect(app.upstream.submits.at(-1)!.body).toEqual({
      model: 'MiniMax-H3',
      content: [
        { type: 'text', text: 'A paper boat crosses a puddle' },
        { type: 'image_url', image_url: { url: image }, role: 'reference_image' },
        {
          ...{ type: 'video_url', video_url: { url: 'https://example.com/v.mp4' } },
          role: 'reference_video',
        },
        {
          type: 'video_url',
          video_url: { url: `${app.upstream.url}/download/${taskId}/output.mp4` },
          role: 'base_video',
        },
      ],
      resolution: '2K',
    });
  });

  test('is made anew once, whoever asks how often, until that is of no use', async () => {
    const { id } = await finished();
    app.upstream.onSubmit(refused(400, 'invalid params, not on the list (2013)'));
    const first = await anew(id);
    expect(first.generation).toMatchObject({
      status: 'FAILED',
      failure: { kind: 'INPUT_INVALID' },
    });
    const [second, third] = await Promise.all([anew(id, ', from: INPUTS'), anew(id)]);
    expect(second.generation.id).toBe(third.generation.id);
    expect(second.generation.id).not.toBe(first.generation.id);
    expect([second.replayed, third.replayed].toSorted()).toEqual([false, true]);
    expect(app.upstream.submits).toHaveLength(3);
    app.upstream.onQuery(({ path }) =>
      secondTaskReply({ id: path.split('/').at(-1), status: 'queued' }),
    );
    await app.graphql(`mutation { cancelVideoGeneration(id: "${third.generation.id}") {
      generation { status } } }`);
    expect(await anew(id)).toMatchObject({ replayed: false, generation: { status: 'PROCESSING' } });
    expect(app.upstream.submits).toHaveLength(4);
  });

  test('is made anew from its inputs where its task was deleted', async () => {
    const { id, taskId } = await finished();
    app.upstream.onRemove({ json: { task_id: taskId, action: 'deleted', status: 'deleted' } });
    await app.graphql(`mutation { deleteTaskAtMiniMax(id: "${id}", taskId: "${taskId}") {
      userErrors { code } } }`);
    expect(codesOf(await anew(id, ', from: TASK'))).toEqual(['SOURCE_NOT_AVAILABLE']);
    const { generation } = await anew(id);
    expect(generation.status).toBe('PROCESSING');
    expect(app.upstream.submits.at(-1)!.body).not.toHaveProperty('task_id');
    expect(app.upstream.submits.at(-1)!.body.content).toContainEqual(
      expect.objectContaining({ role: 'base_video' }),
    );
  });

  test('is made anew from its inputs with the images that came with them', async () => {
    const { id } = await finished({ firstFrameImage: pngDataUrl() });
    const { generation } = await anew(id, ', from: INPUTS');
    expect(generation.status).toBe('PROCESSING');
    const { content } = app.upstream.submits.at(-1)!.body as { content: object[] };
    expect(content).toContainEqual(
      expect.objectContaining({ role: 'first_frame', image_url: { url: pngDataUrl() } }),
    );
    // Each of them uses the one file.
    expect(await app.database.prisma.mediaUse.count()).toBe(2);
    expect(await app.database.prisma.storedObject.count({ where: { kind: 'INPUT' } })).toBe(1);
  });

  test('is not made anew beside one whose outcome nobody knows; its task is found by its kind', async () => {
    const { id } = await finished();
    app.upstream.onSubmit(refused(504, 'timeout'));
    const { generation } = await anew(id);
    expect(generation.status).toBe('UNCERTAIN');
    expect(await anew(id)).toMatchObject({ replayed: true, generation: { id: generation.id } });
    app.clock.advance(3 * 60_000);
    const task = {
      ...{ model: 'MiniMax-H3', status: 'running', resolution: '2K', duration: 5, usage: {} },
      created_at: Math.floor(app.clock.now().getTime() / 1000) - 170,
    };
    app.upstream.onList({
      json: {
        items: [
          { ...task, id: '1', task_type: 'generation', ratio: '16:9' },
          { ...task, id: '2', task_type: 'regeneration', ratio: '' },
        ],
        total: 2,
      },
    });
    await app.reconciliation.run();
    expect(await look(app, generation.id)).toMatchObject({ status: 'PROCESSING', taskId: '2' });
  });

  test('is not made anew beside one that was repeated and whose outcome nobody knows', async () => {
    const { id } = await finished();
    app.upstream.onSubmit(refused(504, 'gateway timeout'), refused(400, 'no more of this (1026)'));
    const first = (await anew(id)).generation;
    expect(first.status).toBe('UNCERTAIN');
    const { data } = await app.graphql(
      `mutation { retryVideoGeneration(id: "${first.id}") { generation { id status } } }`,
    );
    const repeated = data.retryVideoGeneration.generation;
    expect(repeated.status).toBe('FAILED');
    expect(await anew(id)).toMatchObject({ replayed: true, generation: { id: repeated.id } });
    expect(app.upstream.submits).toHaveLength(3);
  });

  test('can be asked for its price before', async () => {
    const { id } = await finished();
    const ask = async (from = '') =>
      (
        await app.graphql(`{ validateVideoRegeneration(id: "${id}"${from}) {
          valid from estimatedPrice { amount currency } priceListedOn userErrors { code } } }`)
      ).data.validateVideoRegeneration;
    const estimatedPrice = { amount: '0.30', currency: 'USD' };
    const good = { valid: true, estimatedPrice, priceListedOn: '2026-10-24', userErrors: [] };
    expect(await ask()).toEqual({ ...good, from: 'TASK' });
    expect(await ask(', from: INPUTS')).toEqual({ ...good, from: 'INPUTS' });
    app.clock.advance(8 * day);
    expect(await ask()).toEqual({ ...good, from: 'INPUTS' });
    expect(await ask(', from: TASK')).toMatchObject({
      ...{ valid: false, from: null, estimatedPrice: null },
      userErrors: [{ code: 'SOURCE_NOT_AVAILABLE' }],
    });
    expect(app.upstream.submits).toHaveLength(1);
  });
});

describe('nothing is sent or stored for', () => {
  afterEach(async () => {
    expect(app.upstream.submits).toHaveLength(1);
    expect(await app.database.prisma.videoGeneration.count()).toBe(1);
  });

  test.each<[string, object]>([
    ['a video in 2K', { resolution: '2K' }],
    ['a video of another model', { model: 'MiniMax-H3-Max' }],
  ])('%s', async (_name, more) => {
    expect(codesOf(await anew((await finished(more)).id))).toEqual(['REGENERATION_NOT_SUPPORTED']);
  });

  test('a video that is not finished', async () => {
    const { generation } = await app.create(input);
    expect(codesOf(await anew(generation.id))).toEqual(['WRONG_STATUS']);
  });

  test('a video that was redacted', async () => {
    const { id } = await finished();
    await app.graphql(`mutation { redactVideoGeneration(id: "${id}", reason: "r") {
      userErrors { code } } }`);
    expect(codesOf(await anew(id))).toEqual(['GENERATION_REDACTED']);
  });

  test('a video whose images are gone with its task', async () => {
    const { id } = await finished({ firstFrameImage: pngDataUrl() });
    await app.database.prisma.mediaUse.deleteMany();
    expect(codesOf(await anew(id, ', from: INPUTS'))).toEqual(['IMAGES_NO_LONGER_STORED']);
    app.clock.advance(8 * day);
    expect(codesOf(await anew(id))).toEqual(['IMAGES_NO_LONGER_STORED']);
  });

  test('a video whose link has ended with its task', async () => {
    const { id } = await finished();
    await app.database.prisma.videoGeneration.update({
      where: { id },
      data: { videoUrlExpiresAt: app.clock.now(), accountId: 'someone-else' },
    });
    expect(codesOf(await anew(id))).toEqual(['SOURCE_NOT_AVAILABLE']);
  });
});

test('what is made anew is not made anew once more, and is retried as it was', async () => {
  const { id } = await finished();
  app.upstream.onSubmit(refused(402, 'no balance (1008)'));
  const { generation: failed } = await anew(id);
  expect(codesOf(await anew(failed.id))).toEqual(['REGENERATION_NOT_SUPPORTED']);
  app.clock.advance(3_600_000);
  const { data } = await app.graphql(
    `mutation { retryVideoGeneration(id: "${failed.id}") { ${made} } }`,
  );
  const { generation } = data.retryVideoGeneration;
  await step(app, 60_000);
  expect(generation).toMatchObject({ kind: 'REGENERATION', sourceId: id });
  const [, first, second] = app.upstream.submits;
  expect(second!.bodyText).toBe(first!.bodyText);
  // Asked for again, the one that repeats it is the answer.
  expect(await anew(id)).toMatchObject({ replayed: true, generation: { id: generation.id } });
});

test('it is paid once, whether it is made anew once more or the last one is repeated', async () => {
  const { id } = await finished();
  const retried = async (failed: string) => {
    const { data } = await app.graphql(
      `mutation { retryVideoGeneration(id: "${failed}") { ${made} } }`,
    );
    return data.retryVideoGeneration;
  };
  app.upstream.onSubmit(refused(400, 'invalid params, not on the list (2013)'));
  const first = await anew(id);
  const second = await anew(id);
  expect(second).toMatchObject({ replayed: false, generation: { status: 'PROCESSING' } });
  const { generation } = second;
  expect(await retried(first.generation.id)).toMatchObject({ replayed: true, generation: { id: generation.id } }); // prettier-ignore
  expect(app.upstream.submits).toHaveLength(3);

  // At once, of another video.
  const other = await finished();
  const sentBefore = app.upstream.submits.length;
  app.upstream.onSubmit(refused(400, 'invalid params, not on the list (2013)'));
  const { generation: failed } = await anew(other.id);
  const answers = await Promise.all(
    [0, 1, 2, 3].flatMap(() => [retried(failed.id), anew(other.id)]),
  );
  expect(new Set(answers.map((answer) => answer.generation.id)).size).toBe(1);
  expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
  expect(app.upstream.submits).toHaveLength(sentBefore + 2);
});

test('it belongs to whom its source belongs to, and a key of its owner stays with it', async () => {
  const key = async (callerId: string, role: 'CLIENT' | 'ADMIN') => {
    const named = { callerId, name: callerId, role, tenant: null, expiresAt: null };
    const { secret } = await keysOf(app).create(named, null);
    return { authorization: `Bearer ${secret}` };
  };
  const [owner, other, admin] = [
    ...[await key('owner', 'CLIENT'), await key('other', 'CLIENT'), await key('boss', 'ADMIN')],
  ];
  const create = async () => {
    const { data } = await app.graphql(
      `mutation($input: CreateVideoGenerationInput!) { createVideoGeneration(input: $input) {
        generation { id } } }`,
      { input: { ...input, prompt: 'A cat' } },
      owner,
    );
    await step(app);
    return data.createVideoGeneration.generation.id;
  };
  const [one, two] = [await create(), await create()];
  expect((await anew(one, '', other)).errors[0].extensions.code).toBe('NOT_FOUND');
  const byAdmin = await anew(one, ', idempotencyKey: "k"', admin);
  expect(byAdmin.generation).toMatchObject({ callerId: 'owner', idempotencyKey: null });
  const byOwner = await anew(two, ', idempotencyKey: "k"', owner);
  expect(byOwner.generation).toMatchObject({ callerId: 'owner', idempotencyKey: 'k' });
});

test('a server that knows no kinds gets no lease on what is made anew', async () => {
  const { id } = await finished();
  const { generation } = await anew(id);
  const claim = (speaks: string) =>
    app.database.pool.query(
      `UPDATE video_generation SET lease_token = gen_random_uuid(), claim_speaks = ${speaks}
       WHERE id = $1 RETURNING id`,
      [generation.id],
    );
  expect((await claim('2')).rows).toEqual([]);
  expect((await claim('3')).rows).toHaveLength(1);
});

test('a server that the database gives no lease does not ask for ever', async () => {
  const { pool } = app.database;
  const { rows } = await pool.query<{ body: string }>(
    `SELECT pg_get_functiondef('video_generation_claim'::regproc) AS body`,
  );
  // As for what is queued by a version to come.
  await pool.query(`CREATE OR REPLACE FUNCTION video_generation_claim() RETURNS trigger
    LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$`);
  try {
    await app.stop();
    app = await startTestApp({ env: { CREATE_WAIT_MS: '0' } });
    const { generation } = await app.create(input);
    const { generation: older } = await app.create();
    await app.worker.runOnce();
    expect(await look(app, generation.id)).toMatchObject({ status: 'QUEUED', attempts: 0 });
    expect((await look(app, older.id)).status).toBe('PROCESSING');
  } finally {
    await pool.query(rows[0]!.body);
  }
});

test('what the simulator made is not made anew by MiniMax', async () => {
  const { id } = await finished();
  await app.database.prisma.videoGeneration.update({ where: { id }, data: { simulated: true } });
  expect(codesOf(await anew(id))).toEqual(['SOURCE_NOT_AVAILABLE']);
});

test('the simulator makes videos anew, from tasks and from inputs', async () => {
  await app.stop();
  app = await startTestApp({ env: { MINIMAX_BASE_URL: '', MINIMAX_API_KEY: '' } });
  const fast = { ...input, prompt: 'A cat #sim:fast' };
  const sources = [await app.create(fast), await app.create(fast)];
  await step(app);
  for (const [index, { generation }] of sources.entries()) {
    const { generation: again } = await anew(generation.id, index === 0 ? '' : ', from: INPUTS');
    await step(app);
    expect(await look(app, again.id)).toMatchObject({ status: 'SUCCEEDED', resolution: '2K' });
  }
});

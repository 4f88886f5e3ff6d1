import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startTestApp, step, type TestApp } from '../../support/app.ts';
import { refused, secondTaskReply } from '../../support/fake-upstream.ts';
import { pngDataUrl } from '../../support/images.ts';

const wish = { model: 'MiniMax-H3', prompt: 'A paper boat', duration: 5, aspectRatio: '16:9' };
const better =
  'integrated_multimodal_description: A folded boat — 紙の舟 — drifts.\noverall_soundscape: Rain.';
const usage = { total_tokens: 9090, prompt_tokens: 5664, completion_tokens: 3426 };

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ upstream: { processingAnswers: 0 } });
  app.upstream.onQuery(({ path }) => enhanced(path.split('/').at(-1)!));
});
afterEach(() => app.stop());

function enhanced(id: string, fields: object = {}) {
  const text = {
    ...{ resolution: undefined, task_type: 'h3_context_ir', modality: 'text' },
    usage,
  };
  return secondTaskReply({
    ...{ ...text, id, status: 'succeeded', content: { prompt: better } },
    ...fields,
  });
}

async function enhance(more: object = {}, headers = {}) {
  const { data, errors } = await app.graphql(
    `mutation($input: EnhancePromptInput!) { enhancePrompt(input: $input) {
      generation { id status kind model prompt enhancedPrompt duration resolution aspectRatio tags
        sourceId listPrice { amount } videoUrl }
      replayed userErrors { field code message } } }`,
    { input: { ...wish, ...more } },
    headers,
  );
  return errors ? { errors } : data.enhancePrompt;
}

async function look(id: string) {
  const { data } = await app.graphql(
    `query($id: ID!) { generation(id: $id) { status kind taskId prompt enhancedPrompt videoUrl
       fileId failure { kind } listPrice { amount } cost { amount currency basis }
       usage { totalTokens promptTokens completionTokens outputSeconds }
       submissions { outcome apiGeneration listPrice { amount } } } }`,
    { id },
  );
  return data.generation;
}

async function verified() {
  const { data } = await app.graphql('{ verifyAuditLog { ok } }');
  return data.verifyAuditLog.ok;
}

describe('a better prompt', () => {
  test('is asked for as MiniMax documents it, stored, shown, and paid by its tokens', async () => {
    const { generation, replayed, userErrors } = await enhance({ tags: ['spring'] });
    expect([userErrors, replayed]).toEqual([[], false]);
    expect(generation).toMatchObject({
      ...{ status: 'PROCESSING', kind: 'PROMPT_ENHANCEMENT', sourceId: null, tags: ['spring'] },
      ...{ model: 'MiniMax-H3', prompt: 'A paper boat', duration: 5, resolution: null },
      ...{ enhancedPrompt: null, listPrice: null, videoUrl: null },
    });
    const [sent] = app.upstream.submits;
    expect(sent!.path).toBe('/v2/h3_context_ir');
    expect(sent!.bodyText).toBe(
      '{"model":"MiniMax-H3","content":[{"type":"text","text":"A paper boat"}],"duration":5,"ratio":"16:9"}',
    );
    await step(app);
    expect(await look(generation.id)).toEqual({
      ...{ status: 'SUCCEEDED', kind: 'PROMPT_ENHANCEMENT', taskId: expect.any(String) },
      ...{ prompt: 'A paper boat', enhancedPrompt: better, videoUrl: null, fileId: null },
      ...{ failure: null, listPrice: null },
      cost: { amount: '0.0174', currency: 'USD', basis: 'USAGE' },
      usage: {
        ...{ totalTokens: 9090, promptTokens: 5664, completionTokens: 3426, outputSeconds: null },
      },
      submissions: [{ outcome: 'ACCEPTED', apiGeneration: 2, listPrice: null }],
    });
    expect(app.upstream.retrieves).toEqual([]);
    const { data } = await app.graphql(`{
      only: generations(filter: { kind: PROMPT_ENHANCEMENT }) { nodes { id enhancedPrompt } }
      others: generations(filter: { kind: GENERATION }) { nodes { id } }
      generationStats(groupBy: KIND) { groups { kind count unpriced } } }`);
    expect(data).toEqual({
      only: { nodes: [{ id: generation.id, enhancedPrompt: better }] },
      others: { nodes: [] },
      generationStats: { groups: [{ kind: 'PROMPT_ENHANCEMENT', count: 1, unpriced: 1 }] },
    });
    expect(await verified()).toBe(true);
  });

  test('is asked for with what the video would be made from', async () => {
    const references = {
      ...{ aspectRatio: null, referenceImages: ['https://example.com/a.png'] },
      referenceVideos: [{ url: 'https://example.com/v.mp4' }],
      referenceAudios: [{ url: 'https://example.com/a.mp3' }],
    };
    expect((await enhance(references)).userErrors).toEqual([]);
    expect((await enhance({ firstFrameImage: pngDataUrl() })).userErrors).toEqual([]);
    const [first, second] = app.upstream.submits;
    expect(first!.body.content.map(({ role }: { role?: string }) => role)).toEqual([
      ...[undefined, 'reference_image', 'reference_video', 'reference_audio'],
    ]);
    expect(Object.keys(first!.body)).toEqual(['model', 'content', 'duration']);
    expect(second!.body.content[1]).toEqual({
      ...{ type: 'image_url', role: 'first_frame', image_url: { url: pngDataUrl() } },
    });
  });

  test('is sent once for its key, which is not that of the video', async () => {
    const [first, second] = [
      await enhance({ idempotencyKey: 'k' }),
      await enhance({ idempotencyKey: 'k' }),
    ];
    expect(second).toMatchObject({ replayed: true, generation: { id: first.generation.id } });
    const { userErrors } = await app.create({ ...wish, resolution: '768P', idempotencyKey: 'k' });
    expect(userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }]);
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('that MiniMax does not give is no success', async () => {
    const url = 'https://cdn.example.com/v.mp4';
    app.upstream.onQuery(({ path }) => enhanced(path.split('/').at(-1)!, { content: { url } }));
    const { generation } = await enhance();
    for (let looks = 0; looks < 12; looks += 1) await step(app, 600_000);
    expect(await look(generation.id)).toMatchObject({
      ...{ status: 'FAILED', failure: { kind: 'RESULT_MISSING' }, enhancedPrompt: null },
      videoUrl: null,
    });
  });

  test('is stored up to 40,000 characters, whatever they are', async () => {
    const long = `\u{1F6F6}\0${'x'.repeat(50_000)}`;
    app.upstream.onQuery(({ path }) =>
      enhanced(path.split('/').at(-1)!, { content: { prompt: long } }),
    );
    const { generation } = await enhance();
    await step(app);
    const { status, enhancedPrompt } = await look(generation.id);
    expect(status).toBe('SUCCEEDED');
    expect(enhancedPrompt).toBe(`\u{1F6F6}\uFFFD${'x'.repeat(39_997)}`);
  });

  test('goes with its prompt when that is redacted, also by a server that does not know of it', async () => {
    const ids = [(await enhance()).generation.id, (await enhance()).generation.id];
    await step(app);
    await app.graphql(`mutation { redactVideoGeneration(id: "${ids[0]}", reason: "r") {
      userErrors { code } } }`);
    expect(await look(ids[0])).toMatchObject({
      ...{ status: 'SUCCEEDED', prompt: null, enhancedPrompt: null },
      cost: { amount: '0.0174' },
    });
    expect(await verified()).toBe(true);
    await app.database.pool.query(
      'UPDATE video_generation SET prompt = NULL, redacted_at = now() WHERE id = $1',
      [ids[1]],
    );
    expect((await look(ids[1])).enhancedPrompt).toBeNull();
  });

  test('is exported with the generation', async () => {
    const { generation } = await enhance();
    await step(app);
    const { data } = await app.graphql('mutation { exportGenerations(format: NDJSON) { url } }');
    const exported = await (await fetch(data.exportGenerations.url)).text();
    expect(JSON.parse(exported)).toMatchObject({
      ...{ id: generation.id, kind: 'PROMPT_ENHANCEMENT', enhancedPrompt: better, usage },
    });
  });

  test('is part of what is verified', async () => {
    const { generation } = await enhance();
    await step(app);
    await app.database.pool.query(
      "UPDATE video_generation SET enhanced_prompt = 'another' WHERE id = $1",
      [generation.id],
    );
    expect(await verified()).toBe(false);
  });
});

describe('one whose outcome nobody knows', () => {
  const lost = async () => {
    app.upstream.onSubmit(refused(504, 'timeout'));
    const { generation } = await enhance();
    expect(generation.status).toBe('UNCERTAIN');
    return generation.id;
  };
  const listed = () => {
    const created_at = Math.floor(app.clock.now().getTime() / 1000) + 10;
    const task = {
      ...{ model: 'MiniMax-H3', status: 'running', duration: 5, ratio: '16:9', usage: {} },
      created_at,
    };
    app.upstream.onList({
      json: {
        items: [
          { ...task, id: '1', task_type: 'generation', resolution: '768P' },
          { ...task, id: '2', resolution: '2K' },
          { ...task, id: '3', task_type: 'h3_context_ir' },
        ],
        total: 3,
      },
    });
    app.clock.advance(3 * 60_000);
  };

  test('is given its task by the type of it', async () => {
    const id = await lost();
    listed();
    await app.reconciliation.run();
    expect(await look(id)).toMatchObject({ status: 'PROCESSING', taskId: '3' });
    await step(app);
    expect(await look(id)).toMatchObject({ status: 'SUCCEEDED', enhancedPrompt: better });
  });

  test('gets no prompt back once it is redacted', async () => {
    const id = await lost();
    await app.graphql(`mutation { redactVideoGeneration(id: "${id}", reason: "r") {
      userErrors { code } } }`);
    listed();
    await app.reconciliation.run();
    await step(app);
    expect(await look(id)).toMatchObject({
      ...{ status: 'SUCCEEDED', prompt: null, enhancedPrompt: null },
      cost: { amount: '0.0174' },
    });
    expect(await verified()).toBe(true);
  });
});

describe('nothing is sent or stored for', () => {
  test.each<[string, object, string]>([
    ['another model', { model: 'MiniMax-H3-Max' }, 'PROMPT_ENHANCEMENT_NOT_SUPPORTED'],
    ['a model that there is not', { model: 'H9' }, 'PROMPT_ENHANCEMENT_NOT_SUPPORTED'],
    ['no prompt', { prompt: null }, 'PROMPT_REQUIRED'],
    ['a long prompt', { prompt: 'x'.repeat(7_001) }, 'PROMPT_TOO_LONG'],
    ['a short video', { duration: 3 }, 'DURATION_NOT_SUPPORTED'],
    ['a text without a ratio', { aspectRatio: null }, 'ASPECT_RATIO_REQUIRED'],
    [
      'sound alone',
      { referenceAudios: [{ url: 'https://example.com/a.mp3' }] },
      'REFERENCE_REQUIRED',
    ],
    ['an image from nowhere', { firstFrameImage: 'http://10.0.0.1/a.png' }, 'IMAGE_URL_NOT_PUBLIC'],
    ['bad tags', { tags: ['a', 'a'] }, 'TAGS_INVALID'],
  ])('%s', async (_name, more, code) => {
    const { userErrors, generation } = await enhance(more);
    expect([generation, userErrors]).toMatchObject([null, [{ code }]]);
    expect(app.upstream.submits).toEqual([]);
    expect(await app.database.prisma.videoGeneration.count()).toBe(0);
  });
});

test('one that failed is retried as it was; one that waits is cancelled; none is made anew', async () => {
  app.upstream.onSubmit(refused(402, 'no balance (1008)'));
  const { generation: failed } = await enhance();
  expect(failed.status).toBe('FAILED');
  app.clock.advance(3_600_000);
  const { data } = await app.graphql(`mutation { retryVideoGeneration(id: "${failed.id}") {
    generation { id kind resolution } } }`);
  const { id, ...retried } = data.retryVideoGeneration.generation;
  expect(retried).toEqual({ kind: 'PROMPT_ENHANCEMENT', resolution: null });
  await step(app, 60_000);
  const [first, second] = app.upstream.submits;
  expect([second!.path, second!.bodyText]).toEqual([first!.path, first!.bodyText]);
  expect(await look(id)).toMatchObject({ status: 'SUCCEEDED', enhancedPrompt: better });
  const { data: anew } = await app.graphql(`mutation { regenerateVideoGeneration(id: "${id}") {
    userErrors { code } } }`);
  expect(anew.regenerateVideoGeneration.userErrors).toEqual([
    { code: 'REGENERATION_NOT_SUPPORTED' },
  ]);

  app.upstream.onQuery(({ path }) =>
    enhanced(path.split('/').at(-1)!, { status: 'queued', content: undefined, usage: {} }),
  );
  const { generation: waiting } = await enhance({ prompt: 'Another' });
  await app.graphql(`mutation { cancelVideoGeneration(id: "${waiting.id}") {
    userErrors { code } } }`);
  expect(await look(waiting.id)).toMatchObject({ status: 'CANCELLED', cost: null });
});

test('the drop-in neither takes nor shows it', async () => {
  const { generation } = await enhance();
  const ask = (path: string, init?: RequestInit) => fetch(`${app.url}/minimax/v2/${path}`, init);
  const body = JSON.stringify({ ...wish, content: [{ type: 'text', text: 'A boat' }] });
  const headers = { 'content-type': 'application/json' };
  expect((await ask('h3_context_ir', { method: 'POST', headers, body })).status).toBe(404);
  const named = await ask(`query/video_generation/${generation.id}`);
  expect([named.status, await named.json()]).toMatchObject([400, { type: 'error' }]);
  expect(await (await ask('query/video_generation')).json()).toEqual({ items: [], total: 0 });
  const removed = await ask(`video_generation/${generation.id}`, { method: 'DELETE' });
  expect(removed.status).toBe(400);
});

test('a server of before there were prompts to enhance gets no lease on it', async () => {
  const { generation } = await enhance();
  const claim = (speaks: string) =>
    app.database.pool.query(
      `UPDATE video_generation SET lease_token = gen_random_uuid(), claim_speaks = ${speaks}
       WHERE id = $1 RETURNING id`,
      [generation.id],
    );
  for (const before of ['NULL', '2', '3']) expect((await claim(before)).rows).toEqual([]);
  expect((await claim('4')).rows).toHaveLength(1);
});

test('the price is told by the model', async () => {
  const { data } = await app.graphql(`{ videoModels { name promptEnhancementPrice {
    input { amount currency } output { amount currency } listedOn } } }`);
  const priced = data.videoModels.filter(
    ({ promptEnhancementPrice }: { promptEnhancementPrice: unknown }) => promptEnhancementPrice,
  );
  const both = (usd: string, cny: string) => [
    { amount: usd, currency: 'USD' },
    { amount: cny, currency: 'CNY' },
  ];
  expect(priced).toEqual([
    {
      name: 'MiniMax-H3',
      promptEnhancementPrice: {
        ...{ input: both('0.90', '5.80'), output: both('3.60', '23.00'), listedOn: '2026-10-24' },
      },
    },
  ]);
});

test('the simulator makes prompts better, and fails by tag', async () => {
  await app.stop();
  app = await startTestApp({ env: { MINIMAX_BASE_URL: '', MINIMAX_API_KEY: '' } });
  const good = await enhance({ prompt: 'A cat #sim:fast' });
  const flagged = await enhance({ prompt: 'A cat #sim:submit-1026' });
  await step(app);
  expect(await look(good.generation.id)).toMatchObject({
    ...{ status: 'SUCCEEDED', cost: { amount: '0.0174', basis: 'USAGE' } },
    enhancedPrompt: expect.stringMatching(/^integrated_multimodal_description: /),
  });
  expect(await look(flagged.generation.id)).toMatchObject({
    ...{ status: 'FAILED', failure: { kind: 'INPUT_FLAGGED' } },
  });
});

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { look, startTestApp, step, usualInput, type TestApp } from '../../support/app.ts';
import { coded } from '../../support/fake-upstream.ts';
import { pngDataUrl } from '../../support/images.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(async () => {
  await app.stop();
});

describe('a request', () => {
  test('reaches MiniMax with exactly the documented keys and types', async () => {
    await app.create({
      duration: 6,
      firstFrameImage: 'https://example.com/first.jpg',
      resolution: '1080P',
      promptOptimizer: false,
    });
    const [sent] = app.upstream.submits;
    expect(JSON.parse(sent!.bodyText)).toEqual({
      model: 'MiniMax-Hailuo-02',
      prompt: 'A paper boat crosses a puddle',
      first_frame_image: 'https://example.com/first.jpg',
      prompt_optimizer: false,
      duration: 6,
      resolution: '1080P',
    });
    expect(sent!.bodyText).not.toContain('"prompt_optimizer "');
    expect(sent!.headers.authorization).toBe('Bearer test-key-5f2a');
    expect(sent!.headers['content-type']).toContain('application/json');
    expect(sent!.path).toBe('/v1/video_generation');
  });

  test('is sent with the documented defaults and without what was left out', async () => {
    await app.create({ duration: null, resolution: null });
    expect(app.upstream.submits[0]!.body).toEqual({
      model: 'MiniMax-Hailuo-02',
      prompt: 'A paper boat crosses a puddle',
      prompt_optimizer: true,
      duration: 6,
      resolution: '768P',
    });
  });

  test('for each mode carries what that mode takes', async () => {
    const first = 'https://example.com/first.png';
    const last = 'https://example.com/last.webp';
    const face = 'https://example.com/face.jpg';
    const cases: [object, object][] = [
      [
        { model: 'MiniMax-Hailuo-2.3', prompt: 'Rain', duration: 10, fastPretreatment: true },
        { prompt: 'Rain', duration: 10, resolution: '768P', fast_pretreatment: true },
      ],
      [
        {
          model: 'MiniMax-Hailuo-2.3-Fast',
          prompt: null,
          firstFrameImage: first,
          resolution: '1080P',
        },
        { first_frame_image: first, duration: 6, resolution: '1080P' },
      ],
      [
        { firstFrameImage: first, lastFrameImage: last },
        {
          prompt: usualInput.prompt,
          first_frame_image: first,
          last_frame_image: last,
          duration: 6,
          resolution: '768P',
        },
      ],
      [
        { model: 'T2V-01-Director', prompt: '[Pan left] A street', aigcWatermark: true },
        { prompt: '[Pan left] A street', aigc_watermark: true },
      ],
      [
        { model: 'I2V-01', duration: 6, resolution: '720P', firstFrameImage: first },
        { prompt: usualInput.prompt, first_frame_image: first },
      ],
      [
        { model: 'S2V-01', subjectReference: [{ type: 'character', image: [face] }] },
        { prompt: usualInput.prompt, subject_reference: [{ type: 'character', image: [face] }] },
      ],
    ];
    for (const [input, sent] of cases) {
      const { userErrors } = await app.create({ duration: null, resolution: null, ...input });
      expect(userErrors).toEqual([]);
      const model = (input as { model?: string }).model ?? usualInput.model;
      expect(app.upstream.submits.at(-1)!.body).toEqual({ model, prompt_optimizer: true, ...sent });
    }
  });

  test('is stored before it is sent', async () => {
    let stored: unknown;
    app.upstream.onSubmit(async () => {
      stored = await app.database.prisma.videoGeneration.findFirst({
        include: { events: { orderBy: { sequence: 'asc' } } },
      });
      return undefined;
    });
    await app.create();
    expect(stored).toMatchObject({
      status: 'SUBMITTING',
      prompt: usualInput.prompt,
      taskId: null,
      events: [{ action: 'GENERATION_CREATED' }, { action: 'SUBMISSION_SENT' }],
    });
  });

  test('is answered with the task id and the status message', async () => {
    const { generation, userErrors, replayed } = await app.create();
    expect(userErrors).toEqual([]);
    expect(replayed).toBe(false);
    expect(generation).toMatchObject({
      status: 'PROCESSING',
      taskId: '106916112212032',
      statusCode: 0,
      statusMessage: 'success',
      listPrice: { amount: '0.28', currency: 'USD' },
      simulated: false,
      failure: null,
      videoUrl: null,
      attempts: 1,
    });
    expect(generation.traceId).toEqual(expect.any(String));
  });

  test('that MiniMax refuses is answered with its code, its words and advice', async () => {
    app.upstream.onSubmit(coded(1026, 'input new_sensitive'));
    const { generation, userErrors } = await app.create();
    expect(userErrors).toEqual([]);
    expect(generation).toMatchObject({
      status: 'FAILED',
      taskId: null,
      statusCode: 1026,
      statusMessage: 'input new_sensitive',
      failure: {
        kind: 'INPUT_FLAGGED',
        upstreamCode: 1026,
        upstreamMessage: 'input new_sensitive',
        retryable: false,
      },
      completedAt: expect.any(String),
      nextAttemptAt: null,
    });
    expect(generation.events.map((event: { action: string }) => event.action)).toEqual([
      'GENERATION_CREATED',
      'SUBMISSION_SENT',
      'SUBMISSION_REFUSED',
    ]);
    expect(generation.events[2]).toMatchObject({
      httpStatus: 200,
      upstreamCode: 1026,
      upstreamMessage: 'input new_sensitive',
    });
  });

  test('that MiniMax throttles is answered QUEUED and sent again when it is time', async () => {
    app.upstream.onSubmit(coded(1002, 'rate limit'));
    const { generation } = await app.create();
    expect(generation).toMatchObject({
      status: 'QUEUED',
      statusCode: 1002,
      statusMessage: 'rate limit',
    });
    await app.worker.runOnce();
    expect(app.upstream.submits).toHaveLength(1);
    await step(app);
    expect(await look(app, generation.id)).toMatchObject({
      status: 'PROCESSING',
      attempts: 2,
      statusCode: 0,
    });
    expect(app.upstream.submits).toHaveLength(2);
  });

  test('whose fate nobody knows is UNCERTAIN and never sent again', async () => {
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    const { generation } = await app.create();
    expect(generation).toMatchObject({
      status: 'UNCERTAIN',
      failure: { kind: 'OUTCOME_UNKNOWN' },
      nextAttemptAt: null,
    });
    await step(app, 24 * 3_600_000);
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('is answered before MiniMax when that takes longer than the bounded wait', async () => {
    await app.stop();
    app = await startTestApp({ env: { CREATE_WAIT_MS: '100' } });
    let release = () => undefined as void;
    const released = new Promise<void>((resolve) => (release = resolve));
    app.upstream.onSubmit(async () => {
      await released;
      return undefined;
    });
    const { generation } = await app.create();
    expect(['QUEUED', 'SUBMITTING']).toContain(generation.status);
    await app.upstream.received('submit');
    expect(await look(app, generation.id)).toMatchObject({ status: 'SUBMITTING' });
    release();
    await app.worker.runOnce();
    expect(await look(app, generation.id)).toMatchObject({ status: 'PROCESSING' });
  });

  test('beyond the request budget waits in the queue until a minute has passed', async () => {
    await app.stop();
    app = await startTestApp({ env: { MINIMAX_RPM: '2', CREATE_WAIT_MS: '100' } });
    const statuses = [];
    for (let i = 0; i < 3; i++) {
      const { id } = (await app.create()).generation;
      await app.worker.runOnce();
      statuses.push((await look(app, id)).status);
    }
    expect(statuses).toEqual(['PROCESSING', 'PROCESSING', 'QUEUED']);
    // And a second, for the way from the claim to MiniMax.
    await step(app, 60_000);
    expect(app.upstream.submits).toHaveLength(2);
    await step(app, 1_001);
    expect(app.upstream.submits).toHaveLength(3);
  });

  test('waits for no budget where MINIMAX_RPM is 0', async () => {
    await app.stop();
    app = await startTestApp({ env: { MINIMAX_RPM: '0', CREATE_WAIT_MS: '0' } });
    for (let i = 0; i < 12; i++) await app.create();
    await app.worker.runOnce();
    expect(app.upstream.submits).toHaveLength(12);
    const { data } = await app.graphql('{ providerStatus { requestsPerMinute usedInLastMinute } }');
    expect(data.providerStatus).toEqual({ requestsPerMinute: null, usedInLastMinute: null });
  });
});

describe('an image that comes as a data URL', () => {
  test('reaches MiniMax byte for byte, and neither row nor log has its base64', async () => {
    const image = pngDataUrl({ width: 400, height: 300 });
    const { generation } = await app.create({ firstFrameImage: image });
    expect(app.upstream.submits[0]!.body.first_frame_image).toBe(image);
    expect(generation.firstFrameImage).toMatch(/^urn:sha256:[\da-f]{64}$/);
    const base64 = image.slice(image.indexOf(',') + 1);
    const stored = await app.database.prisma.videoGeneration.findMany({
      include: { events: { orderBy: { sequence: 'asc' } } },
    });
    expect(JSON.stringify(stored)).not.toContain(base64.slice(0, 40));
    expect(JSON.stringify(stored).length).toBeLessThan(8 * 1024);
    expect(app.logLines.join('')).not.toContain(base64.slice(0, 40));
  });

  test('is relabelled with what its bytes say', async () => {
    const image = pngDataUrl({ width: 400, height: 300 });
    await app.create({ firstFrameImage: image.replace('image/png', 'image/jpeg') });
    expect(app.upstream.submits[0]!.body.first_frame_image).toBe(image);
  });

  test('is stored outside the database and kept with the generation, to be sent again and to be shown', async () => {
    app.upstream.onSubmit(coded(1002));
    const image = pngDataUrl({ width: 400, height: 300 });
    const { generation } = await app.create({ firstFrameImage: image });
    await step(app);
    expect(app.upstream.submits[1]!.body.first_frame_image).toBe(image);
    for (let i = 0; i < 3; i++) await step(app);
    expect(await look(app, generation.id)).toMatchObject({ status: 'SUCCEEDED' });
    const { prisma } = app.database;
    expect(await prisma.inputImageChunk.count()).toBe(0);
    const [use] = await prisma.mediaUse.findMany({ include: { object: true } });
    expect(use).toMatchObject({
      generationId: generation.id,
      object: { kind: 'INPUT', contentType: 'image/png', owner: 'caller:local', deletedAt: null },
    });
    expect(generation.firstFrameImage).toBe(`urn:sha256:${use!.object.sha256}`);
  });
});

describe('input that cannot work', () => {
  const cases: [string, object, string, string[]][] = [
    ['a blank prompt', { prompt: '  ' }, 'PROMPT_REQUIRED', ['prompt']],
    ['no prompt without an image', { prompt: null }, 'PROMPT_REQUIRED', ['prompt']],
    ['2001 characters', { prompt: 'x'.repeat(2001) }, 'PROMPT_TOO_LONG', ['prompt']],
    ['a length no model makes', { duration: 7 }, 'DURATION_NOT_SUPPORTED', ['duration']],
    [
      '1080P with 10 s',
      { duration: 10, resolution: '1080P' },
      'COMBINATION_NOT_SUPPORTED',
      ['duration'],
    ],
    [
      '512P without a first frame',
      { resolution: '512P' },
      'RESOLUTION_NOT_SUPPORTED',
      ['resolution'],
    ],
    ['a lower-case resolution', { resolution: '768p' }, 'RESOLUTION_NOT_SUPPORTED', ['resolution']],
    ['an unknown model', { model: 'Hailuo-9' }, 'MODEL_UNKNOWN', ['model']],
    [
      'no ratio for text',
      { model: 'MiniMax-H3', duration: 5 },
      'ASPECT_RATIO_REQUIRED',
      ['aspectRatio'],
    ],
    [
      'a Fast model without image',
      { model: 'MiniMax-Hailuo-2.3-Fast' },
      'FIRST_FRAME_REQUIRED',
      ['firstFrameImage'],
    ],
    [
      'an image that is no URL',
      { firstFrameImage: 'cat.jpg' },
      'IMAGE_INVALID',
      ['firstFrameImage'],
    ],
    [
      'an image by ftp',
      { firstFrameImage: 'ftp://example.com/a.jpg' },
      'IMAGE_INVALID',
      ['firstFrameImage'],
    ],
    [
      'a GIF',
      { firstFrameImage: 'data:image/gif;base64,R0lGODlhAQABAAAAACw=' },
      'IMAGE_FORMAT_UNSUPPORTED',
      ['firstFrameImage'],
    ],
    [
      'a tiny image',
      { firstFrameImage: pngDataUrl({ width: 64, height: 64 }) },
      'IMAGE_DIMENSIONS_UNSUPPORTED',
      ['firstFrameImage'],
    ],
  ];
  test.each(cases)(
    '%s is refused before anything is stored or sent',
    async (_name, input, code, field) => {
      const { generation, userErrors } = await app.create(input);
      expect(generation).toBeNull();
      expect(userErrors).toContainEqual({ field, code, message: expect.any(String) });
      expect(app.upstream.submits).toHaveLength(0);
      expect(await app.database.prisma.videoGeneration.count()).toBe(0);
    },
  );

  test('is judged alike by validateVideoGeneration, which stores nothing', async () => {
    const query = `query Check($input: CreateVideoGenerationInput!) {
      validateVideoGeneration(input: $input) {
        valid userErrors { field code } warnings { code field message } mode duration resolution
        estimatedPrice { amount currency } priceListedOn
      }
    }`;
    const bad = await app.graphql(query, { input: { ...usualInput, duration: 7 } });
    expect(bad.data.validateVideoGeneration).toMatchObject({
      valid: false,
      userErrors: [{ field: ['duration'], code: 'DURATION_NOT_SUPPORTED' }],
      estimatedPrice: null,
    });
    const good = await app.graphql(query, {
      input: { model: 'MiniMax-Hailuo-02', prompt: 'A cat [Push out]', duration: 10 },
    });
    expect(good.data.validateVideoGeneration).toMatchObject({
      valid: true,
      userErrors: [],
      warnings: [{ code: 'UNKNOWN_CAMERA_COMMAND', field: ['prompt'] }],
      mode: 'TEXT_TO_VIDEO',
      duration: 10,
      resolution: '768P',
      estimatedPrice: { amount: '0.56', currency: 'USD' },
      priceListedOn: '2026-08-18',
    });
    expect(await app.database.prisma.videoGeneration.count()).toBe(0);
  });

  test('a model that the matrix does not know can be allowed', async () => {
    await app.stop();
    app = await startTestApp({ env: { MINIMAX_EXTRA_MODELS: 'video-01, Next-1' } });
    const { generation, userErrors } = await app.create({
      model: 'Next-1',
      duration: 9,
      resolution: null,
    });
    expect(userErrors).toEqual([]);
    expect(generation).toMatchObject({ status: 'PROCESSING', listPrice: null });
    expect(app.upstream.submits[0]!.body).toEqual({
      model: 'Next-1',
      prompt: usualInput.prompt,
      prompt_optimizer: true,
      duration: 9,
    });
  });
});

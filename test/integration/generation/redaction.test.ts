import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Checkpoints } from '../../../src/audit/checkpoints.ts';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import type { Role } from '../../../src/graphql/caller.ts';
import { Erasure } from '../../../src/generation/erasure.ts';
import { GenerationStore } from '../../../src/generation/store.ts';
import { createLogger } from '../../../src/logger.ts';
import {
  keysOf,
  look,
  startTestApp,
  step,
  testMediaDirectory,
  usualInput,
  type GraphqlAnswer,
  type TestApp,
} from '../../support/app.ts';
import { silent } from '../../support/database.ts';
import { coded, type Reply } from '../../support/fake-upstream.ts';
import { keyOf } from '../../../src/media/stored-objects.ts';
import { aPng } from '../../support/images.ts';

const dayMs = 24 * 3_600_000;

let app: TestApp;
let prisma: TestApp['database']['prisma'];

beforeEach(async () => {
  app = await startTestApp({ upstream: { processingAnswers: 0 } });
  prisma = app.database.prisma;
});
afterEach(async () => {
  await app.stop();
});

const redactOne = `mutation R($id: ID!, $reason: String!) { redactVideoGeneration(id: $id, reason: $reason) {
  generation { id status version prompt firstFrameImage lastFrameImage subjectImage redactedAt statusMessage listPrice { amount } }
  userErrors { field code message } } }`;

async function redact(
  id: string,
  reason = 'asked for by the customer',
): Promise<GraphqlAnswer['data']> {
  const { data, errors } = await app.graphql(redactOne, { id, reason });
  if (errors) throw new Error(JSON.stringify(errors));
  return data.redactVideoGeneration;
}

const redactMany = `mutation R($days: Int!, $reason: String!, $callerId: String) {
  redactVideoGenerations(olderThanDays: $days, reason: $reason, callerId: $callerId) {
    redacted hasMore userErrors { field code } } }`;

/** A policy like the one of a server with RETENTION_DAYS; its worker would apply it by the hour. */
function policy(retentionDays: number): Erasure {
  const { now } = app.clock;
  const store = new GenerationStore({
    database: app.database,
    now,
    enqueueWebhooks,
    enqueueArchive,
  });
  const inputs = { dropUnused: () => Promise.resolve() };
  return new Erasure({ prisma, store, inputs, log: createLogger('silent'), now, retentionDays });
}

const never = new AbortController().signal;
const enqueueWebhooks = () => null;
const enqueueArchive = () => null;

const rowOf = async (id: string) =>
  await prisma.videoGeneration.findUniqueOrThrow({ where: { id } });
const eventsOf = async (id: string) =>
  await prisma.auditEvent.findMany({ where: { generationId: id }, orderBy: { sequence: 'asc' } });

async function succeeded(input = {}): Promise<string> {
  const { generation } = await app.create(input);
  await step(app);
  expect(await look(app, generation.id)).toMatchObject({ status: 'SUCCEEDED' });
  return generation.id;
}

async function failed(input = {}, message = 'refused'): Promise<string> {
  app.upstream.onSubmit(coded(1026, message));
  return (await app.create(input)).generation.id;
}

async function uncertain(input = {}): Promise<string> {
  app.upstream.onSubmit({ fault: 'resetAfterRead' });
  return (await app.create(input)).generation.id;
}

async function signedIn(callerId: string, role: Role) {
  const { secret } = await keysOf(app).create(
    { callerId, name: callerId, role, tenant: null, expiresAt: null },
    null,
  );
  return { authorization: `Bearer ${secret}` };
}

describe('a redacted generation', () => {
  test('has lost prompt and images, and keeps the fact, the cost and the link', async () => {
    const image = `data:image/png;base64,${aPng().toString('base64')}`;
    const id = await succeeded({ firstFrameImage: image });
    const before = await look(app, id);
    app.clock.advance(1_000);

    const { generation, userErrors } = await redact(id);
    expect(userErrors).toEqual([]);
    expect(generation).toMatchObject({
      status: 'SUCCEEDED',
      version: before.version + 1,
      prompt: null,
      firstFrameImage: null,
      redactedAt: app.clock.now().toISOString(),
      statusMessage: before.statusMessage,
      listPrice: { amount: before.listPrice.amount },
    });
    const after = await look(app, id);
    expect(after).toMatchObject({
      model: before.model,
      duration: before.duration,
      taskId: before.taskId,
      videoUrl: before.videoUrl,
      completedAt: before.completedAt,
    });
    expect(await rowOf(id)).toMatchObject({ inputHash: '', requestSalt: null });
  });

  test('has an event with who and why, and its chain is whole', async () => {
    const headers = await signedIn('keeper', 'ADMIN');
    const { data } = await app.graphql(
      `mutation { createVideoGeneration(input: { model: "${usualInput.model}", prompt: "a secret boat" }) { generation { id } } }`,
      {},
      headers,
    );
    const { id } = data.createVideoGeneration.generation;
    await step(app);
    const answer = await app.graphql(redactOne, { id, reason: '  by law ' }, headers);
    expect(answer.data.redactVideoGeneration.userErrors).toEqual([]);
    const events = await eventsOf(id);
    expect(events.at(-1)).toMatchObject({
      action: 'GENERATION_REDACTED',
      callerId: 'keeper',
      callerKind: 'API_KEY',
      detail: { reason: 'by law' },
      sequence: (await rowOf(id)).version,
      fromStatus: null,
    });
    app.clock.advance(600_000);
    await new Checkpoints({ prisma, log: silent, now: app.clock.now }).make();
    expect(await verifyAuditLog(prisma)).toMatchObject({ ok: true });
  });

  test('loses its images, but those that another one has too when that is redacted as well', async () => {
    const image = `data:image/png;base64,${aPng().toString('base64')}`;
    const [first, second] = [
      await failed({ firstFrameImage: image }),
      await succeeded({ firstFrameImage: image }),
    ];
    const [object] = await prisma.storedObject.findMany();
    const file = join(testMediaDirectory, keyOf(object!));
    expect(await prisma.storedObject.count()).toBe(1);
    await redact(first);
    expect(await readFile(file)).toEqual(aPng());
    await redact(second);
    await expect(readFile(file)).rejects.toThrow('ENOENT');
    expect(await prisma.storedObject.count()).toBe(0);
  });

  test('is redacted once, however often it is asked for', async () => {
    const id = await failed();
    const [first, second] = await Promise.all([redact(id), redact(id)]);
    const third = await redact(id, 'again');
    for (const { userErrors, generation } of [first, second, third]) {
      expect(userErrors).toEqual([]);
      expect(generation.redactedAt).not.toBeNull();
    }
    const events = await eventsOf(id);
    expect(events.filter(({ action }) => action === 'GENERATION_REDACTED')).toHaveLength(1);
  });

  test('cannot be retried, nor sent again', async () => {
    const id = await failed();
    await redact(id);
    const answer = await app.graphql(
      `mutation { retryVideoGeneration(id: "${id}") { generation { id } userErrors { field code message } } }`,
    );
    expect(answer.data.retryVideoGeneration).toMatchObject({
      generation: null,
      userErrors: [{ field: ['id'], code: 'GENERATION_REDACTED' }],
    });

    const lost = await uncertain();
    await redact(lost);
    const again = await app.graphql(
      `mutation { resubmitVideoGeneration(id: "${lost}", version: 4) { generation { status } userErrors { code } } }`,
    );
    expect(again.data.resubmitVideoGeneration).toEqual({
      generation: { status: 'UNCERTAIN' },
      userErrors: [{ code: 'GENERATION_REDACTED' }],
    });
    await app.worker.runOnce();
    expect(app.upstream.submits).toHaveLength(2);
  });

  test('when uncertain, can still be given the task that was found', async () => {
    const id = await uncertain();
    await redact(id);
    const { data } = await app.graphql(
      `mutation { attachVideoGenerationTask(id: "${id}", version: 4, taskId: "4711") { generation { status prompt } userErrors { code } } }`,
    );
    expect(data.attachVideoGenerationTask).toEqual({
      generation: { status: 'PROCESSING', prompt: null },
      userErrors: [],
    });
  });

  test('when uncertain, is not put back into the queue by a late answer', async () => {
    const id = await uncertain();
    // What a server would do that was given up and hears only now that MiniMax had not taken it.
    const held = await prisma.videoGeneration.update({
      where: { id },
      data: { leaseToken: '01900000-0000-7000-8000-000000000001' },
    });
    await redact(id);
    const store = new GenerationStore({
      database: app.database,
      now: app.clock.now,
      enqueueWebhooks,
      enqueueArchive,
    });
    const moved = await store.move(
      { ...held, status: 'SUBMITTING', leaseToken: held.leaseToken! },
      { to: 'QUEUED', patch: {}, event: { action: 'SUBMISSION_POSTPONED' } },
    );
    expect(moved).toBeNull();
    expect(await rowOf(id)).toMatchObject({ status: 'UNCERTAIN' });
  });

  test('still answers for its idempotency key, as far as can be told without the prompt', async () => {
    const idempotencyKey = 'order-7';
    const id = await failed({ idempotencyKey });
    await redact(id);
    const replay = await app.create({ idempotencyKey });
    expect(replay).toMatchObject({ replayed: true, generation: { id, prompt: null } });
    const other = await app.create({ idempotencyKey, duration: 10 });
    expect(other).toMatchObject({
      generation: null,
      userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED' }],
    });
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('is told of to those who follow it', async () => {
    const id = await uncertain();
    const seen = app.subscriber().iterate<{ generationUpdated: { redactedAt: string | null } }>({
      query: `subscription { generationUpdated(id: "${id}") { redactedAt } }`,
    });
    expect((await seen.next()).value.data).toEqual({ generationUpdated: { redactedAt: null } });
    await redact(id);
    const { value } = await seen.next();
    expect(value.data.generationUpdated.redactedAt).not.toBeNull();
    await seen.return!();
  });
});

describe('what may not be redacted', () => {
  test.each(['QUEUED', 'PROCESSING'])(
    'one that is %s, with a sentence that says what to do',
    async (status) => {
      if (status === 'QUEUED') app.upstream.onSubmit(coded(1002));
      const { generation } = await app.create();
      expect(generation.status).toBe(status);
      const { userErrors, generation: after } = await redact(generation.id);
      expect(userErrors).toEqual([
        {
          field: ['id'],
          code: 'WRONG_STATUS',
          message: expect.stringContaining('cancel the generation, or wait'),
        },
      ]);
      expect(after).toMatchObject({ prompt: usualInput.prompt, version: generation.version });
    },
  );

  test('one that does not exist, and without a reason', async () => {
    const missing = '01900000-0000-7000-8000-000000000000';
    const { errors } = await app.graphql(redactOne, { id: missing, reason: 'x' });
    expect(errors![0].extensions.code).toBe('NOT_FOUND');
    const id = await failed();
    for (const reason of ['  ', 'x'.repeat(201)]) {
      expect((await redact(id, reason)).userErrors).toMatchObject([
        { field: ['reason'], code: 'REASON_INVALID' },
      ]);
    }
    for (const days of [-1, 36_501, 2 ** 31 - 1]) {
      const { data } = await app.graphql(redactMany, { days, reason: '' });
      expect(data.redactVideoGenerations).toMatchObject({
        redacted: 0,
        userErrors: [{ code: 'REASON_INVALID' }, { code: 'DAYS_INVALID' }],
      });
    }
    expect(await rowOf(id)).toMatchObject({ redactedAt: null });
  });

  test.each(['CLIENT', 'AUDITOR'] as const)('anything, by a %s', async (role) => {
    const id = await failed();
    const headers = await signedIn('somebody', role);
    for (const [query, variables] of [
      [redactOne, { id, reason: 'x' }],
      [redactMany, { days: 0, reason: 'x' }],
    ] as const) {
      const { errors } = await app.graphql(query, variables, headers);
      expect(errors![0].extensions.code).toBe('FORBIDDEN');
    }
    expect(await rowOf(id)).toMatchObject({ redactedAt: null });
  });
});

describe('redacting many', () => {
  test('takes what is older, in batches, and leaves what is younger or under way', async () => {
    const old = await succeeded();
    app.upstream.onSubmit(coded(1002));
    const waiting = (await app.create()).generation.id;
    await app.graphql(`mutation { cancelVideoGeneration(id: "${waiting}") { generation { id } } }`);
    app.upstream.processingAnswers = 9;
    const running = (await app.create()).generation.id;
    await prisma.$executeRaw`
      INSERT INTO video_generation (id, created_at, updated_at, caller_id, input_hash, model, prompt,
        prompt_optimizer, simulated, status, version, attempts, query_errors)
      SELECT (substr(id::text, 1, 14) || '7' || lpad(to_hex(i), 3, '0') || '-8000-000000000000')::uuid,
        created_at, updated_at, 'bulk', 'h', model, 'prompt ' || i, true, false, 'FAILED', 0, 0, 0
      FROM video_generation, generate_series(1, 450) AS i WHERE id = ${old}::uuid`;
    app.clock.advance(10 * dayMs + 1);
    const young = await failed();

    const none = await app.graphql(redactMany, { days: 11, reason: 'cleaning', callerId: 'bulk' });
    expect(none.data.redactVideoGenerations).toMatchObject({ redacted: 0, hasMore: false });
    const { data } = await app.graphql(redactMany, {
      days: 10,
      reason: 'cleaning',
      callerId: 'bulk',
    });
    expect(data.redactVideoGenerations).toEqual({ redacted: 450, hasMore: false, userErrors: [] });
    expect(await rowOf(old)).toMatchObject({ redactedAt: null });
    const rest = await app.graphql(redactMany, { days: 10, reason: 'cleaning' });
    expect(rest.data.redactVideoGenerations).toMatchObject({ redacted: 2 });
    expect(await rowOf(old)).toMatchObject({ prompt: null });
    expect(await rowOf(waiting)).toMatchObject({ prompt: null, statusMessage: 'message of 1002' });
    expect(await rowOf(running)).toMatchObject({ prompt: usualInput.prompt });
    expect(await rowOf(young)).toMatchObject({ prompt: usualInput.prompt });
    expect(await verifyAuditLog(prisma)).toMatchObject({ ok: true });
  });

  test('happens by itself after RETENTION_DAYS, without anybody’s name', async () => {
    const old = await failed();
    app.clock.advance(30 * dayMs + 1_000);
    const young = await failed();
    await policy(30).applyRetention(never);
    await policy(30).applyRetention(never);
    expect(await rowOf(old)).toMatchObject({ prompt: null, redactedAt: app.clock.now() });
    expect(await rowOf(young)).toMatchObject({ prompt: usualInput.prompt });
    expect((await eventsOf(old)).at(-1)).toMatchObject({
      action: 'GENERATION_REDACTED',
      callerId: null,
      detail: { reason: 'older than 30 days' },
    });
  });

  test('ends between two batches when the server stops', async () => {
    await failed();
    app.clock.advance(2 * dayMs);
    await policy(1).applyRetention(AbortSignal.abort());
    expect(await prisma.videoGeneration.count({ where: { redactedAt: null } })).toBe(1);
  });
});

describe('no trace of a prompt', () => {
  const prompt = 'Xylophonist Zebedee, 12 Quarry Lane';

  test('is in any event or log line, even where MiniMax repeats it', async () => {
    const id = await failed({ prompt }, `invalid params: "${prompt}" is not allowed`);
    const stuck = (await app.create({ prompt })).generation.id;
    app.upstream.onQuery(coded(1000, `cannot find ${prompt}`));
    await step(app);
    expect((await eventsOf(stuck)).at(-1)).toMatchObject({
      action: 'TASK_QUERY_FAILED',
      upstreamMessage: 'cannot find [prompt]',
    });
    await step(app);
    await app.graphql(`{ generations(filter: { promptContains: "${prompt}" }) { totalCount } }`);
    await redact(id);
    await redact(stuck);

    const stored = await prisma.$queryRaw<{ text: string }[]>`
      SELECT audit_event_content(event) AS text FROM audit_event AS event
      UNION ALL SELECT to_jsonb(generation)::text FROM video_generation AS generation
      UNION ALL SELECT to_jsonb(submission)::text FROM submission
      UNION ALL SELECT body FROM webhook_delivery`;
    for (const { text } of stored) expect(text).not.toMatch(/zebedee|quarry/i);
    expect(await rowOf(id)).toMatchObject({
      statusMessage: 'invalid params: "[prompt]" is not allowed',
    });
    expect(app.logLines.join('')).not.toMatch(/zebedee|quarry/i);
  });

  test.each<[string, object, (body: unknown) => Reply]>([
    ['an answer that nobody understands', {}, (body) => ({ json: { status: 'weird', body } })],
    ['a refusal', {}, (body) => coded(2013, `cannot read ${JSON.stringify(body)}`)],
    ['a refusal of the key', {}, (body) => coded(1004, `who sends ${JSON.stringify(body)}?`)],
    [
      'an answer of the second generation',
      { model: 'MiniMax-H3', duration: 5, resolution: '768P', aspectRatio: '16:9' },
      (body) => ({ json: { status: 'weird', body } }),
    ],
    [
      'a page of a gateway',
      {},
      (body) => ({ status: 502, text: `<pre>${JSON.stringify(JSON.stringify(body))}</pre>` }),
    ],
  ])('is anywhere after %s that repeats it in JSON', async (_name, input, answer) => {
    const { errors } = await app.graphql(
      'mutation { createWebhookEndpoint(input: { url: "https://example.com/hook" }) { webhookEndpoint { id } } }',
    );
    expect(errors).toBeUndefined();
    app.upstream.onSubmit((sent) => answer(sent.body));
    const asked = `"${prompt}",\nplays "Für Elise"`;
    const { generation } = await app.create({ ...input, prompt: asked });
    await redact(generation.id);
    const stored = await prisma.$queryRaw<{ text: string }[]>`
      SELECT audit_event_content(event) AS text FROM audit_event AS event
      UNION ALL SELECT to_jsonb(generation)::text FROM video_generation AS generation
      UNION ALL SELECT to_jsonb(submission)::text FROM submission
      UNION ALL SELECT to_jsonb(upstream_key)::text FROM upstream_key
      UNION ALL SELECT body FROM webhook_delivery`;
    expect(stored.filter(({ text }) => text.includes('[prompt]')).length).toBeGreaterThan(3);
    expect(stored.at(-1)!.text).toContain('[prompt]');
    for (const { text } of stored) expect(text).not.toMatch(/zebedee|quarry|elise/i);
    expect(app.logLines.join('')).not.toMatch(/zebedee|quarry|elise/i);
    const trust = { publicKeys: new Set<string>(), pinned: false };
    expect(await verifyAuditLog(prisma, { trust, expected: [] })).toMatchObject({ firstBad: null });
  });

  test('is left in the record of a submission that an earlier version stored', async () => {
    const id = await uncertain({ prompt });
    const statusMessage = `what is ${JSON.stringify({ prompt })}?`;
    await prisma.submission.updateMany({ where: { generationId: id }, data: { statusMessage } });
    await redact(id);
    expect(await prisma.submission.findFirst({ where: { generationId: id } })).toMatchObject({
      statusMessage: 'what is {"prompt":"[prompt]"}?',
    });
  });

  test('can be guessed from the hash in the first event once the salt is gone', async () => {
    const id = await failed({ prompt });
    const { inputHash, requestSalt } = await rowOf(id);
    const [created] = await eventsOf(id);
    const hash = createHash('sha256').update(`${requestSalt} ${inputHash}`).digest('hex');
    expect(created!.detail).toEqual({ requestHash: hash });
    const twin = await failed({ prompt });
    expect((await eventsOf(twin))[0]!.detail).not.toEqual({ requestHash: hash });
    await redact(id);
    expect(await rowOf(id)).toMatchObject({ inputHash: '', requestSalt: null });
  });
});

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import type { Submission } from '../../../src/database/generated/client.ts';
import {
  generationFields,
  keysOf,
  look,
  recordsOf,
  startTestApp,
  step,
  usualInput,
  type TestApp,
  type TestAppOptions,
} from '../../support/app.ts';
import { withoutTriggers } from '../../support/database.ts';
import { closedPortUrl, coded, taskReply, type Reply } from '../../support/fake-upstream.ts';
import { pngDataUrl } from '../../support/images.ts';

let app: TestApp;
/** One for each test of a group. */
function withApp(options: () => Promise<TestAppOptions> = () => Promise.resolve({})): void {
  beforeEach(async () => {
    app = await startTestApp(await options());
  });
}
afterEach(async () => {
  await app.stop();
});

const minute = 60_000;

async function mutate(field: string, args: string) {
  const answer = await app.graphql(
    `mutation { ${field}(${args}) { generation { ${generationFields} retryOfId idempotencyKey } ${field === 'retryVideoGeneration' ? 'replayed' : ''} userErrors { field code message } } }`,
  );
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data[field];
}

async function uncertain(): Promise<string> {
  app.upstream.onSubmit({ fault: 'resetAfterRead' });
  const { generation } = await app.create();
  expect(generation.status).toBe('UNCERTAIN');
  return generation.id;
}

describe('an idempotency key', () => {
  withApp();

  test('makes identical requests at once one row, one submission and equal answers', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => app.create({ idempotencyKey: 'order-1' })),
    );
    expect(app.upstream.submits).toHaveLength(1);
    expect(await app.database.prisma.videoGeneration.count()).toBe(1);
    expect(new Set(answers.map(({ generation }) => JSON.stringify(generation))).size).toBe(1);
    expect(answers[0].generation.status).toBe('PROCESSING');
    expect(answers.filter(({ replayed }) => replayed)).toHaveLength(11);
  });

  test('answers a repetition with the first generation in any state', async () => {
    app.upstream.onSubmit(coded(1026));
    const first = await app.create({ idempotencyKey: 'k' });
    const again = await app.create({ idempotencyKey: 'k' });
    expect(again).toEqual({ ...first, replayed: true });
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('treats a default written out as the same request', async () => {
    const first = await app.create({ idempotencyKey: 'k', duration: null, resolution: null });
    const again = await app.create({ idempotencyKey: 'k', promptOptimizer: true });
    expect(again.generation.id).toBe(first.generation.id);
  });

  test.each([
    ['prompt', { prompt: 'Something else' }],
    ['model', { model: 'MiniMax-Hailuo-2.3' }],
    ['image', { firstFrameImage: pngDataUrl({ width: 640, height: 480 }) }],
    ['switch', { promptOptimizer: false }],
  ])('with another %s is refused, and nothing is sent', async (_name, change) => {
    await app.create({ idempotencyKey: 'k' });
    const other = await app.create({ idempotencyKey: 'k', ...change });
    expect(other).toEqual({
      generation: null,
      replayed: false,
      userErrors: [
        { field: ['idempotencyKey'], code: 'IDEMPOTENCY_KEY_REUSED', message: expect.any(String) },
      ],
    });
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('may come as a header, and the input goes before it', async () => {
    const query = `mutation C($input: CreateVideoGenerationInput!) {
      createVideoGeneration(input: $input) { replayed generation { id } } }`;
    const send = async (input: object, key: string) =>
      (await app.graphql(query, { input: { ...usualInput, ...input } }, { 'idempotency-key': key }))
        .data.createVideoGeneration;
    const first = await send({}, 'from-header');
    expect(await send({}, 'from-header')).toEqual({ ...first, replayed: true });
    expect((await send({ idempotencyKey: 'from-input' }, 'from-header')).replayed).toBe(false);
  });

  test.each(['', 'with space', 'x'.repeat(256), 'ü'])(
    'such as %j is refused',
    async (idempotencyKey) => {
      const { userErrors } = await app.create({ idempotencyKey });
      expect(userErrors[0].code).toBe('IDEMPOTENCY_KEY_INVALID');
      expect(app.upstream.submits).toHaveLength(0);
    },
  );
});

describe('what MiniMax answers to a submission', () => {
  withApp(() => Promise.resolve({ env: { MINIMAX_TIMEOUT_MS: '300' } }));

  const cases: [string, Reply, string, string | null][] = [
    ...[1000, 1001, 1024, 1033].map((code): [string, Reply, string, string] => [
      `code ${code}`,
      coded(code),
      'UNCERTAIN',
      'OUTCOME_UNKNOWN',
    ]),
    ...[1002, 1039, 1041, 2045, 2056].map((code): [string, Reply, string, null] => [
      `code ${code}`,
      coded(code),
      'QUEUED',
      null,
    ]),
    ['code 1004', coded(1004), 'FAILED', 'UNAUTHORIZED'],
    ['code 2049', coded(2049), 'FAILED', 'UNAUTHORIZED'],
    ['code 1008', coded(1008), 'FAILED', 'BALANCE_EXHAUSTED'],
    ['code 1013', coded(1013), 'UNCERTAIN', 'OUTCOME_UNKNOWN'],
    ['code 1026', coded(1026), 'FAILED', 'INPUT_FLAGGED'],
    ['code 1027', coded(1027), 'FAILED', 'OUTPUT_FLAGGED'],
    ['code 1028', coded(1028), 'FAILED', 'QUOTA_EXHAUSTED'],
    ['code 1030', coded(1030), 'FAILED', 'QUOTA_EXHAUSTED'],
    ['code 1042', coded(1042), 'FAILED', 'INPUT_INVALID'],
    ['code 2013', coded(2013), 'FAILED', 'INPUT_INVALID'],
    ['code 2038', coded(2038), 'FAILED', 'ACCOUNT_NOT_ENTITLED'],
    ['code 2061', coded(2061), 'FAILED', 'ACCOUNT_NOT_ENTITLED'],
    ['an undocumented code', coded(4711), 'FAILED', 'UNKNOWN'],
    ['success without a task id', coded(0, 'success'), 'UNCERTAIN', 'OUTCOME_UNKNOWN'],
    ['HTTP 429', { status: 429, text: '' }, 'QUEUED', null],
    ['HTTP 500', { status: 500, text: 'oops' }, 'UNCERTAIN', 'OUTCOME_UNKNOWN'],
    ['HTTP 401', { status: 401, text: 'no' }, 'FAILED', 'UNAUTHORIZED'],
    ['a hang-up before reading', { fault: 'resetBeforeRead' }, 'UNCERTAIN', 'OUTCOME_UNKNOWN'],
    ['a hang-up after reading', { fault: 'resetAfterRead' }, 'UNCERTAIN', 'OUTCOME_UNKNOWN'],
    ['a slow drip', { fault: 'slowDrip' }, 'UNCERTAIN', 'OUTCOME_UNKNOWN'],
    ['silence', { fault: 'hang' }, 'UNCERTAIN', 'OUTCOME_UNKNOWN'],
    ['half a body', { fault: 'halfBody' }, 'UNCERTAIN', 'OUTCOME_UNKNOWN'],
    ['a gateway page', { fault: 'html' }, 'UNCERTAIN', 'OUTCOME_UNKNOWN'],
    ['no JSON', { fault: 'invalidJson' }, 'UNCERTAIN', 'OUTCOME_UNKNOWN'],
    ['a huge body', { fault: 'hugeBody' }, 'UNCERTAIN', 'OUTCOME_UNKNOWN'],
    ['a redirect', { fault: 'redirect' }, 'FAILED', 'UNKNOWN'],
  ];
  test.each(cases)(
    '(%s) decides once and for all whether it is sent again',
    async (_name, reply, status, kind) => {
      app.upstream.onSubmit(reply);
      const { generation } = await app.create();
      expect(generation).toMatchObject({ status, failure: kind === null ? null : { kind } });
      await step(app, 60 * minute);
      expect(app.upstream.submits).toHaveLength(status === 'QUEUED' ? 2 : 1);
    },
  );
});

describe('what MiniMax answers to a submission', () => {
  withApp();

  test('(Retry-After) is honoured', async () => {
    app.upstream.onSubmit({ status: 429, headers: { 'retry-after': '600' }, text: '' });
    const { generation } = await app.create();
    const waits = Date.parse(generation.nextAttemptAt) - app.clock.now().getTime();
    expect(waits).toBeGreaterThanOrEqual(600_000);
  });
});

describe('what MiniMax answers to a submission', () => {
  withApp(async () => ({ env: { MINIMAX_BASE_URL: await closedPortUrl() } }));

  test('(nothing, since nobody listens there) lets it be sent again', async () => {
    const { generation } = await app.create();
    expect(generation).toMatchObject({ status: 'QUEUED', attempts: 1 });
    expect(generation.events.at(-1).action).toBe('SUBMISSION_POSTPONED');
  });
});

/** Puts a generation back to what a server leaves that is killed while submitting it. */
async function leftBehind(
  id: string,
  { outcome, taskId }: Pick<Submission, 'outcome' | 'taskId'>,
): Promise<void> {
  const { prisma } = app.database;
  const { submissionId } = await prisma.videoGeneration.findUniqueOrThrow({ where: { id } });
  const end = new Date(app.clock.now().getTime() + 10_000);
  await prisma.videoGeneration.update({
    where: { id },
    data: {
      status: 'SUBMITTING',
      taskId: null,
      leaseToken: submissionId,
      leasedUntil: end,
      nextAttemptAt: end,
    },
  });
  await withoutTriggers(
    prisma,
    `UPDATE submission SET outcome = '${outcome}', task_id = ${taskId === null ? 'NULL' : `'${taskId}'`}
     WHERE id = '${submissionId}'`,
  );
}

describe('a server that dies while submitting', () => {
  withApp();

  test('leaves it uncertain, not sent twice', async () => {
    const { generation } = await app.create();
    // As a killed process leaves it: SUBMITTING, sent, under a lease that nobody renews.
    await leftBehind(generation.id, { outcome: 'SENT', taskId: null });
    await step(app, 9_000);
    expect((await look(app, generation.id)).status).toBe('SUBMITTING');
    await step(app, 1_001);
    const row = await look(app, generation.id);
    expect(row).toMatchObject({ status: 'UNCERTAIN', failure: { kind: 'OUTCOME_UNKNOWN' } });
    expect(row.events.at(-1).action).toBe('SUBMISSION_UNCERTAIN');
    expect(app.upstream.submits).toHaveLength(1);
  });

  test.each([
    ['before it left', { outcome: 'PREPARED', taskId: null }, 'PROCESSING', 2],
    ['and its answer was stored', { outcome: 'ACCEPTED', taskId: '4711' }, 'PROCESSING', 1],
    ['and MiniMax surely refused', { outcome: 'REFUSED', taskId: null }, 'PROCESSING', 2],
  ] as const)('%s leaves nothing in doubt', async (_when, record, status, submits) => {
    const { generation } = await app.create();
    await leftBehind(generation.id, record);
    await step(app, 10_001);
    await step(app, 5_000);
    const row = await look(app, generation.id);
    expect(row).toMatchObject({ status, failure: null });
    if (record.taskId) expect(row.taskId).toBe(record.taskId);
    expect(app.upstream.submits).toHaveLength(submits);
  });

  /** One that another server has called uncertain, since that which sends it is frozen until it `wakes`. */
  async function frozen(answer?: Reply) {
    let release = () => undefined as void;
    const released = new Promise<void>((resolve) => (release = resolve));
    app.upstream.onSubmit(async ({ number }) => {
      if (number > 1) return undefined;
      await released;
      return answer;
    });
    const creating = app.create();
    await app.upstream.received('submit', 1);
    // The lease ends, as when the server was frozen; another one looks.
    app.clock.advance(11_000);
    const other = await startTestApp({ fake: app.upstream, database: borrowed() });
    other.clock.advance(app.clock.now().getTime() - other.clock.now().getTime());
    await other.worker.runOnce();
    const { data } = await other.graphql('{ generations { nodes { id status } } }');
    const [{ id, status }] = data.generations.nodes;
    expect(status).toBe('UNCERTAIN');
    async function wakes() {
      release();
      await creating;
      await app.worker.runOnce();
      await other.stop();
    }
    return { id: id as string, other, wakes };
  }

  test('is not needed any more when its answer comes late after all', async () => {
    const { id, wakes } = await frozen();
    await wakes();
    const settled = await look(app, id);
    expect(settled).toMatchObject({
      status: 'PROCESSING',
      taskId: expect.any(String),
      failure: null,
    });
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('that a person gave another task has a record of both, and goes on with what was given', async () => {
    const { id, other, wakes } = await frozen();
    const { data } = await other.graphql(
      `mutation { attachVideoGenerationTask(id: "${id}", version: 3, taskId: "777") { userErrors { code } } }`,
    );
    expect(data.attachVideoGenerationTask.userErrors).toEqual([]);
    await wakes();
    const taskId = expect.not.stringMatching(/^777$/);
    expect(await recordsOf(app, id)).toMatchObject([
      { number: 1, outcome: 'ACCEPTED', settledBy: null, taskId },
      { number: 2, outcome: 'ACCEPTED', settledBy: 'local', taskId: '777' },
    ]);
    const settled = await look(app, id);
    expect(settled.taskId).toBe('777');
    expect(settled.events.at(-1)).toMatchObject({ action: 'SUBMISSION_ANSWERED_LATE' });
    const row = await app.database.prisma.videoGeneration.findUniqueOrThrow({ where: { id } });
    expect(row.submissionId).toBe((await recordsOf(app, id))[1]!.id);
  });

  test('that was retried is not sent again when MiniMax, late, puts it off', async () => {
    const { id, other, wakes } = await frozen(coded(1002));
    await other.graphql(`mutation { retryVideoGeneration(id: "${id}") { replayed } }`);
    await wakes();
    await step(app, 60_000);
    expect((await look(app, id)).status).toBe('UNCERTAIN');
    expect(app.upstream.submits).toHaveLength(2);
  });
});

/** The test's database for a second server, which must not close it. */
function borrowed() {
  return { ...app.database, close: () => Promise.resolve() };
}

describe('an uncertain generation', () => {
  withApp();

  test('goes on with the task that an admin found', async () => {
    const id = await uncertain();
    const { generation, userErrors } = await mutate(
      'attachVideoGenerationTask',
      `id: "${id}", version: 3, taskId: "106916112219999"`,
    );
    expect(userErrors).toEqual([]);
    expect(generation).toMatchObject({ status: 'PROCESSING', taskId: '106916112219999' });
    for (let i = 0; i < 3; i++) await step(app);
    const done = await look(app, id);
    expect(done).toMatchObject({ status: 'SUCCEEDED', failure: null });
    expect(done.events.map((event: { action: string }) => event.action)).toContain('TASK_ATTACHED');
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('takes no task that belongs to another, and no nonsense', async () => {
    const { taskId } = (await app.create()).generation;
    const id = await uncertain();
    const taken = await mutate(
      'attachVideoGenerationTask',
      `id: "${id}", version: 3, taskId: "${taskId}"`,
    );
    expect(taken.userErrors[0].code).toBe('TASK_ATTACHED_ELSEWHERE');
    const nonsense = await mutate(
      'attachVideoGenerationTask',
      `id: "${id}", version: 3, taskId: "'; drop"`,
    );
    expect(nonsense.userErrors[0].code).toBe('TASK_ID_INVALID');
    expect((await look(app, id)).status).toBe('UNCERTAIN');
  });

  test('fails when an admin declares that it was never created', async () => {
    const id = await uncertain();
    const { generation } = await mutate(
      'declareVideoGenerationNotCreated',
      `id: "${id}", version: 3`,
    );
    expect(generation).toMatchObject({
      status: 'FAILED',
      failure: { kind: 'NOT_CREATED', retryable: true },
    });
    expect(generation.events.at(-1).action).toBe('DECLARED_NOT_CREATED');
  });

  test('is sent again when an admin says so', async () => {
    const id = await uncertain();
    const { userErrors } = await mutate('resubmitVideoGeneration', `id: "${id}", version: 3`);
    expect(userErrors).toEqual([]);
    await app.worker.runOnce();
    expect(await look(app, id)).toMatchObject({ status: 'PROCESSING', attempts: 2 });
    expect(app.upstream.submits).toHaveLength(2);
  });

  test('is not sent again when it was retried: its successor is named', async () => {
    const id = await uncertain();
    const { generation: successor } = await mutate('retryVideoGeneration', `id: "${id}"`);
    const { userErrors } = await mutate('resubmitVideoGeneration', `id: "${id}", version: 3`);
    expect(userErrors).toMatchObject([
      { code: 'SETTLED_ALREADY', message: expect.stringContaining(successor.id) },
    ]);
    await app.worker.runOnce();
    expect(app.upstream.submits).toHaveLength(2);
  });

  test('is sent once more when it is retried and resubmitted at once', async () => {
    for (const first of [0, 1]) {
      const id = await uncertain();
      const decisions = [
        () => mutate('retryVideoGeneration', `id: "${id}"`),
        () => mutate('resubmitVideoGeneration', `id: "${id}", version: 3`),
      ];
      const answers = await Promise.all(
        [decisions[first]!, decisions[1 - first]!].map((decide) => decide()),
      );
      expect(answers.filter(({ userErrors }) => userErrors.length > 0)).toHaveLength(1);
      await app.worker.runOnce();
      expect(app.upstream.submits).toHaveLength(2 * (first + 1));
    }
  });

  test('is decided once: the second decision is refused', async () => {
    const id = await uncertain();
    const results = await Promise.all([
      mutate('declareVideoGenerationNotCreated', `id: "${id}", version: 3`),
      mutate('resubmitVideoGeneration', `id: "${id}", version: 3`),
    ]);
    const refusals = results.flatMap(({ userErrors }) => userErrors);
    expect(refusals).toEqual([
      { field: ['version'], code: 'SETTLED_ALREADY', message: expect.any(String) },
    ]);
  });

  test.each([
    'attachVideoGenerationTask',
    'declareVideoGenerationNotCreated',
    'resubmitVideoGeneration',
  ])('is the only one that %s settles', async (field) => {
    const { id } = (await app.create()).generation;
    const task = field === 'attachVideoGenerationTask' ? ', taskId: "1"' : '';
    const { generation, userErrors } = await mutate(field, `id: "${id}", version: 3${task}`);
    expect(userErrors[0].code).toBe('WRONG_STATUS');
    expect(generation.status).toBe('PROCESSING');
  });
});

describe('a generation', () => {
  withApp();

  test('can be cancelled while it waits, and is then never sent', async () => {
    app.upstream.onSubmit(coded(1002));
    const { id } = (await app.create({ firstFrameImage: pngDataUrl() })).generation;
    const { generation, userErrors } = await mutate('cancelVideoGeneration', `id: "${id}"`);
    expect(userErrors).toEqual([]);
    expect(generation).toMatchObject({ status: 'CANCELLED', completedAt: expect.any(String) });
    await step(app, 60 * minute);
    expect(app.upstream.submits).toHaveLength(1);
    expect(await app.database.prisma.mediaUse.count()).toBe(1);
  });

  test('cannot be cancelled once MiniMax has it', async () => {
    const { id } = (await app.create()).generation;
    const { userErrors } = await mutate('cancelVideoGeneration', `id: "${id}"`);
    expect(userErrors[0].code).toBe('WRONG_STATUS');
  });

  test('that failed can be retried as a new one, once, with its image', async () => {
    app.upstream.onSubmit(coded(1028));
    const image = pngDataUrl();
    const failed = (await app.create({ firstFrameImage: image, idempotencyKey: 'k' })).generation;
    const first = await mutate('retryVideoGeneration', `id: "${failed.id}"`);
    expect(first.generation).toMatchObject({
      status: 'PROCESSING',
      retryOfId: failed.id,
      prompt: failed.prompt,
      firstFrameImage: failed.firstFrameImage,
    });
    expect(first.generation.id).not.toBe(failed.id);
    expect(app.upstream.submits[1]!.body).toEqual(app.upstream.submits[0]!.body);
    const again = await mutate('retryVideoGeneration', `id: "${failed.id}"`);
    const keyed = await mutate(
      'retryVideoGeneration',
      `id: "${failed.id}", idempotencyKey: "another"`,
    );
    for (const { generation, replayed } of [again, keyed]) {
      expect([generation.id, replayed]).toEqual([first.generation.id, true]);
    }
    expect(app.upstream.submits).toHaveLength(2);
    // A key of its own that stands for something else says so all the same.
    const other = (await app.create({ idempotencyKey: 'other', prompt: 'Another' })).generation;
    app.upstream.onSubmit(coded(1028));
    const next = (await app.create()).generation;
    const taken = await mutate('retryVideoGeneration', `id: "${next.id}", idempotencyKey: "other"`);
    expect(taken.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }]);
    expect((await look(app, other.id)).status).toBe('PROCESSING');
  });

  test('that failed has one successor, of its caller and tenant, whoever asks at once', async () => {
    const secretOf = async (callerId: string, role: 'CLIENT' | 'ADMIN', tenant: string | null) =>
      (await keysOf(app).create({ callerId, name: callerId, role, tenant, expiresAt: null }, null))
        .secret;
    const secrets = [
      await secretOf('owner', 'CLIENT', 'studio'),
      await secretOf('admin', 'ADMIN', null),
      await secretOf('another admin', 'ADMIN', 'studio'),
    ];
    const ask = async (secret: string, query: string) => {
      const { data, errors } = await app.graphql(query, {}, { authorization: `Bearer ${secret}` });
      expect(errors).toBeUndefined();
      return data;
    };
    app.upstream.onSubmit(coded(1028));
    const { createVideoGeneration: created } = await ask(
      secrets[0]!,
      'mutation { createVideoGeneration(input: { model: "MiniMax-Hailuo-02", prompt: "x" }) { generation { id status } } }',
    );
    expect(created.generation.status).toBe('FAILED');
    const { id } = created.generation;
    const answers = await Promise.all(
      [...secrets, ...secrets].map((secret, index) =>
        ask(
          secret,
          `mutation { retryVideoGeneration(id: "${id}", idempotencyKey: "k${index}") {
            generation { id callerId tenant retryOfId } replayed userErrors { code } } }`,
        ),
      ),
    );
    const retries = answers.map(({ retryVideoGeneration }) => retryVideoGeneration);
    const { successorId } = (await ask(secrets[2]!, `{ generation(id: "${id}") { successorId } }`))
      .generation;
    for (const { generation, userErrors } of retries) {
      expect(userErrors).toEqual([]);
      expect(generation).toEqual({
        ...{ id: successorId, callerId: 'owner', tenant: 'studio', retryOfId: id },
      });
    }
    expect(retries.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(app.upstream.submits).toHaveLength(2);
  });

  test('that runs cannot be retried', async () => {
    const { id } = (await app.create()).generation;
    const { generation, userErrors } = await mutate('retryVideoGeneration', `id: "${id}"`);
    expect(generation).toBeNull();
    expect(userErrors[0].code).toBe('WRONG_STATUS');
  });

  test('can be looked at before it is due', async () => {
    const { id } = (await app.create()).generation;
    app.upstream.onQuery(taskReply({ status: 'Success', file_id: '5' }));
    const { generation } = await mutate('refreshVideoGeneration', `id: "${id}"`);
    expect(generation.status).toBe('SUCCEEDED');
    expect(app.upstream.queries).toHaveLength(1);
    await mutate('refreshVideoGeneration', `id: "${id}"`);
    expect(app.upstream.queries).toHaveLength(1);
  });

  test('is NOT_FOUND for every decision when it does not exist', async () => {
    for (const field of [
      'cancelVideoGeneration',
      'retryVideoGeneration',
      'refreshVideoGeneration',
      'resubmitVideoGeneration',
    ]) {
      const version = field === 'resubmitVideoGeneration' ? ', version: 1' : '';
      const answer = await app.graphql(
        `mutation { ${field}(id: "x"${version}) { userErrors { code } } }`,
      );
      expect(answer.errors![0].extensions.code).toBe('NOT_FOUND');
    }
  });
});

describe('an account that is empty', () => {
  withApp();

  test.each([
    [1008, 'FAILED', 5 * minute],
    [2056, 'QUEUED', 30 * minute],
  ])('(%i) pauses submissions while what was accepted goes on', async (code, status, pauseMs) => {
    const accepted = (await app.create()).generation.id;
    app.upstream.onSubmit(coded(code, 'no'));
    expect((await app.create()).generation.status).toBe(status);

    // A second server, which does not wait long for what will not come.
    const first = app;
    app = await startTestApp({
      fake: first.upstream,
      database: borrowed(),
      env: { CREATE_WAIT_MS: '50' },
    });
    app.clock.advance(first.clock.now().getTime() - app.clock.now().getTime());
    const waiting = (await app.create()).generation;
    expect(waiting).toMatchObject({ status: 'QUEUED', attempts: 0 });
    expect(app.upstream.submits).toHaveLength(2);
    for (let i = 0; i < 3; i++) await step(app);
    expect(await look(app, accepted)).toMatchObject({ status: 'SUCCEEDED' });
    expect(app.upstream.submits).toHaveLength(2);

    const status1 = await app.graphql(
      '{ providerStatus { requestsPerMinute usedInLastMinute pause { until code message } } }',
    );
    expect(status1.data.providerStatus).toMatchObject({
      requestsPerMinute: 600,
      pause: { code, message: expect.any(String) },
    });
    const ready = (await (await request(`${app.url}/readyz`)).body.json()) as {
      submissionsPaused: { code: number };
    };
    expect(ready.submissionsPaused.code).toBe(code);

    // After the pause one request tries; when it is accepted, all go on.
    await step(app, pauseMs);
    await step(app, minute);
    expect((await look(app, waiting.id)).attempts).toBe(1);
    expect(
      (await app.graphql('{ providerStatus { pause { code } } }')).data.providerStatus.pause,
    ).toBeNull();
    await first.stop();
  });

  test('is reported in one loud log line', async () => {
    app.upstream.onSubmit(coded(1008, 'insufficient balance'));
    await app.create();
    const loud = app.logLines.filter((line) => line.includes('does not accept this key'));
    expect(loud).toHaveLength(1);
    expect(loud[0]).toContain('"level":50');
    expect(loud[0]).toContain('Top up');
  });
});

describe('an account that is empty', () => {
  withApp(() => Promise.resolve({ env: { CREATE_WAIT_MS: '20' } }));

  test('burns one request at each try, not the queue', async () => {
    app.upstream.onSubmit(() => coded(1004, 'login fail'));
    for (let i = 0; i < 6; i++) {
      await app.create();
      await app.worker.runOnce();
    }
    expect(app.upstream.submits).toHaveLength(1);
    for (let i = 0; i < 3; i++) await step(app, 6 * minute);
    expect(app.upstream.submits).toHaveLength(4);
    const { data } = await app.graphql(
      '{ generations(filter: { status: QUEUED }) { totalCount } }',
    );
    expect(data.generations.totalCount).toBe(2);
  });
});

describe('the balance', () => {
  withApp();

  test('is told where MiniMax offers it', async () => {
    const answer = await app.graphql('{ providerStatus { simulated balance { available } } }');
    expect(answer.data.providerStatus).toEqual({ simulated: false, balance: null });
  });
});

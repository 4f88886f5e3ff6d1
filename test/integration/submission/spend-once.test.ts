import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  startTestApp,
  step,
  usualInput,
  type TestApp,
  type TestAppOptions,
} from '../../support/app.ts';
import { closedPortUrl, coded, type Reply } from '../../support/fake-upstream.ts';
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

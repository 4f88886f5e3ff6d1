import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  generationFields,
  keysOf,
  look,
  startTestApp,
  step,
  type TestApp,
} from '../../support/app.ts';
import { coded, taskReply } from '../../support/fake-upstream.ts';
import { pngDataUrl } from '../../support/images.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
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

describe('an uncertain generation', () => {
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

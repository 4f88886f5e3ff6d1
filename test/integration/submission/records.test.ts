import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { keysOf, look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded, type Reply } from '../../support/fake-upstream.ts';
import { aPng, asDataUrl } from '../../support/images.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ env: { MINIMAX_ACCOUNT_NAME: 'studio' } });
});
afterEach(async () => {
  await app.stop();
});

const fields = `id generationId number account { fingerprint name } apiGeneration callerId reason outcome
  bodyHash listPrice { amount currency } claimedAt sentAt answeredAt settledAt settledBy httpStatus
  statusCode statusMessage traceId latencyMs taskId`;

async function ask(query: string, headers: Record<string, string> = {}) {
  const { data, errors } = await app.graphql(query, {}, headers);
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

async function submissionsOf(id: string) {
  return (await ask(`{ generation(id: "${id}") { submissions { ${fields} } } }`)).generation
    .submissions;
}

async function spent() {
  const { generationStats } = await ask(
    '{ generationStats { groups { spend { amount } possibleSpend { amount } unpriced } } }',
  );
  const [{ spend, possibleSpend, unpriced }] = generationStats.groups;
  return [spend.amount, possibleSpend.amount, unpriced];
}

async function uncertain() {
  app.upstream.onSubmit({ fault: 'resetAfterRead' });
  return (await app.create()).generation;
}

describe('the record of a submission', () => {
  test('has who asked for it, what left, what came of it and what it cost', async () => {
    const { generation } = await app.create();
    const [record, ...others] = await submissionsOf(generation.id);
    expect(others).toEqual([]);
    expect(record).toEqual({
      id: expect.any(String),
      generationId: generation.id,
      number: 1,
      account: { fingerprint: expect.stringMatching(/^[\da-f]{16}$/), name: 'studio' },
      apiGeneration: 1,
      callerId: 'local',
      reason: 'FIRST',
      outcome: 'ACCEPTED',
      bodyHash: createHash('sha256').update(app.upstream.submits[0]!.bodyText).digest('hex'),
      listPrice: { amount: '0.28', currency: 'USD' },
      claimedAt: expect.any(String),
      sentAt: expect.any(String),
      answeredAt: expect.any(String),
      settledAt: expect.any(String),
      settledBy: null,
      httpStatus: 200,
      statusCode: 0,
      statusMessage: 'success',
      traceId: generation.traceId,
      latencyMs: expect.any(Number),
      taskId: generation.taskId,
    });
    expect(generation.events[1]).toMatchObject({ action: 'SUBMISSION_SENT' });
  });

  test.each<[string, Reply, string]>([
    ['refused', coded(1026), 'REFUSED'],
    ['throttled', coded(1002), 'REFUSED'],
    ['lost', { fault: 'resetAfterRead' }, 'UNKNOWN'],
    ['accepted', coded(0), 'UNKNOWN'],
  ])('says what came of one that was %s', async (_what, reply, outcome) => {
    app.upstream.onSubmit(reply);
    const { generation } = await app.create();
    expect(await submissionsOf(generation.id)).toMatchObject([{ outcome, taskId: null }]);
  });

  test.each([
    [1026, 'FAILED', 'INPUT_FLAGGED'],
    [1002, 'QUEUED', undefined],
  ])(
    'says of %i what becomes of a request whose server died after storing that',
    async (code, status, kind) => {
      app.upstream.onSubmit(coded(code));
      const { generation } = await app.create();
      const { prisma } = app.database;
      const { submissionId } = await prisma.videoGeneration.update({
        where: { id: generation.id },
        data: { status: 'SUBMITTING', failureKind: null, completedAt: null },
      });
      const leasedUntil = new Date(app.clock.now().getTime() - 1);
      await prisma.videoGeneration.update({
        where: { id: generation.id },
        data: { leaseToken: submissionId, leasedUntil },
      });
      await app.worker.runOnce();
      const row = await look(app, generation.id);
      expect([row.status, row.failure?.kind]).toEqual([status, kind]);
      expect(app.upstream.submits).toHaveLength(1);
    },
  );

  test('that broke off before its body was sent says so, and it is sent again', async () => {
    app.upstream.onSubmit({ fault: 'resetBeforeRead' });
    const large = Buffer.concat([aPng(), Buffer.alloc(12 * 1024 * 1024)]);
    const { generation } = await app.create({ firstFrameImage: asDataUrl(large) });
    expect(generation).toMatchObject({ status: 'QUEUED' });
    expect(await submissionsOf(generation.id)).toMatchObject([{ outcome: 'NOT_SENT' }]);
    await step(app, 60_000);
    expect(await look(app, generation.id)).toMatchObject({ status: 'PROCESSING' });
    expect(app.upstream.submits).toHaveLength(2);
  });

  test('is made anew for each POST, and says why it was sent', async () => {
    app.upstream.onSubmit(coded(1002), { fault: 'resetAfterRead' });
    const { generation } = await app.create();
    await step(app, 60_000);
    const { version } = await look(app, generation.id);
    await ask(
      `mutation { resubmitVideoGeneration(id: "${generation.id}", version: ${version}) { userErrors { code } } }`,
    );
    await app.worker.runOnce();
    expect(await submissionsOf(generation.id)).toMatchObject([
      { number: 1, reason: 'FIRST', outcome: 'REFUSED' },
      { number: 2, reason: 'RETRY', outcome: 'UNKNOWN' },
      { number: 3, reason: 'RESUBMIT', outcome: 'ACCEPTED' },
    ]);
    expect(app.upstream.submits).toHaveLength(3);
    // Two of them may have been paid.
    expect(await spent()).toEqual(['0.28', '0.28', 0]);
  });

  test('belongs to one submission of an account: a task that is given twice is uncertain', async () => {
    const reply = {
      json: { task_id: '4711', base_resp: { status_code: 0, status_msg: 'success' } },
    };
    app.upstream.onSubmit(reply, reply);
    const first = (await app.create()).generation;
    const second = (await app.create()).generation;
    expect(first).toMatchObject({ status: 'PROCESSING', taskId: '4711' });
    expect(second).toMatchObject({ status: 'UNCERTAIN', taskId: null });
    expect(second.statusMessage).toContain('4711');
    expect(await submissionsOf(second.id)).toMatchObject([{ outcome: 'UNKNOWN', taskId: null }]);
  });
});

describe('a decision about what is uncertain', () => {
  test('settles its submission: by the task that was found', async () => {
    const { id, version } = await uncertain();
    expect(await spent()).toEqual(['0.00', '0.28', 0]);
    await ask(
      `mutation { attachVideoGenerationTask(id: "${id}", version: ${version}, taskId: "4712") { userErrors { code } } }`,
    );
    expect(await submissionsOf(id)).toMatchObject([
      { outcome: 'ACCEPTED', taskId: '4712', settledBy: 'local' },
    ]);
    expect(await spent()).toEqual(['0.28', '0.00', 0]);
  });

  test('settles its submission: as one that was never accepted', async () => {
    const { id, version } = await uncertain();
    await ask(
      `mutation { declareVideoGenerationNotCreated(id: "${id}", version: ${version}) { userErrors { code } } }`,
    );
    expect(await submissionsOf(id)).toMatchObject([{ outcome: 'REFUSED', settledBy: 'local' }]);
    expect(await spent()).toEqual(['0.00', '0.00', 0]);
  });

  test('that comes twice, its answer having been lost, sends once and says how it was settled', async () => {
    const { id, version } = await uncertain();
    const resubmit = `mutation { resubmitVideoGeneration(id: "${id}", version: ${version}) {
      generation { status } userErrors { code message } } }`;
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    expect((await ask(resubmit)).resubmitVideoGeneration.userErrors).toEqual([]);
    await app.worker.runOnce();
    const again = (await ask(resubmit)).resubmitVideoGeneration;
    expect(again.userErrors).toMatchObject([{ code: 'SETTLED_ALREADY' }]);
    expect(again.userErrors[0].message).toMatch(/by local: RESUBMISSION_ORDERED/);
    expect(again.generation.status).toBe('UNCERTAIN');
    await app.worker.runOnce();
    expect(app.upstream.submits).toHaveLength(2);
  });

  test('about another version is refused, with the version that there is', async () => {
    const { id, version } = await uncertain();
    const { declareVideoGenerationNotCreated: answer } = await ask(
      `mutation { declareVideoGenerationNotCreated(id: "${id}", version: ${version + 1}) { generation { status } userErrors { field code } } }`,
    );
    expect(answer).toEqual({
      generation: { status: 'UNCERTAIN' },
      userErrors: [{ field: ['version'], code: 'WRONG_VERSION' }],
    });
  });

  test('of two attaches of one task to two generations, at once, one succeeds', async () => {
    const [a, b] = [await uncertain(), await uncertain()];
    const answers = await Promise.all(
      [a, b].map(({ id, version }) =>
        ask(
          `mutation { attachVideoGenerationTask(id: "${id}", version: ${version}, taskId: "4713") { userErrors { code } } }`,
        ),
      ),
    );
    const codes = answers.flatMap(({ attachVideoGenerationTask: { userErrors } }) =>
      userErrors.map(({ code }: { code: string }) => code),
    );
    expect(codes).toEqual(['TASK_ATTACHED_ELSEWHERE']);
  });
});

describe('submissions', () => {
  test('are listed for those who see everything, filtered, and on record', async () => {
    const keys = keysOf(app);
    const key = { tenant: null, name: 'for a test', expiresAt: null };
    app.upstream.onSubmit(coded(1026));
    const refused = (await app.create()).generation;
    app.clock.advance(1_000);
    const accepted = (await app.create()).generation;
    const client = await keys.create({ ...key, callerId: 'shop', role: 'CLIENT' }, null);
    const auditor = await keys.create({ ...key, callerId: 'eve', role: 'AUDITOR' }, null);
    const as = (secret: string) => ({ authorization: `Bearer ${secret}` });
    const list = async (filter: string) =>
      (
        await ask(
          `{ submissions(filter: { ${filter} }) { nodes { generationId } } }`,
          as(auditor.secret),
        )
      ).submissions.nodes.map(({ generationId }: { generationId: string }) => generationId);
    expect(await list('')).toEqual([accepted.id, refused.id]);
    expect(await list('outcome: [REFUSED]')).toEqual([refused.id]);
    expect(await list(`taskId: ["${accepted.taskId}"]`)).toEqual([accepted.id]);
    expect(await list('account: ["another"]')).toEqual([]);
    expect(await list(`generationId: ["${refused.id}"]`)).toEqual([refused.id]);
    const { auditEvents } = await ask(
      '{ auditEvents(filter: { action: SUBMISSIONS_LISTED }) { nodes { callerId } } }',
      as(auditor.secret),
    );
    expect(auditEvents.nodes).toHaveLength(5);
    const { errors } = await app.graphql('{ submissions { nodes { id } } }', {}, as(client.secret));
    expect(errors![0].extensions.code).toBe('FORBIDDEN');
  });
});

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { look, recordsOf, startTestApp, step, type TestApp } from '../../support/app.ts';
import {
  coded,
  startFakeUpstream,
  taskReply,
  type FakeUpstream,
} from '../../support/fake-upstream.ts';

let fake: FakeUpstream;
let app: TestApp;
beforeEach(async () => {
  fake = await startFakeUpstream();
  app = await startTestApp({ fake, env: keyed('one') });
});
afterEach(async () => {
  await app.stop();
  await fake.close();
});

const minute = 60_000;

interface Seen {
  id: string;
  version: number;
  taskId: string | null;
}

function keyed(name: string): Record<string, string> {
  return { MINIMAX_API_KEY: `key-${name}`, MINIMAX_ACCOUNT_NAME: name };
}

/** Goes on with another key, and with the former one as well or not. */
async function changeKey(former?: string): Promise<void> {
  const { database, clock } = app;
  await app.stop();
  const accounts = former && [{ name: former, baseUrl: fake.url, apiKey: `key-${former}` }];
  app = await startTestApp({
    fake,
    database,
    env: {
      ...keyed('two'),
      ...(accounts && { MINIMAX_FORMER_ACCOUNTS: JSON.stringify(accounts) }),
    },
  });
  app.clock.advance(clock.now().getTime() - app.clock.now().getTime() + minute);
}

async function uncertain(): Promise<Seen> {
  app.upstream.onSubmit({ fault: 'resetAfterRead' });
  return (await app.create()).generation;
}

/** One whose answer refuses it and names a task. */
async function named(task_id: string): Promise<Seen> {
  app.upstream.onSubmit({ status: 429, json: { task_id } });
  return (await app.create()).generation;
}

/** Generations whose tasks MiniMax said that it does not know. */
async function lost(count: number): Promise<Seen[]> {
  const created: Seen[] = [];
  for (let i = 0; i < count; i++) created.push((await app.create()).generation);
  app.upstream.onQuery(() => taskReply({ status: '' }, 2013, 'invalid params, task_id'));
  for (let i = 0; i < 6; i++) await step(app, 10 * minute);
  app.upstream.onQuery(() => undefined);
  const seen = await Promise.all(created.map(({ id }) => look(app, id)));
  for (const { failure } of seen) expect(failure?.kind).toBe('TASK_UNKNOWN');
  return seen;
}

/** What is decided about it as it is seen; the code of why not, or null. */
async function decide(field: string, { id, version }: Seen, more = '') {
  const { data } = await app.graphql(
    `mutation { ${field}(id: "${id}", version: ${version}${more}) { userErrors { code } } }`,
  );
  return (data[field].userErrors[0]?.code ?? null) as string | null;
}

const attach = (seen: Seen, taskId: string, submissionId?: string) =>
  decide(
    'attachVideoGenerationTask',
    seen,
    `, taskId: "${taskId}"${submissionId ? `, submissionId: "${submissionId}"` : ''}`,
  );

function keysThatAsked(taskId: string) {
  const asked = fake.queries.filter(({ query }) => query.task_id === taskId);
  return new Set(asked.map(({ headers }) => headers.authorization));
}

/** The records that say of the task that it was accepted, with what is followed by each. */
async function ownersOf(taskId: string) {
  const records = await app.database.prisma.submission.findMany({
    where: { taskId, outcome: 'ACCEPTED' },
    include: { generation: true },
  });
  for (const { id, accountId, generation } of records) {
    expect(generation).toMatchObject({ taskId, accountId, submissionId: id });
  }
  return records.map(({ generationId }) => generationId);
}

describe('a task that a person found', () => {
  test('is given at once to one of two whose tasks were lost', async () => {
    const [a, b] = (await lost(2)) as [Seen, Seen];
    const codes = await Promise.all([attach(a, '777'), attach(b, '777')]);
    expect(codes.toSorted()).toEqual(['TASK_ATTACHED_ELSEWHERE', null]);
    expect(await ownersOf('777')).toEqual([codes[0] === null ? a.id : b.id]);
  });

  test('has a record beside that of the task that was lost, which counts for what was paid', async () => {
    const [a] = (await lost(1)) as [Seen];
    expect(await attach(a, '777')).toBeNull();
    expect(await recordsOf(app, a.id)).toMatchObject([
      { number: 1, outcome: 'ACCEPTED', taskId: a.taskId, settledBy: null },
      { number: 2, outcome: 'ACCEPTED', taskId: '777', settledBy: 'local', accountName: 'one' },
    ]);
    expect(await ownersOf('777')).toEqual([a.id]);
  });

  test('is not believed to be that of a later submission as well', async () => {
    const [a] = (await lost(1)) as [Seen];
    await attach(a, '777');
    app.upstream.onSubmit(taskReply({ task_id: '777' }));
    const { generation } = await app.create();
    expect(generation).toMatchObject({ status: 'UNCERTAIN', taskId: null });
    expect(await ownersOf('777')).toEqual([a.id]);
  });

  test('is kept for the generation whose answer named it', async () => {
    const [a] = (await lost(1)) as [Seen];
    const b = await named('777');
    expect(await attach(a, '777')).toBe('TASK_ATTACHED_ELSEWHERE');
    expect(await attach(b, '777')).toBeNull();
    expect(await ownersOf('777')).toEqual([b.id]);
  });

  test('is followed with the account whose answer named it', async () => {
    const { id } = await named('777');
    await changeKey('one');
    expect(await decide('resubmitVideoGeneration', await look(app, id))).toBeNull();
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    await app.worker.runOnce();
    expect(await attach(await look(app, id), '777')).toBeNull();
    expect(await ownersOf('777')).toEqual([id]);
    await step(app, minute);
    expect(keysThatAsked('777')).toEqual(new Set(['Bearer key-one']));
  });

  test('is followed with the account of the submission that a person names', async () => {
    const { id } = await uncertain();
    await changeKey('one');
    await decide('resubmitVideoGeneration', await look(app, id));
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    await app.worker.runOnce();
    const [first] = await recordsOf(app, id);
    const seen = await look(app, id);
    expect(await attach(seen, '777', first!.id)).toBeNull();
    expect(await attach(seen, '777', first!.id)).toBe('SETTLED_ALREADY');
    expect(await recordsOf(app, id)).toMatchObject([
      { accountName: 'one', outcome: 'ACCEPTED', taskId: '777', settledBy: 'local' },
      { accountName: 'two', outcome: 'UNKNOWN', taskId: null },
    ]);
    expect(await ownersOf('777')).toEqual([id]);
    await step(app, minute);
    expect(keysThatAsked('777')).toEqual(new Set(['Bearer key-one']));
  });

  test('is that of no submission that is settled, or not one of this generation', async () => {
    const { id } = await uncertain();
    const { id: otherId } = await uncertain();
    const { id: acceptedId } = (await app.create()).generation;
    const seen = await look(app, id);
    for (const elsewhere of [otherId, acceptedId]) {
      const [record] = await recordsOf(app, elsewhere);
      expect(await attach(seen, '777', record!.id)).toBe('SUBMISSION_NOT_OPEN');
    }
    expect(await attach(seen, '777', 'nonsense')).toBe('SUBMISSION_NOT_OPEN');
    expect(await look(app, id)).toEqual(seen);
  });

  test('has no id that would lead elsewhere in a path', async () => {
    const seen = await uncertain();
    for (const taskId of ['..', '.', '/', '../x', 'a/../b'])
      expect([taskId, await attach(seen, taskId)]).toEqual([taskId, 'TASK_ID_INVALID']);
    expect((await look(app, seen.id)).status).toBe('UNCERTAIN');
  });

  test('waits for the key of that account when it is not configured', async () => {
    const { id } = await named('777');
    await changeKey();
    await decide('resubmitVideoGeneration', await look(app, id));
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    await app.worker.runOnce();
    expect(await attach(await look(app, id), '777')).toBeNull();
    await app.worker.runOnce();
    expect(await look(app, id)).toMatchObject({
      status: 'PROCESSING',
      failure: { kind: 'ACCOUNT_UNKNOWN' },
    });
    expect(fake.queries).toEqual([]);
  });

  test('is another one than that of another account with the same id', async () => {
    app.upstream.onSubmit(taskReply({ task_id: '777' }));
    const { generation: first } = await app.create();
    await changeKey('one');
    const second = await uncertain();
    expect(await attach(second, '777')).toBeNull();
    expect((await ownersOf('777')).toSorted()).toEqual([first.id, second.id].toSorted());
  });
});

describe('what was cancelled after it had been sent', () => {
  test('is taken up with the task that a late answer named', async () => {
    const { id } = await uncertain();
    app.upstream.onSubmit(coded(1002));
    await decide('resubmitVideoGeneration', await look(app, id));
    await app.worker.runOnce();
    const { data } = await app.graphql(
      `mutation { cancelVideoGeneration(id: "${id}") { generation { status } } }`,
    );
    expect(data.cancelVideoGeneration.generation.status).toBe('CANCELLED');
    // As the server of the first POST stores it when it wakes.
    await app.database.prisma.submission.updateMany({
      where: { number: 1 },
      data: { outcome: 'ACCEPTED', taskId: '777', settledBy: null },
    });
    expect(await attach(await look(app, id), '777')).toBeNull();
    expect(await ownersOf('777')).toEqual([id]);
    await step(app, minute);
    expect(await look(app, id)).toMatchObject({ taskId: '777', failure: null });
    expect(await recordsOf(app, id)).toMatchObject([
      { number: 1, outcome: 'ACCEPTED', taskId: '777' },
      { number: 2, outcome: 'REFUSED' },
    ]);
  });

  test('is left alone when it was never sent, or its task was withdrawn', async () => {
    app.upstream.onSubmit(coded(1002));
    const never = await app.create();
    await app.database.prisma.videoGeneration.updateMany({
      data: { attempts: 0, status: 'CANCELLED', nextAttemptAt: null },
    });
    expect(await attach(await look(app, never.generation.id), '777')).toBe('WRONG_STATUS');
    await app.database.prisma.videoGeneration.updateMany({ data: { attempts: 1, taskId: '1' } });
    expect(await attach(await look(app, never.generation.id), '777')).toBe('WRONG_STATUS');
  });
});

describe('what a person had said was not created', () => {
  test('is taken up with the task that its own record names, since the answer came late', async () => {
    const seen = await uncertain();
    const { id } = seen;
    await decide('declareVideoGenerationNotCreated', seen);
    // As its server stores it when it wakes.
    await app.database.prisma.submission.updateMany({
      data: { outcome: 'ACCEPTED', taskId: '777', settledBy: null },
    });
    expect(await attach(await look(app, id), '777')).toBeNull();
    expect(await ownersOf('777')).toEqual([id]);
    expect(await recordsOf(app, id)).toMatchObject([{ number: 1, settledBy: null }]);
    await step(app, minute);
    expect(await look(app, id)).toMatchObject({ taskId: '777', failure: null });
  });

  test('is taken up with the task that was found later, also when it has a successor', async () => {
    const seen = await uncertain();
    const { id } = seen;
    await decide('declareVideoGenerationNotCreated', seen);
    await app.graphql(`mutation { retryVideoGeneration(id: "${id}") { replayed } }`);
    expect(await attach(await look(app, id), '777')).toBeNull();
    expect(await recordsOf(app, id)).toMatchObject([
      { number: 1, outcome: 'ACCEPTED', taskId: '777', settledBy: 'local' },
    ]);
    expect(await ownersOf('777')).toEqual([id]);
  });

  test('was not created by any of its submissions: nothing of it can have been paid', async () => {
    const { id } = await uncertain();
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    await decide('resubmitVideoGeneration', await look(app, id));
    await app.worker.runOnce();
    expect(await decide('declareVideoGenerationNotCreated', await look(app, id))).toBeNull();
    expect(await recordsOf(app, id)).toMatchObject([
      { number: 1, outcome: 'REFUSED', settledBy: 'local' },
      { number: 2, outcome: 'REFUSED', settledBy: 'local' },
    ]);
    const { data } = await app.graphql(
      '{ generationStats { groups { possibleSpend { amount } } } }',
    );
    expect(data.generationStats.groups[0].possibleSpend.amount).toBe('0.00');
  });
});

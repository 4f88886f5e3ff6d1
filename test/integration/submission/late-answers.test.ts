import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { look, recordsOf, startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded, taskReply, type Reply } from '../../support/fake-upstream.ts';
import { actionsOf, rowOf } from '../../support/holds.ts';
import { decide } from '../../support/uncertain.ts';

/** One server for each submission, which is frozen until its answer comes, and one that goes on. */
const servers: TestApp[] = [];
beforeEach(async () => {
  servers.push(await startTestApp());
});
afterEach(async () => {
  for (const server of servers.splice(0).toReversed()) await server.stop();
});

/** Another server, at a time when the leases of those before have ended. */
async function another(): Promise<TestApp> {
  const { upstream: fake, database, clock } = servers.at(-1)!;
  const server = await startTestApp({ fake, database });
  server.clock.advance(clock.now().getTime() - server.clock.now().getTime() + 11_000);
  servers.push(server);
  await server.worker.runOnce();
  return server;
}

/** A generation that was sent twice, of which nobody knows what came, until `answers` says it. */
async function sentTwice() {
  const [first] = servers as [TestApp];
  const gates: ((reply: Reply) => void)[] = [];
  first.upstream.onSubmit(
    async () => await new Promise<Reply>((resolve) => void gates.push(resolve)),
  );
  const creating = first.create();
  await first.upstream.received('submit', 1);
  const second = await another();
  const { data } = await second.graphql('{ generations { nodes { id } } }');
  const id: string = data.generations.nodes[0].id;
  expect(await decide(second, id, 'resubmitVideoGeneration')).toEqual([]);
  await first.upstream.received('submit', 2);
  const by = await another();
  expect(await look(by, id)).toMatchObject({ status: 'UNCERTAIN' });
  async function answers(number: 1 | 2, reply: Reply): Promise<void> {
    gates[number - 1]!(reply);
    if (number === 1) await creating;
    await servers[number - 1]!.worker.runOnce();
  }
  return { id, by, answers };
}

async function expectWhole(by: TestApp, id: string, outcomes: object[]): Promise<void> {
  const records = await recordsOf(by, id);
  expect(records).toMatchObject(outcomes);
  const row = await rowOf(by, id);
  expect(records.find(({ id }) => id === row.submissionId)).toMatchObject({ taskId: row.taskId });
  const { data } = await by.graphql(
    `{ verifyAuditLog { ok } generationStats { groups { spend { amount } possibleSpend { amount } } } }`,
  );
  expect(data.verifyAuditLog).toEqual({ ok: true });
  const [{ spend, possibleSpend }] = data.generationStats.groups;
  const accepted = records.filter(({ outcome }) => outcome === 'ACCEPTED');
  expect(Number(spend.amount)).toBeCloseTo(accepted.length * Number(records[0]!.listPrice));
  const open = records.filter(({ outcome }) => outcome === 'UNKNOWN');
  expect(Number(possibleSpend.amount)).toBeCloseTo(open.length * Number(records[0]!.listPrice));
}

describe('the task of the first, which a person attached to what was sent twice,', () => {
  const attach = async (by: TestApp, id: string) =>
    expect(await decide(by, id, 'attachVideoGenerationTask', ', taskId: "111"')).toEqual([]);

  test('is that of the first when its answer says so, and of the second nothing is known again', async () => {
    const { id, by, answers } = await sentTwice();
    await attach(by, id);
    expect(await recordsOf(by, id)).toMatchObject([
      { outcome: 'UNKNOWN', taskId: null },
      { outcome: 'ACCEPTED', taskId: '111' },
    ]);
    await answers(1, taskReply({ task_id: '111' }));
    await expectWhole(by, id, [
      { outcome: 'ACCEPTED', taskId: '111', settledBy: null },
      { outcome: 'UNKNOWN', taskId: null, settledBy: null },
    ]);
    expect(actionsOf(await look(by, id))).toContain('SUBMISSION_ANSWERED_LATE');
    await answers(2, taskReply({ task_id: '222' }));
    await expectWhole(by, id, [
      { outcome: 'ACCEPTED', taskId: '111' },
      { outcome: 'ACCEPTED', taskId: '222' },
    ]);
    expect(await rowOf(by, id)).toMatchObject({ status: 'PROCESSING', taskId: '111' });
  });

  test.each([
    ['names another', taskReply({ task_id: '222' }), { outcome: 'ACCEPTED', taskId: '222' }],
    ['refuses it', coded(1026), { outcome: 'REFUSED', taskId: null }],
  ])('is that of the first when the answer to the second %s', async (_what, reply, second) => {
    const { id, by, answers } = await sentTwice();
    await attach(by, id);
    await answers(2, reply);
    await expectWhole(by, id, [
      { outcome: 'ACCEPTED', taskId: '111', settledBy: 'local' },
      { ...second, settledBy: null },
    ]);
    await answers(1, taskReply({ task_id: '111' }));
    await expectWhole(by, id, [{ outcome: 'ACCEPTED', taskId: '111', settledBy: null }, second]);
    expect(await rowOf(by, id)).toMatchObject({ status: 'PROCESSING', taskId: '111' });
    await step(by);
  });

  test('has a record of its own when the answers name others', async () => {
    const { id, by, answers } = await sentTwice();
    await attach(by, id);
    await answers(2, taskReply({ task_id: '222' }));
    await answers(1, taskReply({ task_id: '333' }));
    await expectWhole(by, id, [
      { outcome: 'ACCEPTED', taskId: '333' },
      { outcome: 'ACCEPTED', taskId: '222' },
      { outcome: 'ACCEPTED', taskId: '111', settledBy: 'local' },
    ]);
    expect(await rowOf(by, id)).toMatchObject({ status: 'PROCESSING', taskId: '111' });
  });
});

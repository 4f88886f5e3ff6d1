import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openDatabase } from '../../../src/database/database.ts';
import { look, startTestApp, usualInput, type TestApp } from '../../support/app.ts';
import { silent, type TestDatabase } from '../../support/database.ts';
import { startFakeUpstream, type FakeUpstream } from '../../support/fake-upstream.ts';
import { gate } from '../../support/gate.ts';
import { until } from '../../support/until.ts';

/** What may happen between the claim of a request and the record of its answer; `b` goes on. */
let a: TestApp;
let b: TestApp;
let upstream: FakeUpstream;
beforeEach(async () => {
  upstream = await startFakeUpstream();
});
afterEach(async () => {
  for (const app of [b, a]) await app.stop();
  await upstream.close();
});

const leaseMs = 5_000;
const env = { LEASE_MS: String(leaseMs), CREATE_WAIT_MS: '0' };

type Query = TestDatabase['pool']['query'];
interface Hooks {
  /** Takes the place of `work.pool.query` of server `a` for statements with these names. */
  statements?: Record<string, (run: () => unknown) => unknown>;
  /** The same for changes of generations. */
  writes?: (run: () => unknown) => unknown;
}

/** Starts both; from then on the hooks count. */
async function startBoth({ statements = {}, writes }: Hooks): Promise<void> {
  const first = await startTestApp({ fake: upstream });
  await first.stop();
  let isUp = false;
  const { work, url } = first.database;
  const database = {
    ...first.database,
    work: {
      ...work,
      pool: new Proxy(work.pool, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (name !== 'query') return value;
          return ((...args: Parameters<Query>) => {
            const { name: numbered = '' } = args[0] as { name?: string };
            // A text that came second in this process has a number behind its name (read-rows.ts).
            const statement = numbered.replace(/ \d+$/, '');
            const run = () => target.query(...args);
            if (!isUp) return run();
            if (statement.startsWith('write')) return writes?.(run) ?? run();
            return statements[statement]?.(run) ?? run();
          }) as Query;
        },
      }),
    },
  };
  a = await startTestApp({ fake: upstream, env, database });
  const second = url ? await openDatabase({ url, dataDir: '', logger: silent }) : first.database;
  b = await startTestApp({ fake: upstream, env, database: second });
  b.clock.advance(a.clock.now().getTime() - b.clock.now().getTime());
  isUp = true;
}

function pass(ms: number): void {
  for (const app of [a, b]) app.clock.advance(ms);
}

async function submissionsOf(id: string, app = b): Promise<object[]> {
  const { data } = await app.graphql(
    `{ generation(id: "${id}") { submissions { outcome taskId } } }`,
  );
  return data.generation.submissions;
}

/** Runs once: `run` as usual from the second call on. */
function once(first: (run: () => unknown) => unknown): (run: () => unknown) => unknown {
  let done = false;
  return (run) => {
    if (done) return run();
    done = true;
    return first(run);
  };
}

/** Starts both; `a` freezes once, before or after it confirms a lease, until it is thawed. */
async function startFreezing(when: 'before' | 'after') {
  const frozen = gate();
  const thawed = gate();
  const freeze = async () => {
    frozen.open();
    await thawed.opened;
  };
  await startBoth({
    statements: {
      'confirm submissions': once(async (run) => {
        if (when === 'before') await freeze();
        const confirmed = await run();
        if (when === 'after') await freeze();
        return confirmed;
      }),
    },
  });
  return { frozen: frozen.opened, thaw: thawed.open };
}

test('a server that froze before it confirmed its lease does not send: another has', async () => {
  const { frozen, thaw } = await startFreezing('before');
  const { id } = (await a.create()).generation;
  await frozen;
  pass(leaseMs);
  await b.worker.runOnce();
  expect((await look(b, id)).status).toBe('QUEUED');
  pass(60_000);
  await b.worker.runOnce();
  expect((await look(b, id)).status).toBe('PROCESSING');

  thaw();
  await a.worker.runOnce();
  expect(upstream.submits).toHaveLength(1);
  expect(await submissionsOf(id)).toMatchObject([{ outcome: 'NOT_SENT' }, { outcome: 'ACCEPTED' }]);
});

test('a server that froze after it had confirmed does not send: a person has decided', async () => {
  const { frozen, thaw } = await startFreezing('after');
  const { id } = (await a.create()).generation;
  await frozen;
  pass(leaseMs);
  await b.worker.runOnce();
  const { status, version } = await look(b, id);
  expect(status).toBe('UNCERTAIN');
  await b.graphql(
    `mutation { resubmitVideoGeneration(id: "${id}", version: ${version}) { userErrors { code } } }`,
  );
  await b.worker.runOnce();
  expect(upstream.submits).toHaveLength(1);

  // It knows by its own clock how long it was away.
  await pause(leaseMs / 2);
  thaw();
  await a.worker.runOnce();
  expect(upstream.submits).toHaveLength(1);
  expect((await look(b, id)).status).toBe('PROCESSING');
  expect(await submissionsOf(id)).toMatchObject([{ outcome: 'NOT_SENT' }, { outcome: 'ACCEPTED' }]);
});

test('what was ordered again is not sent when the record of what was sent before tells a task meanwhile', async () => {
  let confirmed = 0;
  await startBoth({
    statements: {
      'confirm submissions': async (run) => {
        confirmed += 1;
        if (confirmed === 2) {
          await a.database.prisma.submission.updateMany({
            where: { generationId: id, number: 1 },
            data: { outcome: 'ACCEPTED', taskId: '106916112212031', settledBy: null },
          });
        }
        return await run();
      },
    },
  });
  await b.worker.stop();
  upstream.onSubmit({ status: 504, text: 'gateway' });
  const { id } = (await a.create()).generation;
  await until(async () => (await look(a, id)).status === 'UNCERTAIN');
  const { version } = await look(a, id);
  await a.graphql(
    `mutation { resubmitVideoGeneration(id: "${id}", version: ${version}) { userErrors { code } } }`,
  );
  await a.worker.runOnce();
  expect(confirmed).toBe(2);
  pass(leaseMs);
  await a.worker.runOnce();
  await a.worker.doMinutely();
  expect(await look(a, id)).toMatchObject({ status: 'PROCESSING', taskId: '106916112212031' });
  expect(upstream.submits).toHaveLength(1);
});

test('one that lost the confirmation of its own says that nothing was sent, whatever others took it for', async () => {
  await startBoth({
    statements: {
      'confirm submissions': once(async (run) => {
        await run();
        pass(leaseMs);
        await b.worker.runOnce();
        throw new Error('Connection terminated unexpectedly');
      }),
    },
  });
  const { id } = (await a.create()).generation;
  await a.worker.runOnce();
  expect((await look(b, id)).status).toBe('QUEUED');
  pass(60_000);
  await b.worker.runOnce();
  expect((await look(b, id)).status).toBe('PROCESSING');
  expect(upstream.submits).toHaveLength(1);
  expect(await submissionsOf(id)).toMatchObject([{ outcome: 'NOT_SENT' }, { outcome: 'ACCEPTED' }]);
});

test('a claim whose confirmation was lost is found again, and sent once', async () => {
  let isCut = false;
  await startBoth({
    statements: {
      'claim submissions': async (run) => {
        const result = await run();
        if (!isCut) return result;
        isCut = false;
        throw new Error('Connection terminated unexpectedly');
      },
    },
  });
  // Its ticks would take the request, too.
  await b.stop();
  isCut = true;
  const now = a.clock.now();
  const { id } = await a.database.prisma.videoGeneration.create({
    data: {
      ...usualInput,
      id: '01900000-0000-7000-8000-000000000000',
      ...{ callerId: 'local', inputHash: '', promptOptimizer: true, simulated: false },
      ...{ status: 'QUEUED', version: 1, createdAt: now, updatedAt: now, nextAttemptAt: now },
    },
  });
  // A tick that had looked before the row was there may be the one that is joined.
  await until(async () => {
    await a.worker.runOnce().catch(({ message }: Error) => {
      expect(message).toContain('could not be read');
    });
    return !isCut;
  });
  await a.worker.runOnce();
  expect((await look(a, id)).status).toBe('PROCESSING');
  expect(upstream.submits).toHaveLength(1);
  expect(await submissionsOf(id, a)).toMatchObject([{ outcome: 'ACCEPTED' }]);
});

test('an answer is stored before anything else, so that its task is not lost with the server', async () => {
  const stored = gate();
  let isGone = false;
  await startBoth({
    statements: {
      'settle submissions': once(async (run) => {
        isGone = true;
        const result = await run();
        stored.open();
        return result;
      }),
    },
    writes: (run) => (isGone ? Promise.reject(new Error('the server has stopped')) : run()),
  });
  const { id } = (await a.create()).generation;
  await stored.opened;
  expect((await look(b, id)).status).toBe('SUBMITTING');
  const [submission] = await submissionsOf(id);
  expect(submission).toMatchObject({ outcome: 'ACCEPTED', taskId: expect.any(String) });

  pass(leaseMs);
  await b.worker.runOnce();
  const { taskId } = submission as { taskId: string };
  expect(await look(b, id)).toMatchObject({ status: 'PROCESSING', taskId });
  expect(upstream.submits).toHaveLength(1);
  // What it still wanted to store has been.
  isGone = false;
});

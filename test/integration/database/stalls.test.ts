import { describe, expect } from '@jest/globals';
import pg from 'pg';
import { request } from 'undici';
import {
  aFakeUpstream,
  aPlace,
  start,
  undo,
  type Place,
  type Service,
} from '../../support/process.ts';
import { ServerProxy } from '../../support/server-proxy.ts';
import { testTogether } from '../../support/together.ts';
import { until } from '../../support/until.ts';

/**
 * Real processes whose database stalls: a neighbour that is frozen with a lock, a path that swallows
 * everything, a server that has become read-only, callers who read all the time.
 */
const onServer = globalThis.databaseUrl === undefined ? describe.skip : describe;

/** A caller has an answer within so long, whatever the database does; and a little for a busy machine. */
const answerWithinMs = 12_000;

async function aClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  undo.push(() => client.end().catch(() => undefined));
  return client;
}

const urlOf = (place: Place) => place.env['DATABASE_URL']!;

/** The HTTP status of an answer, which must not take too long. */
async function ask(service: Service, query: string): Promise<number> {
  const answer = await request(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
    signal: AbortSignal.timeout(answerWithinMs),
  });
  await answer.body.dump();
  return answer.statusCode;
}

async function readiness(service: Service): Promise<number> {
  const answer = await request(`${service.url}/readyz`, { signal: AbortSignal.timeout(6_000) });
  await answer.body.dump();
  return answer.statusCode;
}

let started: Promise<unknown> = Promise.resolve();

/** One after the other: so many that start at once keep each other from the database. */
async function startInTurn(...given: Parameters<typeof start>): Promise<Service> {
  const starting = started.catch(() => undefined).then(() => start(...given));
  started = starting;
  return await starting;
}

const create =
  'mutation { createVideoGeneration(input: { model: "MiniMax-Hailuo-02", prompt: "x" }) { generation { id } } }';

onServer('while the database stalls', () => {
  testTogether({
    'a server that is frozen in its claim does not keep the others from sending': async (
      allReady,
    ) => {
      const { upstream, env } = await aFakeUpstream();
      const place = await aPlace();
      const [frozen, other] = await Promise.all([startInTurn(place, env), startInTurn(place, env)]);
      await allReady();
      const admin = await aClient(urlOf(place));
      const holder = await aClient(urlOf(place));
      // Holds the claim up once it has the budget.
      await holder.query('BEGIN; LOCK TABLE submission IN SHARE MODE');
      // The other one stands still meanwhile, so that it is this one's claim.
      other.child.kill('SIGSTOP');
      await frozen.create();
      await until(async () => {
        const { rows } = await admin.query(
          `SELECT FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%WITH RECURSIVE%'`,
        );
        return rows.length > 0;
      });
      frozen.child.kill('SIGSTOP');
      await holder.query('COMMIT');
      // The database ends the claim without it: nothing stays locked.
      await until(async () => {
        const { rows } = await admin.query<{ state: string }>(
          `SELECT state FROM pg_stat_activity
          WHERE datname = current_database() AND query LIKE '%WITH RECURSIVE%' AND pid <> pg_backend_pid()`,
        );
        expect(rows.map(({ state }) => state)).not.toContain('idle in transaction');
        return rows.every(({ state }) => state === 'idle');
      });
      other.child.kill('SIGCONT');
      const id = await other.create();
      await until(() => upstream.submits.length > 0);
      expect(await readiness(other)).toBe(200);
      expect(['SUBMITTING', 'PROCESSING', 'SUCCEEDED']).toContain(
        (await other.graphql(`{ generation(id: "${id}") { status } }`)).generation.status,
      );
      frozen.child.kill('SIGCONT');
    },

    'a transaction that stands still with the lock of the audit chain does not hang a list': async (
      allReady,
    ) => {
      const { env } = await aFakeUpstream();
      const place = await aPlace();
      const service = await startInTurn(place, env);
      await allReady();
      const made = await service.graphql(
        'mutation { createApiKey(input: { callerId: "a", name: "a", role: ADMIN }) { secret } }',
      );
      // As a frozen server has it: with the limits that every connection of the service has.
      const frozen = await aClient(urlOf(place));
      await frozen.query("SET idle_in_transaction_session_timeout = '2500ms'");
      await frozen.query('BEGIN; SELECT pg_advisory_xact_lock(727073690)');
      const answer = await request(`${service.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${made.createApiKey.secret}`,
        },
        body: JSON.stringify({ query: '{ generations { nodes { id } } }' }),
        signal: AbortSignal.timeout(answerWithinMs),
      });
      expect([answer.statusCode, await answer.body.json()]).toEqual([
        200,
        { data: { generations: { nodes: [] } }, extensions: expect.anything() },
      ]);
    },

    'connections that swallow everything are thrown away: answers within 10 s, and work goes on':
      async (allReady) => {
        const { upstream, env } = await aFakeUpstream();
        const place = await aPlace();
        const proxy = await ServerProxy.start(urlOf(place));
        undo.push(() => proxy.close());
        // With the usual five a minute a last one would wait a minute where the first five got through.
        const service = await startInTurn(place, {
          ...env,
          MINIMAX_RPM: '60',
          DATABASE_URL: proxy.url,
        });
        await allReady();
        // Many connections there are to lose.
        await Promise.all(
          Array.from({ length: 20 }, () => ask(service, '{ generations { totalCount } }')),
        );
        proxy.swallow();
        const statuses = await Promise.all([
          ...Array.from({ length: 20 }, () => ask(service, '{ generations { nodes { id } } }')),
          ...Array.from({ length: 5 }, () => ask(service, create)),
        ]);
        for (const status of statuses) expect([200, 503]).toContain(status);
        await until(async () => (await readiness(service)) === 200);
        const id = await service.create();
        expect(await service.until(id, ['PROCESSING', 'SUCCEEDED'])).toMatchObject({
          failure: null,
        });
        expect(upstream.submits.length).toBeGreaterThan(0);
      },

    'a server that has become read-only is away, and is used again once it can be written to':
      async (allReady) => {
        const { upstream, env } = await aFakeUpstream();
        const place = await aPlace();
        const service = await startInTurn(place, env);
        await allReady();
        const admin = await aClient(urlOf(place));
        const name = new URL(urlOf(place)).pathname.slice(1);
        await admin.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
        await admin.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
        );
        await until(async () => (await readiness(service)) === 503);
        expect(await ask(service, create)).toBe(503);
        expect(await ask(service, '{ generations { nodes { id } } }')).toBe(200);
        expect(service.output.stdout).not.toContain('unexpected error');
        // The connections that there are now stay read-only for as long as they live.
        await admin.query('SET default_transaction_read_only = off');
        await admin.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
        await until(async () => (await readiness(service)) === 200);
        const id = await service.create();
        await service.until(id, ['PROCESSING', 'SUCCEEDED']);
        expect(upstream.submits).toHaveLength(1);
      },

    'callers who use up their connections do not cost a submission its lease': async (allReady) => {
      const { upstream, env } = await aFakeUpstream();
      const place = await aPlace();
      const service = await startInTurn(place, {
        ...env,
        DATABASE_POOL_SIZE: '2',
        LEASE_MS: '5000',
      });
      await allReady();
      let answered: () => void = () => undefined;
      const held = new Promise<undefined>((resolve) => (answered = () => resolve(undefined)));
      upstream.onSubmit(() => held);
      const id = await service.create();
      await until(() => upstream.submits.length > 0);
      const holder = await aClient(urlOf(place));
      await holder.query('BEGIN; LOCK TABLE export IN ACCESS EXCLUSIVE MODE');
      const reads = Array.from({ length: 40 }, () =>
        ask(service, 'mutation { exportGenerations { url } }'),
      );
      expect(await readiness(service)).toBe(200);
      const statuses = await Promise.all(reads);
      for (const status of statuses) expect([200, 503]).toContain(status);
      answered();
      await service.until(id, ['PROCESSING', 'SUCCEEDED']);
      await holder.query('COMMIT');
      const { generation } = await service.graphql(
        `{ generation(id: "${id}") { events { toStatus } submissions { outcome } } }`,
      );
      expect(generation.submissions).toEqual([{ outcome: 'ACCEPTED' }]);
      expect(generation.events).not.toContainEqual({ toStatus: 'UNCERTAIN' });
    },
  });
});

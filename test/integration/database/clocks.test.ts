import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { request } from 'undici';
import { aFakeUpstream, aPlace, start, type Place, type Service } from '../../support/process.ts';
import { testTogether } from '../../support/together.ts';
import { until } from '../../support/until.ts';

/** Read before the program: each SIGUSR2 sets the process's clock an hour ahead. */
const jumpingClock = `
const Real = Date;
let ahead = 0;
globalThis.Date = class extends Real {
  constructor(...given) {
    if (given.length === 0) super(Real.now() + ahead);
    else super(...given);
  }
  static now() {
    return Real.now() + ahead;
  }
};
process.on('SIGUSR2', () => {
  ahead += 3_600_000;
  process.stderr.write('jumped\\n');
});
`;

async function withJumpingClock({ cwd }: Place): Promise<{ NODE_OPTIONS: string }> {
  const file = join(cwd, 'jumping-clock.mjs');
  await writeFile(file, jumpingClock);
  return { NODE_OPTIONS: `--import=${file}` };
}

async function jump({ child, output }: Service): Promise<void> {
  const jumps = () => output.stderr.split('jumped').length;
  const before = jumps();
  child.kill('SIGUSR2');
  await until(() => jumps() > before);
}

testTogether({
  'a clock that jumps an hour ahead does not let more be sent than the budget allows': async () => {
    const { upstream, env } = await aFakeUpstream();
    const place = await aPlace();
    const more = { LEASE_MS: '10000', MINIMAX_RPM: '3', ...(await withJumpingClock(place)) };
    const service = await start(place, { ...env, ...more });
    for (let count = 0; count < 6; count++) await service.create();
    await until(() => upstream.submits.length === 3);
    const sentAt = performance.now();
    await jump(service);
    // Wakes the worker, which looks at the budget.
    const id = await service.create();
    await service.graphql('{ providerStatus { usedInLastMinute } }');
    await until(() => performance.now() - sentAt > 3_000);
    expect(upstream.submits).toHaveLength(3);
    const { generation } = await service.graphql(
      `{ generation(id: "${id}") { status createdAt } }`,
    );
    expect(generation.status).toBe('QUEUED');
    expect(Math.abs(Date.parse(generation.createdAt) - Date.now())).toBeLessThan(60_000);
  },

  'a clock that jumps an hour ahead gives nobody more requests, nor takes them from the servers beside':
    async () => {
      const place = await aPlace();
      const more = { OPEN_ACCESS: 'off', RATE_LIMIT_PER_MINUTE: '30' };
      const ask = async ({ url }: Service) => {
        const answer = await request(`${url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query: '{ __typename }' }),
        });
        await answer.body.dump();
        return answer;
      };
      const service = await start(place, { ...more, ...(await withJumpingClock(place)) });
      // Before the first request, and in the middle of the minute.
      await jump(service);
      const startedAt = performance.now();
      for (let count = 0; count < 20; count++) expect((await ask(service)).statusCode).toBe(401);
      await jump(service);
      let granted = 0;
      for (let count = 0; count < 20; count++) {
        if ((await ask(service)).statusCode === 401) granted += 1;
      }
      const servers = [service];
      if (place.env['DATABASE_URL'] !== undefined) servers.push(await start(place, more));
      for (const server of servers) {
        const { statusCode, headers } = await ask(server);
        // On a machine so slow that the minute is over there is nothing to see.
        if (performance.now() - startedAt > 55_000) return;
        expect(statusCode).toBe(429);
        expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
      }
      expect(granted).toBe(10);
    },
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { aFakeUpstream, aPlace, start } from '../../support/process.ts';
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

test('a clock that jumps an hour ahead does not let more be sent than the budget allows', async () => {
  const { upstream, env } = await aFakeUpstream();
  const place = await aPlace();
  const file = join(place.cwd, 'jumping-clock.mjs');
  await writeFile(file, jumpingClock);
  const service = await start(place, {
    ...env,
    LEASE_MS: '10000',
    MINIMAX_RPM: '3',
    NODE_OPTIONS: `--import=${file}`,
  });
  for (let count = 0; count < 6; count++) await service.create();
  await until(() => upstream.submits.length === 3);
  const sentAt = performance.now();
  service.child.kill('SIGUSR2');
  await until(() => service.output.stderr.includes('jumped'));
  // Wakes the worker, which looks at the budget.
  const id = await service.create();
  await service.graphql('{ providerStatus { usedInLastMinute } }');
  await until(() => performance.now() - sentAt > 3_000);
  expect(upstream.submits).toHaveLength(3);
  const { generation } = await service.graphql(`{ generation(id: "${id}") { status createdAt } }`);
  expect(generation.status).toBe('QUEUED');
  expect(Math.abs(Date.parse(generation.createdAt) - Date.now())).toBeLessThan(60_000);
});

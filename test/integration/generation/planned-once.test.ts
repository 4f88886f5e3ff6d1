import { expect, test } from '@jest/globals';
import { openDatabase } from '../../../src/database/database.ts';
import { cursorOf, listGenerations, newestFirst } from '../../../src/generation/finding/list.ts';
import { createServerDatabase, silent } from '../../support/database.ts';
import { fillWithGenerations } from '../../support/many-generations.ts';

const onServer = globalThis.databaseUrl === undefined ? test.skip : test;

onServer('lists along an index are planned once for a connection', async () => {
  const { url, drop } = await createServerDatabase({ migrated: true });
  await fillWithGenerations(url, 5_000, { prompt: 'Boat', traceId: 'wanted' });
  const database = await openDatabase({ url, dataDir: '', logger: silent, poolSize: 1 });
  const wanted = { fields: ['prompt'] } as const;
  const own = { OR: [{ callerId: 'shop' }] };
  for (let time = 0; time < 8; time++) {
    const list = (filter: object, visible: object, after?: string) =>
      listGenerations(database, filter, newestFirst, { first: 50, after }, visible, wanted);
    await list({}, {});
    await list({ status: ['SUCCEEDED'] }, {});
    await list({ status: ['SUCCEEDED'] }, own);
    const { rows } = await list({}, own);
    await list({}, own, cursorOf(rows[time]!, newestFirst));
  }
  const { rows } = await database.pool.query<{ planned: number }>(
    `SELECT custom_plans::int AS planned FROM pg_prepared_statements WHERE name LIKE 'list%'`,
  );
  // PostgreSQL compares after five; what has no parameters it needs not.
  expect(rows.map(({ planned }) => planned).sort()).toEqual([0, 5, 5, 5, 5]);
  await database.close();
  await drop();
});

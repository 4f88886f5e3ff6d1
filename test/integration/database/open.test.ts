import { expect, test } from '@jest/globals';
import { openTestDatabase } from '../../support/database.ts';

test('opens', async () => {
  const t = Date.now();
  const db = await openTestDatabase();
  console.log(db.kind, Date.now() - t);
  expect(await db.prisma.videoGeneration.count()).toBe(0);
  await db.close();
});

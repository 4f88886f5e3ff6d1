import { describe, expect, test } from '@jest/globals';
import { keysOf } from '../../support/app.ts';
import { withoutTriggers } from '../../support/database.ts';
import {
  aGeneration,
  app,
  found,
  prisma,
  puttingBack,
  reckonAnew,
  shareLog,
} from '../../support/tampering.ts';

describe('the record of a submission', () => {
  const log = shareLog(2);

  test.each([
    `DELETE FROM submission`,
    `TRUNCATE submission`,
    `UPDATE submission SET list_price = 0`,
    `UPDATE submission SET caller_id = 'somebody else'`,
    `UPDATE submission SET outcome = 'REFUSED', task_id = NULL`,
    `UPDATE submission SET task_id = '123'`,
    `UPDATE submission SET settled_by = 'somebody else'`,
  ])('is guarded against %s', async (change) => {
    await expect(prisma.$executeRawUnsafe(change)).rejects.toThrow(
      /cannot be removed or rewritten/,
    );
  });

  test.each([
    `DELETE FROM submission`,
    `UPDATE submission SET list_price = 0`,
    `UPDATE submission SET list_price = NULL`,
    `UPDATE submission SET currency = 'JPY'`,
    `UPDATE submission SET simulated = NOT simulated`,
    `UPDATE submission SET caller_id = 'somebody else'`,
    `UPDATE submission SET caller_id = 'somebody else', reason = 'RESUBMIT'`,
    `UPDATE submission SET outcome = 'REFUSED'`,
    `UPDATE submission SET task_id = NULL`,
    `UPDATE submission SET task_id = '123'`,
    `UPDATE submission SET id = gen_random_uuid()`,
    `UPDATE submission SET claimed_at = claimed_at - interval '40 days'`,
    `UPDATE submission SET account_id = 'another'`,
    `UPDATE submission SET api_generation = 2`,
  ])('is found after %s past the guard', async (change) => {
    const id = log.last();
    await puttingBack('submission', async () => {
      await withoutTriggers(prisma, `${change} WHERE generation_id = '${id}'`);
      expect(await found()).toMatchObject({
        generationId: id,
        reason: 'GENERATION_CHANGED',
        detail: expect.stringContaining('the records of its submissions'),
      });
    });
  });

  // As for the end of a chain: docs/audit.md says that nothing finds it.
  test.each([
    `account_name = 'another'`,
    `number = 7`,
    `body_hash = 'ff'`,
    `sent_at = NULL, answered_at = NULL, settled_at = NULL`,
    `settled_by = 'somebody else'`,
  ])('is not found with %s past the guard', async (change) => {
    await puttingBack('submission', async () => {
      await withoutTriggers(prisma, `UPDATE submission SET ${change}`);
      expect(await found()).toBeNull();
    });
  });
});

describe('the record of a submission', () => {
  test('is found with another caller than ordered that it be sent again', async () => {
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    const id = await aGeneration();
    const { secret } = await keysOf(app).create(
      { callerId: 'root', name: '', role: 'ADMIN', tenant: null, expiresAt: null },
      null,
    );
    await app.graphql(
      `mutation { resubmitVideoGeneration(id: "${id}", version: 3) { userErrors { code } } }`,
      {},
      { authorization: `Bearer ${secret}` },
    );
    await app.worker.runOnce();
    const records = await prisma.submission.findMany({ orderBy: { number: 'asc' } });
    expect(records).toMatchObject([{ reason: 'FIRST' }, { reason: 'RESUBMIT', callerId: 'root' }]);
    expect(await found()).toBeNull();
    await withoutTriggers(prisma, `UPDATE submission SET caller_id = 'mallory' WHERE number = 2`);
    expect(await found()).toMatchObject({ generationId: id, reason: 'GENERATION_CHANGED' });
  });

  test('is found when it is gone and nobody knew what came of it', async () => {
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    const id = await aGeneration();
    expect(await prisma.submission.findMany()).toMatchObject([{ outcome: 'UNKNOWN' }]);
    expect(await found()).toBeNull();
    await withoutTriggers(prisma, `DELETE FROM submission`);
    expect(await found()).toMatchObject({ generationId: id, reason: 'GENERATION_CHANGED' });
  });

  // As for the end of a chain: docs/audit.md says that nothing finds it.
  test('is not found when what nobody knew is called refused', async () => {
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    await aGeneration();
    await prisma.$executeRawUnsafe(`UPDATE submission SET outcome = 'REFUSED'`);
    expect(await found()).toBeNull();
  });

  test('is not missed for events of before there were records', async () => {
    const id = await aGeneration();
    await withoutTriggers(
      prisma,
      `UPDATE audit_event SET detail = NULL WHERE action = 'SUBMISSION_SENT'`,
      `DELETE FROM submission`,
      reckonAnew(id),
    );
    expect(await found()).toBeNull();
  });
});

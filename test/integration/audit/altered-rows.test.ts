import { describe, expect, test } from '@jest/globals';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import { step } from '../../support/app.ts';
import { withoutTriggers } from '../../support/database.ts';
import { coded } from '../../support/fake-upstream.ts';
import {
  aGeneration,
  app,
  found,
  prisma,
  puttingBack,
  reckonAnew,
  shareLog,
} from '../../support/tampering.ts';

describe('a row that was altered past the service', () => {
  const log = shareLog(2);

  test.each([
    ['list_price_usd = 0.01', 'what never changes'],
    [`caller_id = 'somebody else'`, 'what never changes'],
    [`tenant = 'another'`, 'what never changes'],
    [`model = 'T2V-01'`, 'what never changes'],
    [`prompt = 'Something else'`, 'prompt, images or tags'],
    [`tags = '{two}'`, 'prompt, images or tags'],
    [`first_frame_image = 'https://example.com/a.png'`, 'prompt, images or tags'],
    [`request_salt = NULL`, 'prompt, images or tags'],
    [`status = 'FAILED'`, 'where it stands'],
    [`task_id = '123'`, 'where it stands'],
    [`redacted_at = now()`, 'where it stands'],
  ])('is found: %s', async (change, detail) => {
    const id = log.last();
    await puttingBack('video_generation', async () => {
      await prisma.$executeRawUnsafe(
        `UPDATE video_generation SET ${change}${/redacted/.test(change) ? ', prompt = NULL' : ''} WHERE id = '${id}'`,
      );
      expect(await found()).toMatchObject({
        generationId: id,
        reason: 'GENERATION_CHANGED',
        detail: expect.stringContaining(detail),
      });
    });
  });
});

describe('a row that was altered past the service', () => {
  // Between two moves: the next event must not take over what somebody else wrote.
  test('is found after a further move', async () => {
    const id = await aGeneration();
    await prisma.$executeRawUnsafe(
      `UPDATE video_generation SET list_price_usd = 0.01 WHERE id = '${id}'`,
    );
    await step(app);
    expect(
      (await prisma.videoGeneration.findUniqueOrThrow({ where: { id } })).version,
    ).toBeGreaterThan(3);
    expect(await found()).toMatchObject({ generationId: id, reason: 'GENERATION_CHANGED' });
  });

  test('is found with its prompt put back after redaction', async () => {
    app.upstream.onSubmit(coded(1026));
    const id = await aGeneration();
    await app.graphql(
      `mutation { redactVideoGeneration(id: "${id}", reason: "asked for") { userErrors { code } } }`,
    );
    const { redactedAt } = await prisma.videoGeneration.findUniqueOrThrow({ where: { id } });
    expect(redactedAt).not.toBeNull();
    expect(await found()).toBeNull();
    await prisma.$executeRawUnsafe(
      `UPDATE video_generation SET prompt = 'Another' WHERE id = '${id}'`,
    );
    expect(await found()).toMatchObject({ detail: 'prompt, images or tags' });
  });

  test.each([
    ['00000000-0000-0000-0000-000000000000', 0],
    ['ffffffff-ffff-ffff-ffff-ffffffffffff', -1],
  ])('is found when it was made up without an event: %s', async (id, version) => {
    await aGeneration();
    // No trigger refuses it.
    await prisma.$executeRawUnsafe(`INSERT INTO video_generation
      SELECT made.* FROM video_generation AS old, jsonb_populate_record(old, jsonb_build_object(
        'id', '${id}', 'version', ${version}, 'idempotency_key', NULL, 'task_id', NULL,
        'callback_token', NULL, 'submission_id', NULL
      )) AS made`);
    expect(await found()).toMatchObject({
      generationId: id,
      sequence: 1,
      reason: 'EVENTS_MISSING_AT_END',
    });
  });

  test.each(['facts_hash', 'content_hash', 'state_hash'])(
    'is found when its events say nothing of it: %s',
    async (column) => {
      const id = await aGeneration();
      const forget = `UPDATE audit_event SET ${column} = NULL WHERE generation_id = '${id}'`;
      await withoutTriggers(
        prisma,
        reckonAnew(id).replace('FOR event IN', `${forget}; FOR event IN`),
      );
      expect(await verifyAuditLog(prisma)).toMatchObject({
        firstBad: { generationId: id, reason: 'GENERATION_CHANGED' },
      });
    },
  );

  test('is found when it is gone and its events are not', async () => {
    const id = await aGeneration();
    await withoutTriggers(prisma, `DELETE FROM video_generation WHERE id = '${id}'`);
    expect(await found()).toMatchObject({ generationId: id, reason: 'GENERATION_MISSING' });
  });
});

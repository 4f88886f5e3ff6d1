import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Checkpoints } from '../../../src/audit/checkpoints.ts';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import { AuditWatch } from '../../../src/audit/watch.ts';
import { startTestApp, type TestApp } from '../../support/app.ts';

// What cannot be looked at is no reason to believe in it.

let app: TestApp;
let prisma: TestApp['database']['prisma'];

beforeEach(async () => {
  app = await startTestApp();
  prisma = app.database.prisma;
});
afterEach(async () => {
  await app.stop();
});

async function aGeneration(): Promise<string> {
  const { generation } = await app.create();
  return generation.id;
}

describe('a row of which no hash can be made', () => {
  test.each([`completed_at = 'infinity'`, `created_at = '-infinity'`])(
    'is named: %s',
    async (change) => {
      await aGeneration();
      const id = await aGeneration();
      await aGeneration();
      await prisma.$executeRawUnsafe(`UPDATE video_generation SET ${change} WHERE id = '${id}'`);
      expect((await verifyAuditLog(prisma)).firstBad).toMatchObject({
        generationId: id,
        reason: 'GENERATION_CHANGED',
      });
    },
  );

  test('hides no other one', async () => {
    const forged = await aGeneration();
    // The other one comes after it.
    app.clock.advance(1_000);
    const id = await aGeneration();
    await prisma.$executeRawUnsafe(
      `UPDATE video_generation SET completed_at = 'infinity' WHERE id = '${id}'`,
    );
    await prisma.$executeRawUnsafe(
      `UPDATE video_generation SET prompt = 'forged' WHERE id = '${forged}'`,
    );
    expect((await verifyAuditLog(prisma)).firstBad).toMatchObject({ generationId: forged });
  });
});

describe('a look that fails', () => {
  const ask = async () =>
    (await app.graphql('{ verifyAuditLog { ok failure running finishedAt firstBad { reason } } }'))
      .data.verifyAuditLog;
  const rename = (from: string, to: string) =>
    prisma.$executeRawUnsafe(`ALTER TABLE video_archive RENAME COLUMN ${from} TO ${to}`);
  const told = {
    ok: false,
    running: false,
    firstBad: null,
    failure:
      'The audit log could not be looked at to its end: nothing is known of how it is now. The service’s log says why.',
  };

  test.each([
    ['when none was ever finished', false],
    ['after one that was', true],
  ])('is told of, and an alarm: %s', async (_, before) => {
    await aGeneration();
    if (before) expect(await ask()).toMatchObject({ ok: true, failure: null });
    await rename('bytes', 'other');
    const answer = await ask();
    await rename('other', 'bytes');
    expect(answer).toEqual({ ...told, finishedAt: before ? expect.any(String) : null });
    expect(app.logLines.join('')).toContain('AUDIT ALARM: the audit log could not be looked at');
    expect(await ask()).toMatchObject({ ok: true, failure: null });
  });

  test('in an outage is an alarm only when the next one fails too', async () => {
    const away = () => Promise.reject(Object.assign(new Error('away'), { code: 'P1001' }));
    const levels: string[] = [];
    const note = (level: string) => () => void levels.push(level);
    const watch = new AuditWatch({
      prisma: new Proxy({}, { get: () => away }) as typeof prisma,
      checkpoints: { latest: undefined } as unknown as Checkpoints,
      log: { info: note('info'), warn: note('warn'), error: note('error') },
      now: app.clock.now,
    });
    expect(await watch.look()).toMatchObject({ ok: false, failure: told.failure });
    expect(levels).toEqual(['warn']);
    await watch.look();
    expect(levels).toEqual(['warn', 'error']);
    await watch.stop();
  });
});

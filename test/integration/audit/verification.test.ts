import { describe, expect, test } from '@jest/globals';
import { Checkpoints } from '../../../src/audit/checkpoints.ts';
import { AuditLog } from '../../../src/audit/log.ts';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import { step } from '../../support/app.ts';
import { callersOf } from '../../support/callers.ts';
import { silent, withoutTriggers } from '../../support/database.ts';
import { coded } from '../../support/fake-upstream.ts';
import { aGeneration, app, eventsOf, prisma, puttingBack } from '../../support/tampering.ts';

// By a service that has no key: nothing is signed, and nothing is trusted.

const { key } = callersOf(() => app);

const verify = () => verifyAuditLog(prisma);
const seal = () => new Checkpoints({ prisma, log: silent, now: app.clock.now }).make();

describe('verification', () => {
  test('finds nothing in a log that was left alone', async () => {
    await key('someone');
    await prisma.apiKey.deleteMany();
    for (let count = 0; count < 3; count++) await aGeneration();
    app.upstream.onSubmit(coded(1026));
    await aGeneration();
    await step(app);
    const { checked, ...rest } = await verify();
    expect(rest).toEqual({
      ok: true,
      firstBad: null,
      checkpoint: null,
      signature: null,
      since: null,
      unbound: 0,
      unjudged: null,
    });
    expect(checked).toBe(await prisma.auditEvent.count());
  });

  // A column that the hash did not cover could be altered at will.
  test('notices a change of any column', async () => {
    const id = await aGeneration();
    const [, event] = await eventsOf(id);
    const columns = await prisma.$queryRaw<{ name: string; type: string }[]>`
      SELECT column_name::text AS name, udt_name::text AS type FROM information_schema.columns
      WHERE table_name = 'audit_event' AND table_schema = current_schema()
        AND is_generated = 'NEVER'`;
    const changed: Record<string, string> = {
      text: `'x'`,
      int4: '12345',
      float8: '12345678',
      uuid: 'gen_random_uuid()',
      timestamptz: `'2020-01-01T00:00:00Z'`,
      jsonb: `'{"a": null}'`,
      video_generation_status: `'CANCELLED'`,
    };
    expect(columns.length).toBeGreaterThanOrEqual(20);
    for (const { name, type } of columns) {
      await puttingBack('audit_event', async () => {
        await withoutTriggers(
          prisma,
          `UPDATE audit_event SET ${name} = ${changed[type]!} WHERE id = '${event!.id}'`,
        );
        expect([name, (await verify()).ok]).toEqual([name, false]);
      });
    }
    // It was that one column each time: all are as they were.
    expect(await verify()).toMatchObject({ ok: true });
  });

  test('names an event of which one byte was changed', async () => {
    await aGeneration();
    const id = await aGeneration();
    const [, , event] = await eventsOf(id);
    await withoutTriggers(
      prisma,
      `UPDATE audit_event SET trace_id = trace_id || ' ' WHERE id = '${event!.id}'`,
    );
    expect(await verify()).toMatchObject({
      ok: false,
      firstBad: { eventId: event!.id, generationId: id, sequence: 3, reason: 'EVENT_CHANGED' },
    });
  });

  test('names the event after one that was altered and given a new hash', async () => {
    const id = await aGeneration();
    const [, second, third] = await eventsOf(id);
    await withoutTriggers(
      prisma,
      `UPDATE audit_event SET ip = '10.0.0.1' WHERE id = '${second!.id}'`,
      `UPDATE audit_event AS event SET hash = audit_event_hash(event, previous.hash)
       FROM audit_event AS previous WHERE event.id = '${second!.id}'
         AND previous.generation_id = event.generation_id AND previous.sequence = 1`,
    );
    expect((await verify()).firstBad).toMatchObject({
      eventId: third!.id,
      reason: 'EVENT_CHANGED',
    });
  });

  test('names a removed event', async () => {
    const id = await aGeneration();
    const [, second, third] = await eventsOf(id);
    await withoutTriggers(prisma, `DELETE FROM audit_event WHERE id = '${second!.id}'`);
    expect((await verify()).firstBad).toEqual({
      eventId: third!.id,
      generationId: id,
      sequence: 2,
      reason: 'EVENT_MISSING',
      detail: null,
    });
  });

  test('names the first of two that were swapped', async () => {
    const id = await aGeneration();
    const [, second, third] = await eventsOf(id);
    const place = (event: typeof second, sequence: number) =>
      `UPDATE audit_event SET sequence = ${sequence} WHERE id = '${event!.id}'`;
    await withoutTriggers(prisma, place(second, 99), place(third, 2), place(second, 3));
    expect((await verify()).firstBad).toMatchObject({
      eventId: third!.id,
      sequence: 2,
      reason: 'EVENT_CHANGED',
    });
  });

  test('names the place where the tail was cut off', async () => {
    const id = await aGeneration();
    await withoutTriggers(
      prisma,
      `DELETE FROM audit_event WHERE generation_id = '${id}' AND sequence >= 2`,
    );
    expect((await verify()).firstBad).toEqual({
      eventId: null,
      generationId: id,
      sequence: 2,
      reason: 'EVENTS_MISSING_AT_END',
      detail: null,
    });
  });

  test('names a removed and an altered event that belong to no generation', async () => {
    const audit = new AuditLog({ prisma, log: silent, now: app.clock.now });
    for (let count = 0; count < 3; count++) await audit.record({ action: 'SIGN_IN_REFUSED' });
    const [, second, third] = await eventsOf(null);
    await withoutTriggers(
      prisma,
      `UPDATE audit_event SET ip = '10.0.0.1' WHERE id = '${third!.id}'`,
    );
    expect((await verify()).firstBad).toMatchObject({ eventId: third!.id, generationId: null });
    await withoutTriggers(prisma, `DELETE FROM audit_event WHERE id = '${second!.id}'`);
    expect((await verify()).firstBad).toMatchObject({ sequence: 2, reason: 'EVENT_MISSING' });
  });

  test('looks past the first thousand', async () => {
    await prisma.$executeRaw`INSERT INTO audit_event (id, occurred_at, action)
      SELECT gen_random_uuid(), ${app.clock.now()}, 'SIGN_IN_REFUSED' FROM generate_series(1, 1500)`;
    expect(await verify()).toMatchObject({ ok: true, checked: 1500 });
    await withoutTriggers(prisma, `UPDATE audit_event SET ip = 'x' WHERE sequence = 1400`);
    expect(await verify()).toMatchObject({ checked: 1400, firstBad: { sequence: 1400 } });
  });

  test('is for auditors and admins', async () => {
    const query =
      '{ verifyAuditLog { ok checked firstBad { reason } checkpoint { sequence hash } } }';
    const as = async (role: 'CLIENT' | 'AUDITOR') => {
      const { secret } = await key(role, { role });
      return () => app.graphql(query, {}, { authorization: `Bearer ${secret}` });
    };
    const [client, auditor] = [await as('CLIENT'), await as('AUDITOR')];
    expect((await client()).errors![0].extensions.code).toBe('FORBIDDEN');
    expect((await auditor()).data.verifyAuditLog).toEqual({
      ok: true,
      checked: 2,
      firstBad: null,
      checkpoint: null,
    });
  });
});

describe('a checkpoint', () => {
  test('seals what has happened, each time from the one before', async () => {
    expect(await seal()).toBeNull();
    await aGeneration();
    expect(await seal()).toMatchObject({ id: 1, eventCount: 3, totalCount: 3 });
    expect(await seal()).toBeNull();
    await aGeneration();
    const made = await Promise.all([seal(), seal()]);
    expect(made.filter(Boolean)).toMatchObject([{ id: 2 }]);
    expect(await verify()).toMatchObject({ ok: true, checkpoint: { id: 2 } });
  });

  // What a chain cannot show: everything of a generation, or its whole chain, replaced.
  test('shows that a generation was removed with all its events', async () => {
    const id = await aGeneration();
    await seal();
    await withoutTriggers(
      prisma,
      `DELETE FROM audit_event WHERE generation_id = '${id}'`,
      `DELETE FROM video_generation WHERE id = '${id}'`,
    );
    expect((await verify()).firstBad).toMatchObject({
      sequence: 1,
      reason: 'CHECKPOINT_MISMATCH',
    });
  });
});

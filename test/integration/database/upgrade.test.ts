import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { aFakeUpstream, aPlace, start, undo } from '../../support/process.ts';

const onServer = globalThis.databaseUrl === undefined ? describe.skip : describe;

onServer('an upgrade', () => {
  test('leaves the servers of the version before at work, and lets them start again', async () => {
    const { upstream, env } = await aFakeUpstream();
    const place = await aPlace();
    const more = { ...env, LEASE_MS: '5000', MINIMAX_RPM: '600' };
    const before = await start(place, more);
    await before.until(await before.create(), ['PROCESSING', 'SUCCEEDED']);
    // What a later version adds, as docs/development.md allows it.
    const client = new pg.Client({ connectionString: place.env['DATABASE_URL']! });
    await client.connect();
    undo.push(() => client.end());
    await client.query(`
      ALTER TABLE video_generation ADD COLUMN later text, ADD COLUMN counted int NOT NULL DEFAULT 0;
      ALTER TABLE submission ADD COLUMN later text;
      ALTER TABLE audit_event ADD COLUMN later text;
      ALTER TABLE api_key ADD COLUMN later jsonb;
      ALTER TABLE webhook_delivery ADD COLUMN later boolean NOT NULL DEFAULT false;
      CREATE TABLE later (id int PRIMARY KEY);
      INSERT INTO _prisma_migrations
        (id, checksum, migration_name, finished_at, applied_steps_count)
        VALUES ('later', 'of a later version', '9999_later', now(), 1)`);
    const again = await start(place, more);
    expect(again.output.stdout).toContain('The database has a migration that this version lacks');
    for (const service of [before, again]) {
      await service.until(await service.create(), ['PROCESSING', 'SUCCEEDED']);
      expect(service.output.stdout).not.toContain('unexpected error');
    }
    expect(upstream.submits).toHaveLength(3);
    const { verifyAuditLog } = await again.graphql('{ verifyAuditLog { ok } }');
    expect(verifyAuditLog).toEqual({ ok: true });
  });
});

import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { aPlace, aPlaceWithout, launchCommand, start, undo } from '../../support/process.ts';

test('service-role exits with 2 when no role is named, with 1 where there are no roles', async () => {
  const place = await aPlaceWithout();
  const unnamed = [[], ['--help'], ['one', 'two']];
  const launched = unnamed.map((args) => launchCommand(place, ['service-role', ...args]));
  const roleless = launchCommand(place, ['service-role', 'reel']);
  for (const { ended, output } of launched) {
    expect(await ended).toBe(2);
    expect(output).toEqual({
      stdout: '',
      stderr: expect.stringContaining('npm run service-role -- ROLE'),
    });
  }
  expect(await roleless.ended).toBe(1);
  expect(roleless.output).toEqual({
    stdout: '',
    stderr: expect.stringContaining('DATABASE_URL is required'),
  });
}, 60_000);

(globalThis.databaseUrl === undefined ? describe.skip : describe)(
  'service-role on a server',
  () => {
    test('makes a role that the service can sign in as, and refuses one that may more', async () => {
      const place = await aPlace();
      const url = new URL(place.env['DATABASE_URL']!);
      const client = new pg.Client({ connectionString: url.href });
      await client.connect();
      undo.push(() => client.end());
      const role = `reelgraph_service_${randomUUID().slice(0, 8)}`;
      // A second time as with a new version.
      for (let times = 0; times < 2; times += 1) {
        const { ended, output } = launchCommand(place, ['service-role', role]);
        expect([await ended, output.stderr]).toEqual([0, '']);
        expect(output.stdout).toContain(`The service may sign in as ${role}.`);
      }
      undo.push(() => client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`));
      const refused = launchCommand(place, ['service-role', decodeURIComponent(url.username)]);
      url.username = role;
      const service = await start(
        { ...place, env: { DATABASE_URL: url.href } },
        { SIMULATOR: 'on' },
      );
      await service.until(await service.create(), ['PROCESSING', 'SUCCEEDED']);
      const { verifyAuditLog } = await service.graphql('{ verifyAuditLog { ok } }');
      expect(verifyAuditLog).toEqual({ ok: true });

      expect(await refused.ended).toBe(1);
      expect(refused.output).toEqual({
        stdout: '',
        stderr: expect.stringContaining('choose another name'),
      });
    }, 120_000);
  },
);

import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  aPlaceWithout,
  anEmbeddedPlace,
  keep,
  launch,
  listening,
  start,
  type Launched,
} from '../../support/process.ts';

describe('a start that cannot succeed ends with exit code 1 and a sentence', () => {
  let unanswered: Launched;
  beforeAll(async () => {
    // It waits ten seconds for the server to come up, in which the others have their turn.
    unanswered = await keep(async () =>
      launch(await aPlaceWithout(), {
        DATABASE_URL: 'postgres://reel:hunter2@127.0.0.1:1/videos',
      }),
    );
  });

  test('that lists every problem of the configuration', async () => {
    const { ended, output } = launch(await aPlaceWithout(), {
      PORT: 'hunter2',
      LEASE_MS: '1',
      SIMULATOR: 'off',
    });
    expect(await ended).toBe(1);
    expect(output).toEqual({
      stdout: '',
      stderr: `The configuration has 3 problem(s):
  - PORT must be a whole number
  - LEASE_MS must lie between 1000 and 60000
  - MINIMAX_API_KEY is required when SIMULATOR is off
`,
    });
  });

  test('that names each trusted document that does not fit, before anything is opened', async () => {
    const place = await aPlaceWithout();
    const id = 'a'.repeat(64);
    await writeFile(join(place.cwd, 'documents.json'), JSON.stringify({ [id]: '{ nothing }' }));
    const { ended, output } = launch(place, { TRUSTED_DOCUMENTS: 'documents.json' });
    expect(await ended).toBe(1);
    expect(output).toEqual({
      stdout: '',
      stderr: `TRUSTED_DOCUMENTS names a file whose documents do not fit the schema:
  - document ${id}: Cannot query field "nothing" on type "Query".
`,
    });
  });

  test('when another program has the port', async () => {
    const port = await listening(createServer());
    const { ended, output } = launch(await aPlaceWithout(), { PORT: String(port) });
    expect(await ended).toBe(1);
    expect(output.stderr).toBe(
      `Port ${port} is in use by another program: set PORT to a free one.\n`,
    );
  });

  test('when the database server refuses the password, which it does not repeat', async () => {
    const refusal = ['SFATAL', 'C28P01', 'Mpassword authentication failed for user "reel"', ''];
    const fields = Buffer.from(refusal.map((field) => `${field}\0`).join(''));
    const head = Buffer.from('E\0\0\0\0');
    head.writeInt32BE(fields.length + 4, 1);
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(Buffer.concat([head, fields])));
    });
    const port = await listening(server);
    const { ended, output } = launch(await aPlaceWithout(), {
      DATABASE_URL: `postgres://reel:hunter2@127.0.0.1:${port}/videos`,
    });
    expect(await ended).toBe(1);
    expect(output.stderr).toMatch(
      new RegExp(`^Cannot connect to PostgreSQL at 127.0.0.1:${port}, database videos: .*\n$`),
    );
    expect(output.stdout + output.stderr).not.toContain('hunter2');
  });

  test('when another process uses the data directory', async () => {
    const place = await anEmbeddedPlace();
    const first = await start(place);
    const second = launch(place);
    expect(await second.ended).toBe(1);
    expect(second.output.stderr).toMatch(/^Another process \(process id \d+\) is using .*\n$/);
    expect(second.output.stderr).toContain(`process id ${first.child.pid})`);
    expect(second.output.stderr).toContain('DATABASE_URL');
    expect(await first.until(await first.create(), ['PROCESSING'])).toBeTruthy();
  });

  test('when no database server answers', async () => {
    const { ended, output } = unanswered;
    expect(await ended).toBe(1);
    expect(output.stderr).toMatch(
      /^Cannot connect to PostgreSQL at 127.0.0.1:1, database videos: .*\n$/,
    );
    expect(output.stdout + output.stderr).not.toContain('hunter2');
  });
});

import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { startTestApp, type TestApp } from '../../support/app.ts';
import { withoutTriggers } from '../../support/database.ts';
import { exportsOf, fetchText } from '../../support/exports.ts';

// Of so much that it is on its way for a while.

let app: TestApp;
let prisma: TestApp['database']['prisma'];

const { exportOf, downloads, fill } = exportsOf(() => app);

/** Some 24 MB, of six pages (rows.ts). */
const large = 1_200;

beforeAll(async () => {
  app = await startTestApp();
  prisma = app.database.prisma;
  await fill(large, 'local');
  await app.stop();
});
beforeEach(async () => {
  app = await startTestApp({ database: app.database });
});
afterEach(async () => {
  await app.stop();
  // All but what there was before the test.
  await withoutTriggers(
    prisma,
    ...['audit_event', 'export', 'submission'].map((table) => `DELETE FROM ${table}`),
    `DELETE FROM video_generation WHERE version > 0`,
  );
});

describe('an export of generations', () => {
  test('ends with the newest of the moment at which it began', async () => {
    const { body } = await request(
      await exportOf('Generations', { filter: { model: ['T2V-01'] } }),
    );
    const { generation } = await app.create({ model: 'T2V-01', duration: 6, resolution: '720P' });
    const text = await body.text();
    expect(text.split('\n')).toHaveLength(large + 1);
    expect(text).not.toContain(generation.id);
  });
});

describe('the audit log', () => {
  test('tells of a download that the client broke off, which reads no further', async () => {
    const { body } = await request(await exportOf('Generations'));
    body.on('error', () => undefined);
    body.destroy();
    const [event] = await downloads(1);
    expect(event!.detail).toMatchObject({ completed: false });
    expect((event!.detail as { rows: number }).rows).toBeLessThan(large);
  });
});

describe('a download', () => {
  test('that fails on the way breaks the connection, so that nobody takes a part for the whole', async () => {
    const { body, statusCode } = await request(await exportOf('Generations'));
    expect(statusCode).toBe(200);
    await prisma.$executeRaw`ALTER TABLE video_generation RENAME COLUMN prompt TO gone`;
    try {
      await expect(body.text()).rejects.toThrow();
      const [event] = await downloads(1);
      expect(event!.detail).toMatchObject({ completed: false });
    } finally {
      await prisma.$executeRaw`ALTER TABLE video_generation RENAME COLUMN gone TO prompt`;
    }
    expect(app.logLines.join('')).toContain('an export failed on the way');
  });

  test('waits for a place when four are under way', async () => {
    const url = await exportOf('Generations');
    const bodies = await Promise.all([1, 2, 3, 4].map(async () => (await request(url)).body));
    const busy = await fetchText(url);
    expect(busy.status).toBe(503);
    expect(busy.headers['retry-after']).toBe('10');
    expect(JSON.parse(busy.text).errors[0].extensions.code).toBe('TOO_MANY_DOWNLOADS');
    expect((await fetchText(`${url}x`)).status).toBe(404);
    for (const body of bodies) await body.dump({ limit: Infinity });
    await downloads(4);
    expect((await fetchText(url)).status).toBe(200);
  });

  test('does not keep others from their answers', async () => {
    const { body } = await request(await exportOf('Generations'));
    expect((await app.graphql('{ me { callerId } }')).data).toEqual({ me: { callerId: 'local' } });
    expect((await app.create()).userErrors).toEqual([]);
    expect((await body.text()).split('\n')).toHaveLength(large + 1);
  });
});

import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import type { NewApiKey } from '../../../src/access/api-keys.ts';
import { AuditLog } from '../../../src/audit/log.ts';
import { Exports } from '../../../src/export/exports.ts';
import { createLogger } from '../../../src/logger.ts';
import { keysOf, startTestApp, step, usualInput, type TestApp } from '../../support/app.ts';
import { silent } from '../../support/database.ts';
import { exportsOf, fetchText, type Headers } from '../../support/exports.ts';
import { coded } from '../../support/fake-upstream.ts';

let app: TestApp;
let prisma: TestApp['database']['prisma'];

beforeEach(async () => {
  app = await startTestApp({ upstream: { processingAnswers: 0 } });
  prisma = app.database.prisma;
});
afterEach(async () => {
  await app.stop();
});

const { exportOf, eventsOf, downloads, fill } = exportsOf(() => app);

async function signedIn(callerId: string, more: Partial<NewApiKey> = {}): Promise<Headers> {
  const { secret } = await keysOf(app).create(
    { callerId, name: callerId, role: 'CLIENT', tenant: null, expiresAt: null, ...more },
    null,
  );
  return { authorization: `Bearer ${secret}` };
}

async function createdBy(headers: Headers, prompt = 'a boat'): Promise<string> {
  const { data } = await app.graphql(
    `mutation C($input: CreateVideoGenerationInput!) { createVideoGeneration(input: $input) { generation { id } } }`,
    { input: { ...usualInput, prompt } },
    headers,
  );
  return data.createVideoGeneration.generation.id;
}

/* eslint-disable @typescript-eslint/no-explicit-any */
async function rowsOf(url: string): Promise<any[]> {
  const { status, text } = await fetchText(url);
  expect(status).toBe(200);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
/* eslint-enable */

/** RFC 4180, read without leniency. */
function readCsv(text: string): string[][] {
  const lines: string[][] = [];
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/y;
  let line: string[] = [];
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    if (!found) throw new Error('not RFC 4180');
    const [, value, end] = found;
    line.push(value!.startsWith('"') ? value!.slice(1, -1).replaceAll('""', '"') : value!);
    if (end === '\r\n') {
      lines.push(line);
      line = [];
    }
  }
  return lines;
}

describe('an export of generations', () => {
  test('has all of them, oldest first, with what an auditor wants and nothing secret', async () => {
    const first = (await app.create({ prompt: 'the first' })).generation.id;
    app.clock.advance(10);
    app.upstream.onSubmit(coded(1026, 'flagged'));
    const second = (
      await app.create({
        model: 'MiniMax-Hailuo-02',
        firstFrameImage: 'https://images.example.com/a.jpg?X-Amz-Signature=abc',
      })
    ).generation.id;
    await step(app);
    const rows = await rowsOf(await exportOf('Generations'));
    expect(rows.map(({ id }) => id)).toEqual([first, second]);
    expect(rows[0]).toMatchObject({
      createdAt: expect.stringMatching(/Z$/),
      callerId: 'local',
      tenant: null,
      status: 'SUCCEEDED',
      prompt: 'the first',
      duration: 6,
      resolution: '768P',
      statusCode: 0,
      listPriceUsd: 0.28,
      taskId: expect.any(String),
      traceId: expect.any(String),
      completedAt: expect.stringMatching(/Z$/),
    });
    expect(rows[1]).toMatchObject({
      status: 'FAILED',
      statusCode: 1026,
      statusMessage: 'flagged',
      failureKind: 'INPUT_FLAGGED',
      firstFrameImage: 'https://images.example.com/a.jpg',
    });
    const keys = Object.keys(rows[0]);
    for (const secret of ['videoUrl', 'callbackToken', 'leaseToken', 'inputHash', 'requestSalt']) {
      expect(keys).not.toContain(secret);
    }
  });

  test('is a CSV file with a name, in which no text is a formula', async () => {
    const prompt = '=HYPERLINK("http://evil.example/", "x"),\r\n"quoted"';
    await app.create({ prompt });
    const { data } = await app.graphql('mutation { exportGenerations { url expiresAt format } }');
    const { url, expiresAt, format } = data.exportGenerations;
    expect(format).toBe('CSV');
    expect(new Date(expiresAt).getTime() - app.clock.now().getTime()).toBe(15 * 60_000);
    expect(url).toMatch(/^http:\/\/localhost:\d+\/exports\/[\da-f-]{36}\?token=[\w-]{32}$/);
    const { headers, text } = await fetchText(url);
    expect(headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': expect.stringMatching(
        /^attachment; filename="generations-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.csv"$/,
      ),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const [header, row, ...more] = readCsv(text);
    expect(more).toEqual([]);
    const shown = Object.fromEntries(header!.map((name, index) => [name, row![index]]));
    expect(shown).toMatchObject({ prompt: `'${prompt}`, duration: '6', listPriceUsd: '0.28' });
    const [raw] = await rowsOf(await exportOf('Generations'));
    expect(raw.prompt).toBe(prompt);
  });

  test('has what matches the filter, also by time, and refuses what `generations` refuses', async () => {
    const early = (await app.create()).generation.id;
    app.clock.advance(60_000);
    const from = app.clock.now().toISOString();
    await app.create();
    const rows = async (filter: object) => await rowsOf(await exportOf('Generations', { filter }));
    expect(await rows({ createdAt: { to: from } })).toMatchObject([{ id: early }]);
    expect(await rows({ not: { createdAt: { from } } })).toMatchObject([{ id: early }]);
    expect(await rows({ status: ['CANCELLED'] })).toEqual([]);
    const deep = { not: { not: { not: { not: { not: { not: { model: ['x'] } } } } } } };
    await expect(exportOf('Generations', { filter: deep })).rejects.toThrow('BAD_USER_INPUT');
    expect(await prisma.export.count()).toBe(3);
  });

  test('goes on over many pages without losing or repeating one', async () => {
    await fill(900, 'local');
    const rows = await rowsOf(await exportOf('Generations'));
    const ids = rows.map(({ id }) => id as string);
    expect(ids).toHaveLength(900);
    expect(ids).toEqual([...new Set(ids)].toSorted());
  });

  test('of a redacted one has no prompt', async () => {
    app.upstream.onSubmit(coded(1026));
    const { generation } = await app.create();
    const url = await exportOf('Generations');
    await app.graphql(
      `mutation { redactVideoGeneration(id: "${generation.id}", reason: "x") { generation { id } } }`,
    );
    expect(await rowsOf(url)).toMatchObject([
      { id: generation.id, prompt: null, redactedAt: app.clock.now().toISOString() },
    ]);
  });
});

describe('who gets what', () => {
  test('a client gets its own and its tenant’s, whoever downloads it', async () => {
    const mine = await signedIn('me', { tenant: 'studio' });
    const peer = await signedIn('peer', { tenant: 'studio' });
    const stranger = await signedIn('stranger');
    const admin = await signedIn('boss', { role: 'ADMIN' });
    const ids = [await createdBy(mine), await createdBy(peer)];
    const foreign = await createdBy(stranger);
    const seen = async (headers: Headers, filter?: object) =>
      (await rowsOf(await exportOf('Generations', { headers, ...(filter && { filter }) }))).map(
        ({ id }) => id,
      );
    expect(await seen(mine)).toEqual(ids.toSorted());
    expect(await seen(stranger)).toEqual([foreign]);
    expect(await seen(mine, { id: [foreign] })).toEqual([]);
    expect(await seen(mine, { or: [{ id: [foreign] }, { model: [usualInput.model] }] })).toEqual(
      ids.toSorted(),
    );
    expect(await seen(admin)).toEqual([...ids, foreign].toSorted());
  });

  test('events are for auditors and admins', async () => {
    const client = await signedIn('me');
    await expect(exportOf('AuditEvents', { headers: client })).rejects.toThrow('FORBIDDEN');
    for (const role of ['AUDITOR', 'ADMIN'] as const) {
      const headers = await signedIn(role, { role });
      expect(await rowsOf(await exportOf('AuditEvents', { headers }))).not.toEqual([]);
    }
  });

  test('nobody gets one without signing in', async () => {
    await signedIn('me');
    await expect(exportOf('Generations')).rejects.toThrow('UNAUTHENTICATED');
  });
});

describe('an export of events', () => {
  test('can be checked without the database', async () => {
    await app.create({ prompt: 'Zürich "at" dusk' });
    await app.create();
    await step(app);
    for (const format of ['NDJSON', 'CSV']) {
      const { text } = await fetchText(await exportOf('AuditEvents', { format }));
      const [header, ...lines] = format === 'CSV' ? readCsv(text) : [[]];
      const events =
        format === 'CSV'
          ? lines.map((line) => Object.fromEntries(line.map((value, index) => [header![index], value])))
          : text.split('\n').slice(0, -1).map((line) => JSON.parse(line)); // prettier-ignore
      expect(events.length).toBeGreaterThan(8);
      // As docs/audit.md says that it is done.
      events.sort((a, b) => Number(a.sequence) - Number(b.sequence));
      const latest = new Map<string, string>();
      for (const { generationId, content, hash, id } of events) {
        const told = JSON.parse(content);
        expect(told).toMatchObject({ id });
        const chain = generationId || `lane ${told.lane ?? 0}`;
        const previous = latest.get(chain) ?? generationId ?? '';
        expect(createHash('sha256').update(`${previous} ${content}`).digest('hex')).toBe(hash);
        latest.set(chain, hash);
      }
    }
  });

  test('has what matches the filter', async () => {
    const { generation } = await app.create();
    await app.create();
    const rows = await rowsOf(
      await exportOf('AuditEvents', {
        filter: { generationId: generation.id, action: ['GENERATION_CREATED'] },
      }),
    );
    expect(rows).toMatchObject([
      {
        action: 'GENERATION_CREATED',
        generationId: generation.id,
        sequence: 1,
        detail: { requestHash: expect.any(String) },
      },
    ]);
  });

  test('has what `auditEvents` lists, for each filter', async () => {
    app.upstream.onSubmit(coded(1026, 'input 100% sensitive'));
    const { id } = (await app.create()).generation;
    await app.create();
    await step(app);
    const traced = await prisma.auditEvent.findFirst({ where: { traceId: { not: null } } });
    const { data } = await app.graphql('{ auditEvents(last: 1) { nodes { occurredAt } } }');
    const [{ occurredAt: first }] = data.auditEvents.nodes;
    const filters = [
      {},
      { callerId: ['local'] },
      { action: ['GENERATION_CREATED', 'SUBMISSION_REFUSED'] },
      { action: [] },
      { generationId: id },
      { generationId: 'nonsense' },
      { upstreamCode: [1026, 0] },
      { traceId: [traced!.traceId] },
      { objectId: [id, 'nonsense'] },
      { text: '100% SENS' },
      { text: 'nothing%' },
      { occurredAt: { from: first } },
      { occurredAt: { to: app.clock.now() }, callerId: ['local'], upstreamCode: [1026] },
    ];
    const found = new Set<number>();
    for (const filter of filters) {
      const listed = await app.graphql(
        'query E($f: AuditEventFilter) { auditEvents(filter: $f, direction: ASC, first: 100) { nodes { id action } } }',
        { f: filter },
      );
      const rows = await rowsOf(await exportOf('AuditEvents', { filter }));
      // Asking for an export is an event, too.
      const idsOf = (events: { id: string; action: string }[]) =>
        events.filter(({ action }) => !action.startsWith('EXPORT')).map((event) => event.id);
      const ids = idsOf(rows);
      expect([filter, ids]).toEqual([filter, idsOf(listed.data.auditEvents.nodes)]);
      found.add(ids.length);
    }
    expect(found.size).toBeGreaterThan(3);
  });
});

describe('the address of an export', () => {
  const refused = async (url: string) => {
    const { status, text, headers } = await fetchText(url);
    expect(headers['content-type']).toMatch(/^application\/json/);
    return [status, JSON.parse(text).errors[0].extensions.code];
  };

  test('works until it expires, and is forgotten a day later', async () => {
    const url = await exportOf('Generations');
    app.clock.advance(15 * 60_000 - 1);
    expect((await fetchText(url)).status).toBe(200);
    expect((await fetchText(url)).status).toBe(200);
    app.clock.advance(1);
    expect(await refused(url)).toEqual([410, 'EXPORT_EXPIRED']);

    const { now } = app.clock;
    const audit = new AuditLog({ prisma, log: silent, now });
    const log = createLogger('silent');
    const exports = new Exports({
      database: app.database,
      audit,
      log,
      now,
      admitsStill: () => Promise.resolve(true),
    });
    await exports.dropOld();
    expect(await prisma.export.count()).toBe(1);
    app.clock.advance(24 * 3_600_000 + 1);
    await exports.dropOld();
    expect(await prisma.export.count()).toBe(0);
    expect(await refused(url)).toEqual([404, 'NOT_FOUND']);
  });

  test('does not tell which exports exist', async () => {
    const url = new URL(await exportOf('Generations'));
    const other = new URL(await exportOf('Generations'));
    const address = (id: string, token: string) => `${app.url}/exports/${id}${token}`;
    const id = url.pathname.split('/').at(-1)!;
    const unknown = await fetchText(address('01900000-0000-7000-8000-000000000000', url.search));
    for (const wrong of [
      address(id, other.search),
      address(id, ''),
      address(id, '?token='),
      address(id, '?token=a&token=b'),
      address("x'; DROP TABLE export; --", url.search),
    ]) {
      const answer = await fetchText(wrong);
      expect([answer.status, answer.text]).toEqual([unknown.status, unknown.text]);
    }
    expect(await refused(address(id, other.search))).toEqual([404, 'NOT_FOUND']);
  });

  test('is stored as a hash, and logged nowhere', async () => {
    const url = new URL(await exportOf('Generations'));
    await fetchText(url.href);
    await downloads(1);
    const token = url.searchParams.get('token')!;
    const stored = await prisma.export.findFirstOrThrow();
    expect(stored.tokenHash).toBe(createHash('sha256').update(token).digest('hex'));
    expect(JSON.stringify([stored, await prisma.auditEvent.findMany()])).not.toContain(token);
    expect(app.logLines.join('')).not.toContain(token);
  });

  test('ends with the key that asked for it, although its caller has another', async () => {
    const headers = await signedIn('me');
    await signedIn('me');
    const url = await exportOf('Generations', { headers });
    const { id } = await prisma.apiKey.findFirstOrThrow({ orderBy: { createdAt: 'asc' } });
    const [used] = await prisma.apiKey.findMany({ where: { lastUsedAt: { not: null } } });
    expect((await fetchText(url)).status).toBe(200);
    await keysOf(app).revoke((used ?? { id }).id, null);
    expect(await refused(url)).toEqual([410, 'EXPORT_EXPIRED']);
  });

  test('of the time when everybody was let in ends when that does', async () => {
    const url = await exportOf('Generations');
    await signedIn('me');
    expect(await refused(url)).toEqual([410, 'EXPORT_EXPIRED']);
  });

  test('answers HEAD without rows', async () => {
    const url = await exportOf('Generations');
    const response = await request(url, { method: 'HEAD' });
    expect([response.statusCode, await response.body.text()]).toEqual([200, '']);
  });
});

describe('the audit log', () => {
  test('tells who asked for what, without texts of prompts, and who fetched it', async () => {
    await app.create({ prompt: 'my secret garden' });
    const headers = await signedIn('me', { role: 'AUDITOR' });
    const filter = { promptContains: 'secret', status: ['PROCESSING'] };
    const url = await exportOf('Generations', { filter, headers, format: 'CSV' });
    const [requested] = await eventsOf('EXPORT_REQUESTED');
    const exportId = new URL(url).pathname.split('/').at(-1)!;
    expect(requested).toMatchObject({
      callerId: 'me',
      callerKind: 'API_KEY',
      generationId: null,
      detail: {
        exportId,
        what: 'GENERATIONS',
        format: 'CSV',
        filter: '{"status":["PROCESSING"],"promptContains":"[text]"}',
      },
    });
    await fetchText(url, { 'user-agent': 'a browser' });
    const [downloaded] = await downloads(1);
    expect(downloaded).toMatchObject({
      callerId: 'me',
      callerKind: 'API_KEY',
      ip: expect.stringContaining('127.0.0.1'),
      userAgent: 'a browser',
      requestId: expect.any(String),
      detail: { exportId, what: 'GENERATIONS', format: 'CSV', rows: 1, completed: true },
    });
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import type { AuditAction } from '../../src/audit/events.ts';
import type { TestApp } from './app.ts';

export type Headers = Record<string, string>;

/** What the tests of exports ask of their file's app, and of its database. */
export function exportsOf(app: () => TestApp) {
  async function exportOf(
    what: 'Generations' | 'AuditEvents',
    {
      filter,
      format = 'NDJSON',
      headers = {},
    }: { filter?: object; format?: string; headers?: Headers } = {},
  ): Promise<string> {
    const type = what === 'Generations' ? 'VideoGenerationFilter' : 'AuditEventFilter';
    const { data, errors } = await app().graphql(
      `mutation E($filter: ${type}, $format: ExportFormat!) { export${what}(filter: $filter, format: $format) { url expiresAt format } }`,
      { filter, format },
      headers,
    );
    if (errors) throw new Error(errors[0].extensions.code);
    return data[`export${what}`].url;
  }

  const eventsOf = async (action: AuditAction) =>
    await app().database.prisma.auditEvent.findMany({ where: { action }, orderBy: { id: 'asc' } });

  /** The event of a download, which is stored when it has ended. */
  async function downloads(count: number) {
    for (;;) {
      const events = await eventsOf('EXPORT_DOWNLOADED');
      if (events.length >= count) return events;
      await sleep(10);
    }
  }

  /** So many generations of `callerId`, with messages that no buffer between server and client holds. */
  async function fill(count: number, callerId: string): Promise<void> {
    // A few at a time: each statement has a limit of time.
    for (let from = 1; from <= count; from += 400) {
      const to = Math.min(count, from + 399);
      await app().database.prisma.$executeRaw`
        INSERT INTO video_generation (id, created_at, updated_at, caller_id, input_hash, model, prompt,
          prompt_optimizer, simulated, status, version, attempts, query_errors, status_message)
        SELECT ('01900000-' || lpad(to_hex(i), 4, '0') || '-7000-8000-000000000000')::uuid, now(), now(),
          ${callerId}, 'h', 'T2V-01', 'a boat', true, false, 'FAILED', 0, 0, 0, repeat('x', 20000)
        FROM generate_series(${from}::int, ${to}::int) AS i`;
    }
  }

  return { exportOf, eventsOf, downloads, fill };
}

export async function fetchText(url: string, headers: Headers = {}) {
  const response = await request(url, { headers });
  return {
    status: response.statusCode,
    headers: response.headers,
    text: await response.body.text(),
  };
}

import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { v7 as uuidV7 } from 'uuid';
import type { Actor } from '../../../src/audit/events.ts';
import { AuditLog } from '../../../src/audit/log.ts';
import { verifyAuditLog } from '../../../src/audit/verify.ts';
import type {
  Prisma,
  VideoGeneration,
  VideoGenerationStatus as Status,
} from '../../../src/database/generated/client.ts';
import type { LeasedGeneration, Move, Patch } from '../../../src/generation/generation.ts';
import { GenerationStore } from '../../../src/generation/store.ts';
import { WebhookDeliveries } from '../../../src/webhooks/deliveries.ts';
import { WebhookEndpoints } from '../../../src/webhooks/endpoints.ts';
import { webhookEvents } from '../../../src/webhooks/events.ts';
import {
  emptyTables,
  openTestDatabase,
  silent,
  type TestDatabase,
} from '../../support/database.ts';
import { until } from '../../support/until.ts';

let database: TestDatabase;
let store: GenerationStore;
let heard: string[] = [];
let stopListening: () => Promise<void>;

const createdAt = new Date('2026-11-28T09:00:00.012Z');
const now = new Date('2026-11-28T10:00:00.345Z');
const token = '01900000-0000-7000-8000-000000000001';
const endpointId = '01900000-0000-7000-8000-0000000000e1';

beforeAll(async () => {
  database = await openTestDatabase();
  const { prisma, slow } = database;
  const options = { prisma, now: () => now };
  const audit = new AuditLog({ ...options, log: silent });
  const endpoints = new WebhookEndpoints({ ...options, audit, allowPrivate: true });
  const deliveries = new WebhookDeliveries({ ...options, slow, audit, endpoints, leaseMs: 30_000 });
  store = new GenerationStore({
    database,
    now: () => now,
    enqueueWebhooks: deliveries.enqueue,
    enqueueArchive: () => null,
  });
  stopListening = await database.listen(
    'video_generation_changed',
    (payload) => void heard.push(payload),
    () => undefined,
  );
});
afterAll(async () => {
  await stopListening();
  await database.close();
});

beforeEach(async () => {
  await emptyTables(database);
  // What the test before has caused comes before this.
  await database.pool.query(`SELECT pg_notify('video_generation_changed', 'begin')`);
  await until(() => heard.at(-1) === 'begin');
  heard = [];
  await database.prisma.webhookEndpoint.createMany({
    data: ['cinema', 'other'].map((callerId, index) => ({
      id: `${endpointId.slice(0, -1)}${index + 1}`,
      callerId,
      url: `https://${callerId}.example/hook`,
      origin: `https://${callerId}.example`,
      events: Object.keys(webhookEvents),
      secret: 'whsec_',
      createdAt,
    })),
  });
});

/** A generation with an event and a piece of an image, held by `token` as long as it is worked on. */
async function stored(
  status: Status,
  more: Partial<Prisma.VideoGenerationUncheckedCreateInput> = {},
) {
  const isWorkedOn = status === 'SUBMITTING' || status === 'PROCESSING' || status === 'UNCERTAIN';
  const id = uuidV7();
  const row = await database.prisma.videoGeneration.create({
    data: {
      ...{
        id,
        createdAt,
        updatedAt: createdAt,
        callerId: 'cinema',
        inputHash: 'h',
        requestSalt: 's',
        status,
      },
      ...{ model: 'MiniMax-Hailuo-02', promptOptimizer: true, simulated: false, version: 1 },
      ...{
        prompt: 'A "paper" boat\n\u0007 \u{1f6a2}',
        idempotencyKey: 'order "7"',
        listPriceUsd: '0.28',
      },
      ...{ tags: ['sea'], leaseToken: isWorkedOn ? token : null, nextAttemptAt: createdAt },
      ...{ leasedUntil: isWorkedOn ? new Date(now.getTime() + 5_000) : null, ...more },
      events: {
        create: { id: uuidV7(), occurredAt: createdAt, action: 'GENERATION_CREATED', sequence: 1 },
      },
      inputImages: { create: { role: 'first_frame', index: 0, bytes: new Uint8Array(10) } },
    },
  });
  return row as LeasedGeneration;
}

const actor: Actor = {
  ...{ callerId: 'ops', callerKind: 'API_KEY' as const, ip: '192.0.2.7' },
  ...{ userAgent: 'curl', requestId: 'request-1' },
};

function moveTo(to: Status, patch: Patch = {}): Move {
  return {
    to,
    patch: {
      ...{ statusCode: 0, statusMessage: 'it’s a "message"\u2028\u0001', traceId: 'trace-1' },
      ...{ nextAttemptAt: null, ...patch },
    },
    event: {
      ...{ action: 'TASK_STATUS_CHANGED', httpStatus: 200, latencyMs: 12, upstreamCode: 0 },
      ...{ upstreamMessage: 'success', traceId: 'trace-1', actor },
      detail: { text: 'a "b"', count: 2, yes: true, nothing: null },
    },
  };
}

/** Everything that a change may touch, as it is stored. */
async function everything() {
  const { prisma } = database;
  const byId = { orderBy: { id: 'asc' } } as const;
  return {
    rows: await prisma.videoGeneration.findMany(byId),
    events: await prisma.auditEvent.findMany({ orderBy: { sequence: 'asc' } }),
    deliveries: await prisma.webhookDelivery.findMany(byId),
    submissions: await prisma.submission.findMany(byId),
    images: await prisma.inputImageChunk.count(),
    uses: await prisma.mediaUse.count(),
  };
}

/** The body as `JSON.stringify` writes it. */
function bodyOf(row: VideoGeneration): string {
  const { id, status, version, model, taskId, statusCode, statusMessage } = row;
  const { idempotencyKey, retryOfId, kind, sourceId, completedAt } = row;
  const failed = status === 'FAILED' || status === 'UNCERTAIN';
  return JSON.stringify({
    type: `generation.${status.toLowerCase()}`,
    timestamp: row.updatedAt,
    data: {
      ...{ id, status, version, model, taskId, statusCode, statusMessage },
      failure: failed ? { kind: row.failureKind ?? 'UNKNOWN' } : null,
      ...{ idempotencyKey, retryOfId, kind, sourceId, createdAt: row.createdAt, completedAt },
    },
  });
}

const video = {
  ...{ taskId: '106916112212032', fileId: '444795417354723', videoWidth: 1366, videoHeight: 768 },
  ...{ videoUrl: 'https://example.com/a.mp4', videoUrlExpiresAt: now, completedAt: now },
};
const ended = new Date(now.getTime() - 1);

/** Each kind of move, with whether its webhook is wanted and its images stay. */
const moves: [
  name: string,
  how: 'move' | 'decide' | 'giveUp',
  from: Status,
  to: Status,
  expected: { told: boolean; images: number },
  patch?: Patch,
][] = [
  ['cancelled', 'decide', 'QUEUED', 'CANCELLED', { told: true, images: 1 }, { completedAt: now }],
  ['accepted', 'move', 'SUBMITTING', 'PROCESSING', { told: true, images: 1 }, { taskId: '7' }],
  ['postponed', 'move', 'SUBMITTING', 'QUEUED', { told: false, images: 1 }, { submittedAt: null }],
  ['refused', 'move', 'SUBMITTING', 'FAILED', { told: true, images: 1 }, { failureKind: 'OTHER' }],
  ['left unsure', 'move', 'SUBMITTING', 'UNCERTAIN', { told: true, images: 1 }],
  ['given up', 'giveUp', 'SUBMITTING', 'UNCERTAIN', { told: true, images: 1 }],
  ['finished', 'move', 'PROCESSING', 'SUCCEEDED', { told: true, images: 0 }, video],
  ['failed', 'move', 'PROCESSING', 'FAILED', { told: true, images: 1 }, { queryErrors: 3 }],
  ['declared', 'decide', 'UNCERTAIN', 'FAILED', { told: true, images: 1 }],
  ['taken up again', 'decide', 'FAILED', 'PROCESSING', { told: true, images: 1 }, { taskId: '8' }],
];

describe('a generation', () => {
  test.each(moves)(
    'that is %s changes with all that tells of it, in one round trip',
    async (...of) => {
      const [, how, from, to, expected, patch] = of;
      const before = await stored(from, how === 'giveUp' ? { leasedUntil: ended } : {});
      await stored('QUEUED', { idempotencyKey: null });
      const move = moveTo(to, patch);
      const query = jest.spyOn(database.pool, 'query');
      const moved = await store[how](before, move);
      expect(query).toHaveBeenCalledTimes(1);
      query.mockRestore();

      const after = await everything();
      const row: VideoGeneration = {
        ...before,
        ...(move.patch as Partial<VideoGeneration>),
        ...{ status: to, version: 2, updatedAt: now, leasedUntil: null },
        leaseToken: to === 'UNCERTAIN' ? token : null,
      };
      expect(moved).toEqual(row);
      expect(after.rows).toContainEqual(row);
      const { detail, actor: by, ...event } = move.event;
      expect(after.events.find(({ sequence }) => sequence === 2)).toMatchObject({
        ...{ ...event, ...by, detail, id: expect.any(String), occurredAt: now, objectId: null },
        ...{ generationId: before.id, sequence: 2, fromStatus: from, toStatus: to },
        ...{ hash: expect.stringMatching(/^[\da-f]{64}$/), searchText: expect.any(String) },
      });
      expect(after.events).toHaveLength(3);
      expect(await verifyAuditLog(database.prisma)).toMatchObject({ ok: true });
      // That of the other one is not dropped.
      expect(after.images).toBe(expected.images + 1);
      expect(after.deliveries).toEqual(
        expected.told
          ? [
              expect.objectContaining({
                ...{ endpointId, callerId: 'cinema', generationId: before.id, status: 'PENDING' },
                ...{ event: `GENERATION_${to}`, url: 'https://cinema.example/hook' },
                ...{ body: bodyOf(row), createdAt: now, nextAttemptAt: now, attemptCount: 0 },
              }),
            ]
          : [],
      );
      for (const { id } of after.deliveries)
        expect(id.slice(0, 15)).toBe(uuidV7({ msecs: now.getTime() }).slice(0, 15));
      await until(() => heard.length > 0);
      expect(heard).toEqual([`${before.id} 2 ${to}`]);
    },
  );

  test('that was called uncertain is settled by an answer that comes late', async () => {
    const row = await stored('UNCERTAIN');
    const held = { ...row, status: 'SUBMITTING' } as const;
    expect(await store.move(held, moveTo('PROCESSING', { taskId: '9' }))).toMatchObject({
      ...{ status: 'PROCESSING', taskId: '9', version: 2 },
    });
    const { events } = await everything();
    expect(events.at(-1)).toMatchObject({ fromStatus: 'UNCERTAIN', toStatus: 'PROCESSING' });
  });

  test.each<[string, () => Promise<unknown>]>([
    [
      'the lease has passed to another',
      async () => {
        const held = await stored('PROCESSING');
        return store.move({ ...held, leaseToken: uuidV7() }, moveTo('SUCCEEDED'));
      },
    ],
    [
      'it is elsewhere by now',
      async () =>
        store.move({ ...(await stored('FAILED')), status: 'PROCESSING' }, moveTo('FAILED')),
    ],
    [
      'a person saw an earlier version',
      async () => store.decide({ ...(await stored('QUEUED')), version: 0 }, moveTo('CANCELLED')),
    ],
    [
      'a person saw it before it was redacted',
      async () => {
        const row = await stored('UNCERTAIN', { redactedAt: createdAt });
        return store.decide({ ...row, redactedAt: null }, moveTo('QUEUED'));
      },
    ],
    [
      'the lease of who sends it has not ended',
      async () => store.giveUp(await stored('SUBMITTING'), moveTo('UNCERTAIN')),
    ],
  ])('is left alone, and nothing tells of it, when %s', async (_name, move) => {
    expect(await move()).toBeNull();
    const { rows, events, deliveries, images } = await everything();
    expect(rows).toMatchObject([{ version: 1, updatedAt: createdAt }]);
    expect([events.length, deliveries.length, images]).toEqual([1, 0, 1]);
    await database.prisma.$executeRaw`SELECT pg_notify('video_generation_changed', 'last')`;
    await until(() => heard.length > 0);
    expect(heard).toEqual(['last']);
  });

  test('keeps its place after a look, with an event or without', async () => {
    const patch = { statusCode: 0, nextAttemptAt: new Date(now.getTime() + 60_000) };
    const quiet = await stored('PROCESSING', { idempotencyKey: null });
    expect(await store.keep(quiet, patch)).toEqual({
      ...{ ...quiet, ...patch, leaseToken: null, leasedUntil: null },
    });
    const news = await stored('PROCESSING');
    expect(await store.keep(news, patch, { action: 'TASK_STATUS_CHANGED' })).toEqual({
      ...{ ...news, ...patch, leaseToken: null, leasedUntil: null, version: 2, updatedAt: now },
    });
    expect(await store.keep(news, patch)).toBeNull();
    await until(() => heard.length > 0);
    expect(heard).toEqual([`${news.id} 2 PROCESSING`]);
    const { events, deliveries } = await everything();
    expect(events).toHaveLength(3);
    expect(deliveries).toEqual([]);
  });

  test('keeps prompts out of the events that tell of it', async () => {
    const row = await stored('PROCESSING', { prompt: 'A secret boat' });
    const detail = { reason: 'bad: a secret boat' };
    const event = {
      action: 'TASK_QUERY_FAILED',
      upstreamMessage: 'A SECRET BOAT?',
      detail,
    } as const;
    await store.annotate(row, {}, event);
    expect((await everything()).events.at(-1)).toMatchObject({
      ...{ upstreamMessage: '[prompt]?', detail: { reason: 'bad: [prompt]' } },
    });
  });

  test('that is changed by many at once has one chain of events', async () => {
    const row = await stored('PROCESSING');
    const times = Array.from({ length: 20 });
    await Promise.all(times.map(() => store.record(row, { action: 'CALLBACK_RECEIVED' })));
    const { rows, events } = await everything();
    expect(rows[0]!.version).toBe(21);
    expect(events.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 21 }, (_, index) => index + 1),
    );
    expect(await verifyAuditLog(database.prisma)).toMatchObject({ ok: true });
    await until(() => heard.length === 20);
  });

  test.each([
    [null, true],
    [token, false],
  ])('with lease %s is due after a callback: %s', async (leaseToken, isDue) => {
    const row = await stored('PROCESSING', { leaseToken });
    const event = { action: 'CALLBACK_RECEIVED' } as const;
    expect(await store.noteCallback(row, 'Success', event)).toBe(isDue);
    const [noted] = (await everything()).rows;
    expect(noted).toMatchObject({ callbackStatus: 'Success', version: 2, leaseToken });
    expect(noted!.nextAttemptAt).toEqual(isDue ? now : createdAt);
    expect(await store.noteCallback(row, 'Success', event)).toBe(false);
    expect((await everything()).events).toHaveLength(2);
  });

  test('that a person settles settles its submission, or the one whose answer named the task', async () => {
    const ids = ['01900000-0000-7000-8000-00000000000a', '01900000-0000-7000-8000-00000000000b'];
    const row = await stored('UNCERTAIN', { submissionId: ids[1]! });
    await database.prisma.submission.createMany({
      data: ids.map((id, index) => ({
        ...{ id, generationId: row.id, number: index + 1, accountId: 'a', accountName: 'main' },
        ...{
          apiGeneration: 1,
          simulated: false,
          callerId: 'cinema',
          reason: 'FIRST',
          currency: 'USD',
        },
        ...{ claimedAt: createdAt, outcome: 'UNKNOWN', taskId: index === 0 ? '77' : null },
      })),
    });
    const attached = await store.decide(row, moveTo('PROCESSING', { taskId: '77' }), {
      settledBy: 'ops',
      found: { taskId: '77', submissionId: null, account: { id: 'b', name: 'other' } },
    });
    expect(attached).toMatchObject({
      ...{ status: 'PROCESSING', submissionId: ids[0], accountId: 'a' },
    });
    const { submissions } = await everything();
    expect(submissions).toMatchObject([
      { id: ids[0], outcome: 'ACCEPTED', taskId: '77', settledBy: 'ops', settledAt: now },
      { id: ids[1], outcome: 'UNKNOWN', taskId: null, settledBy: null },
    ]);
    const again = await database.prisma.videoGeneration.update({
      where: { id: row.id },
      data: { status: 'UNCERTAIN' },
    });
    await store.decide(again, moveTo('FAILED'), { settledBy: 'ops', found: null });
    expect((await everything()).submissions[1]).toMatchObject({ outcome: 'REFUSED', taskId: null });
  });
});

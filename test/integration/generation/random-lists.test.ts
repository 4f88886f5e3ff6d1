import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { VideoGeneration } from '../../../src/database/generated/client.ts';
import { matcherOf } from '../../../src/generation/finding/filter-in-memory.ts';
import type { GenerationFilter, Visibility } from '../../../src/generation/finding/filter.ts';
import {
  countGenerations,
  cursorOf,
  listGenerations,
  type GenerationOrder,
} from '../../../src/generation/finding/list.ts';
import { readingLimits } from '../../../src/generation/finding/read-in-order.ts';
import { emptyTables, openTestDatabase, type TestDatabase } from '../../support/database.ts';
import { randomFrom } from '../../support/random-operations.ts';

const seed = Number(process.env['RANDOM_SEED'] || 3);
const random = randomFrom(seed);
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
const chance = (part: number) => random() < part;

const statuses = ['QUEUED', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'UNCERTAIN'] as const;
const callers = ['ann', 'ben', 'cid'];
const tenants = ['acme', 'other', null];
const models = ['MiniMax-Hailuo-02', 'T2V-01', 'S2V-01'];
const words = ['boat', 'Fox', 'ZEPPELİN', 'Äther', 'ΝΑΟΣ'];
const start = Date.UTC(2026, 0, 1);

let database: TestDatabase;
let rows: VideoGeneration[];

/** Some of the callers and states only long ago, as in life. */
beforeAll(async () => {
  database = await openTestDatabase();
  await emptyTables(database);
  const made = Array.from({ length: 250 }, (_, index) => {
    const at = new Date(start + index * 60_000);
    const time = at.getTime().toString(16).padStart(12, '0');
    const isOld = index < 60;
    const status = isOld ? pick(statuses) : pick(['SUCCEEDED', 'SUCCEEDED', 'FAILED'] as const);
    return {
      id: `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`,
      createdAt: at,
      // Many at the same instant, some by a clock that was days behind.
      updatedAt: new Date(start + Math.floor(random() * 20 - (chance(0.1) ? 72 : 0)) * 3_600_000),
      callerId: isOld ? pick(callers) : pick(callers.slice(0, 2)),
      tenant: pick(tenants),
      inputHash: 'hash',
      model: isOld ? pick(models) : pick(models.slice(0, 2)),
      prompt: chance(0.1) ? null : `${pick(words)} and ${pick(words)}`,
      promptOptimizer: true,
      simulated: false,
      status,
      version: 1,
      tags: [['a'], ['b'], ['a', 'b'], []][index % 4]!,
      statusCode: pick([null, 0, 1026, 1027]),
      failureKind: status === 'FAILED' ? pick(['INPUT_FLAGGED', 'TASK_UNKNOWN']) : null,
      listPriceUsd: pick([null, '0.28', '0.56']),
    };
  });
  await database.prisma.videoGeneration.createMany({ data: made });
  rows = await database.prisma.videoGeneration.findMany();
});
afterAll(async () => await database.close());

function some<T>(from: readonly T[]): T[] {
  return Array.from({ length: pick([1, 1, 1, 2, 3, 0]) }, () => pick(from));
}

function randomFilter(depth = 0): GenerationFilter {
  const at = () => new Date(start + Math.floor(random() * 260) * 60_000);
  // Now and then one that says nothing.
  const within = () => ({
    ...(chance(0.6) && { model: some(models) }),
    ...randomFilter(depth + 1),
  });
  return {
    ...(chance(0.35) && { status: some(statuses) }),
    ...(chance(0.15) && { model: some(models) }),
    ...(chance(0.2) && { callerId: some(callers) }),
    ...(chance(0.15) && { tenant: some(['acme', 'other']) }),
    ...(chance(0.15) && { statusCode: some([0, 1026, 1027]) }),
    ...(chance(0.1) && { failureKind: some(['INPUT_FLAGGED', 'TASK_UNKNOWN']) }),
    ...(chance(0.15) && { tags: some(['a', 'b']) }),
    ...(chance(0.15) && { promptContains: pick([...words, 'x', 'zep', 'äTH', 'αος', 'i']) }),
    ...(chance(0.1) && { id: [pick(rows).id, pick(rows).id] }),
    ...(chance(0.1) && { listPriceUsd: { from: '0.3' } }),
    ...(chance(0.15) && {
      createdAt: pick([{ from: at() }, { to: at() }, { from: at(), to: at() }]),
    }),
    ...(depth < 3 && chance(0.15) && { not: within() }),
    ...(depth < 3 && chance(0.15) && { or: [within(), within()] }),
    ...(depth < 3 && chance(0.1) && { and: [within()] }),
    ...(chance(0.05) && { or: [] }),
  };
}

function isVisible(row: VideoGeneration, { OR }: Visibility): boolean {
  return (
    !OR ||
    OR.some((seen) => Object.entries(seen).every(([name, value]) => row[name as 'id'] === value))
  );
}

/** The same by the plain way: all rows, filtered and sorted in memory. */
function expected(filter: GenerationFilter, order: GenerationOrder, visible: Visibility): string[] {
  const matches = matcherOf(filter);
  const place = ({ id, updatedAt }: VideoGeneration) =>
    order.field === 'CREATED_AT' ? id : `${updatedAt.toISOString()} ${id}`;
  const ids = rows
    .filter((row) => isVisible(row, visible) && matches(row))
    .sort((a, b) => (place(a) < place(b) ? -1 : 1))
    .map(({ id }) => id);
  return order.direction === 'ASC' ? ids : ids.reverse();
}

test.each([
  ['the usual way', readingLimits, 150],
  [
    'when no search is rare, and the way along an index ends after a row or three',
    { all: 3, byChange: 2, ofIndex: 1, fewMatches: 0 },
    150,
  ],
  [
    'when no search is rare, and the way along an index is long enough',
    { ...readingLimits, fewMatches: 0 },
    100,
  ],
])(
  'random lists have the rows of the plain way, page by page: %s',
  async (_, limits, count) => {
    let found = 0;
    for (let number = 0; number < count; number += 1) {
      const filter = randomFilter();
      const order: GenerationOrder = {
        field: pick(['CREATED_AT', 'CREATED_AT', 'UPDATED_AT']),
        direction: pick(['ASC', 'DESC']),
      };
      const visible: Visibility = pick([
        {},
        { OR: [{ callerId: 'ann' }] },
        { OR: [{ callerId: 'cid' }, { tenant: 'acme' }] },
      ]);
      const size = pick([1, 7, 20, 100]);
      const backward = chance(0.3);
      const all = expected(filter, order, visible);
      const asked = JSON.stringify({ seed, number, filter, order, visible, size, backward });
      const counted = await countGenerations(database, filter, visible);
      expect({ asked, ...counted }).toEqual({ asked, count: all.length, isExact: true });
      // Some pages from somewhere in the middle on.
      let at = backward ? Math.ceil(random() * all.length) : Math.floor(random() * all.length);
      for (let pages = 0; pages < 3; pages += 1) {
        const edge = rows.find(({ id }) => id === all[backward ? at : at - 1]);
        const cursor = edge && cursorOf(edge, order);
        const page = await listGenerations(
          database,
          filter,
          order,
          backward ? { last: size, before: cursor } : { first: size, after: cursor },
          visible,
          { fields: ['status'] },
          limits,
        );
        const wanted = backward ? all.slice(Math.max(0, at - size), at) : all.slice(at, at + size);
        const more = backward ? at > size : at + size < all.length;
        expect({ asked, ids: page.rows.map(({ id }) => id) }).toEqual({ asked, ids: wanted });
        expect({ asked, more: backward ? page.hasPreviousPage : page.hasNextPage }).toEqual({
          asked,
          more,
        });
        found += wanted.length;
        at += backward ? -wanted.length : wanted.length;
        if (!more) break;
      }
    }
    expect(found).toBeGreaterThan(count);
  },
  300_000,
);

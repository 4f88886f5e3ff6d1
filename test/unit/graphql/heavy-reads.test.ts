import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { HeavyReads } from '../../../src/graphql/heavy-reads.ts';

/** A read that ends when it is told to. */
function aRead() {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const state = { began: false };
  const read = async () => {
    state.began = true;
    await ended;
    return 'read';
  };
  return { state, read, end };
}

const isTooSlow = (error: unknown) => (error as { code?: string }).code === '57014';

test('one caller runs two at one time, others are not kept waiting by it', async () => {
  const heavy = new HeavyReads({ atOnce: 4, isTooSlow, waitMs: 60_000 });
  const mine = [aRead(), aRead(), aRead(), aRead()];
  const results = mine.map(({ read }) => heavy.run('me', read));
  const other = aRead();
  results.push(heavy.run('other', other.read));
  await nextTurn();
  expect(mine.map(({ state }) => state.began)).toEqual([true, true, false, false]);
  expect(other.state.began).toBe(true);
  mine[0]!.end();
  await results[0];
  await nextTurn();
  expect(mine.map(({ state }) => state.began)).toEqual([true, true, true, false]);
  for (const { end } of [...mine, other]) end();
  expect(await Promise.all(results)).toEqual(Array(5).fill('read'));
});

test('the many that one caller has waiting are not all before the one of another', async () => {
  const heavy = new HeavyReads({ atOnce: 1, isTooSlow, waitMs: 60_000 });
  const order: string[] = [];
  const read = (name: string) => () => {
    order.push(name);
    return nextTurn();
  };
  const names = ['many 1', 'many 2', 'many 3', 'one 1', 'many 4', 'other 1'];
  await Promise.all(names.map((name) => heavy.run(name.split(' ')[0]!, read(name))));
  expect(order).toEqual(['many 1', 'one 1', 'other 1', 'many 2', 'many 3', 'many 4']);
});

test('who has several waiting has turns too while others come again and again', async () => {
  const heavy = new HeavyReads({ atOnce: 1, isTooSlow, waitMs: 60_000 });
  let isOver = false;
  const others = ['a', 'b', 'c'].map(async (id) => {
    while (!isOver) await heavy.run(id, () => nextTurn());
  });
  let done = 0;
  const mine = [1, 2, 3].map(() => heavy.run('me', () => nextTurn()).then(() => (done += 1)));
  for (let turn = 0; turn < 200 && done < 3; turn += 1) await nextTurn();
  expect(done).toBe(3);
  isOver = true;
  await Promise.all([...others, ...mine]);
});

test('all callers together run no more than the server allows', async () => {
  const heavy = new HeavyReads({ atOnce: 3, isTooSlow, waitMs: 60_000 });
  const reads = ['a', 'a', 'b', 'c', 'd'].map((id) => ({ id, ...aRead() }));
  const results = reads.map(({ id, read }) => heavy.run(id, read));
  await nextTurn();
  expect(reads.map(({ state }) => state.began)).toEqual([true, true, true, false, false]);
  reads[2]!.end();
  await results[2];
  await nextTurn();
  expect(reads.map(({ state }) => state.began)).toEqual([true, true, true, true, false]);
  for (const { end } of reads) end();
  await Promise.all(results);
});

test('whose turn does not come is refused, and the next one has it', async () => {
  const heavy = new HeavyReads({ atOnce: 1, isTooSlow, waitMs: 50 });
  const first = aRead();
  const running = heavy.run('a', first.read);
  await expect(heavy.run('b', () => Promise.resolve())).rejects.toMatchObject({
    extensions: { code: 'TOO_MANY_WAITING', retryAfterSeconds: 2 },
  });
  first.end();
  await running;
  expect(await heavy.run('b', () => Promise.resolve('read'))).toBe('read');
});

test('one that takes too long says so, any other failure is left as it is', async () => {
  const heavy = new HeavyReads({ atOnce: 1, isTooSlow });
  const failing = (code: string) => () => Promise.reject(Object.assign(new Error('x'), { code }));
  await expect(heavy.run('a', failing('57014'))).rejects.toMatchObject({
    extensions: { code: 'TOO_SLOW' },
  });
  await expect(heavy.run('a', failing('57P01'))).rejects.toMatchObject({ code: '57P01' });
});

import { expect, test } from '@jest/globals';
import { readTogether } from '../../../src/database/read-together.ts';

interface Row {
  id: string;
  version: number;
}

function aTable(rows: Record<string, number>) {
  const statements: string[][] = [];
  const find = readTogether(
    (ids: string[]) => {
      statements.push(ids);
      const found = ids.filter((id) => id in rows);
      return Promise.resolve(found.map((id): Row => ({ id, version: rows[id]! })).reverse());
    },
    ({ id }) => id,
  );
  return { rows, statements, find };
}

test('what is asked for at once is read at once, each key once', async () => {
  const { find, statements } = aTable({ a: 1, b: 2 });
  const found = await Promise.all(['a', 'b', 'none', 'a'].map(find));
  expect(found.map((row) => row?.version)).toEqual([1, 2, undefined, 1]);
  expect(found[2]).toBeNull();
  expect(statements).toEqual([['a', 'b', 'none']]);
});

test('what is asked for while a statement runs is read anew', async () => {
  const { find, rows, statements } = aTable({ a: 1 });
  const first = find('a');
  await new Promise(setImmediate);
  expect(statements).toHaveLength(1);
  rows['a'] = 2;
  expect((await find('a'))!.version).toBe(2);
  expect((await first)!.version).toBe(1);
});

test('a failure is told to everybody who asked, and forgotten', async () => {
  let fails = true;
  const find = readTogether(
    (ids: string[]) => (fails ? Promise.reject(new Error('away')) : Promise.resolve(ids)),
    (id) => id,
  );
  const both = await Promise.allSettled([find('a'), find('b')]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  expect(await find('a')).toBe('a');
});

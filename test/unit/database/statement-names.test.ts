import { expect, test } from '@jest/globals';
import { statementNames } from '../../../src/database/statement-names.ts';

test('the same text has the same name, another text another', () => {
  const nameOf = statementNames();
  const first = nameOf({ sql: 'SELECT $1', args: [1] });
  expect(first).not.toBe('');
  expect(nameOf({ sql: 'SELECT $1', args: [2] })).toBe(first);
  expect(nameOf({ sql: 'SELECT $1, 2', args: [2] })).not.toBe(first);
});

test.each([
  'SELECT 1 WHERE x ILIKE $1',
  'select 1 where x::text like $1',
  'x NOT iLike $1',
  'SELECT 1 WHERE x ~ $1',
  'SELECT 1 WHERE x && $1',
  'SELECT COUNT(*) FROM (SELECT 1 WHERE x = $1) AS y',
  'WITH y AS MATERIALIZED (SELECT 1 WHERE x = $1) SELECT 1 FROM y',
  'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY x) FROM y WHERE x > $1',
])('a search is not named, so that each value gets its own plan: %s', (sql) =>
  expect(statementNames()({ sql, args: ['%a%'] })).toBe(''),
);

test('of the statements without parameters those are named that are planned', () => {
  expect(statementNames()({ sql: 'BEGIN', args: [] })).toBe('');
  expect(statementNames()({ sql: 'SELECT id FROM y LIMIT 51', args: [] })).not.toBe('');
});

test('texts beyond the five hundredth are not named, so that connections do not grow for ever', () => {
  const nameOf = statementNames();
  const names = Array.from({ length: 600 }, (_, i) =>
    nameOf({ sql: `SELECT $1, ${i}`, args: [1] }),
  );
  expect(new Set(names.filter((name) => name !== '')).size).toBe(500);
  expect(nameOf({ sql: 'SELECT $1, 7', args: [1] })).toBe(names[7]);
});

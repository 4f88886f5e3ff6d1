import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Embedded } from '../../../src/database/embedded.ts';
import { openEmptyEmbedded } from '../../support/database.ts';

let embedded: Embedded;
beforeAll(async () => {
  embedded = await openEmptyEmbedded();
});
afterAll(() => embedded.close());

test('a connection given up in the middle of a transaction takes its changes with it', async () => {
  const client = await embedded.pool.connect();
  await client.query('BEGIN');
  await client.query('CREATE TABLE abandoned (id int)');
  client.release(new Error('given up'));
  const { rows } = await embedded.pool.query(
    "SELECT to_regclass('abandoned') AS found, now() = statement_timestamp() AS outside",
  );
  expect(rows).toEqual([{ found: null, outside: true }]);
});

test('a connection given up while a statement runs does not disturb the next one', async () => {
  const client = await embedded.pool.connect();
  client.on('error', () => undefined);
  await client.query('BEGIN');
  const interrupted = expect(client.query('CREATE TABLE interrupted (id int)')).rejects.toThrow();
  client.release(new Error('given up'));
  const { rows } = await embedded.pool.query("SELECT to_regclass('interrupted') AS found");
  expect(rows).toEqual([{ found: null }]);
  await interrupted;
});

test('an error skips the rest of its batch only', async () => {
  const client = await embedded.pool.connect();
  await expect(client.query('SELECT $1::int', ['no number'])).rejects.toThrow('invalid input');
  await expect(client.query('SELECT 1; SELECT 1 / 0; SELECT 2')).rejects.toThrow('by zero');
  const { rows } = await client.query('SELECT $1::int AS answer', [42]);
  expect(rows).toEqual([{ answer: 42 }]);
  client.release();
});

test('a chain of queries leaves timers their turn', async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  // However slow the machine is: a timer that starves never comes.
  for (let count = 0; count < 5_000 && ticks <= 10; count += 1)
    await embedded.pool.query('SELECT 1');
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(10);
});

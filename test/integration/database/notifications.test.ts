import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { ServerListener } from '../../../src/database/listener.ts';
import { openTestDatabase, silent } from '../../support/database.ts';
import type { TestDatabase } from '../../support/database.ts';
import { ServerProxy } from '../../support/server-proxy.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

/** Collects what arrives, and lets a test wait for the next thing. */
class Inbox {
  readonly received: string[] = [];
  #wake: () => void = () => undefined;

  readonly onMessage = (payload: string) => this.#put(payload);
  readonly onGap = () => this.#put('(gap)');

  async until(wanted: string): Promise<string[]> {
    while (!this.received.includes(wanted)) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.received;
  }

  #put(item: string): void {
    this.received.push(item);
    this.#wake();
  }
}

const notify = (channel: string, payload: string) =>
  database.prisma.$executeRaw`SELECT pg_notify(${channel}, ${payload})`;

test('a notification arrives after commit, and never after a rollback', async () => {
  const inbox = new Inbox();
  const stop = await database.listen('Moves', inbox.onMessage, inbox.onGap);
  const failing = database.prisma.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_notify('Moves', 'rolled back')`;
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  await database.prisma.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_notify('Moves', 'committed')`;
    await tx.$executeRaw`SELECT 1`;
    await nextTurn();
    expect(inbox.received).toEqual([]);
  });
  expect(await inbox.until('committed')).toEqual(['committed']);
  await stop();
});

test('each subscriber of a channel is told, until it leaves', async () => {
  const [first, second, other] = [new Inbox(), new Inbox(), new Inbox()];
  const stopFirst = await database.listen('shared', first.onMessage, first.onGap);
  const stopSecond = await database.listen('shared', second.onMessage, second.onGap);
  const stopOther = await database.listen('other', other.onMessage, other.onGap);
  await notify('shared', 'one');
  await Promise.all([first.until('one'), second.until('one')]);
  await stopFirst();
  await notify('shared', 'two');
  await second.until('two');
  await stopSecond();
  await notify('shared', 'three');
  await notify('other', 'last');
  await other.until('last');
  expect(first.received).toEqual(['one']);
  expect(second.received).toEqual(['one', 'two']);
  expect(other.received).toEqual(['last']);
  await stopOther();
});

test('a subscriber that throws neither stops the others nor the process', async () => {
  const inbox = new Inbox();
  const stopBad = await database.listen(
    'bad',
    () => {
      throw new Error('mine alone');
    },
    () => undefined,
  );
  const stop = await database.listen('bad', inbox.onMessage, inbox.onGap);
  await notify('bad', 'still here');
  await inbox.until('still here');
  await stopBad();
  await stop();
});

test('notifications keep coming after a statement has failed', async () => {
  const inbox = new Inbox();
  const stop = await database.listen('sturdy', inbox.onMessage, inbox.onGap);
  await expect(database.prisma.$queryRaw`SELECT 1 / 0`).rejects.toThrow();
  await notify('sturdy', 'after');
  await inbox.until('after');
  await stop();
});

const onServer = globalThis.databaseUrl === undefined ? describe.skip : describe;

onServer('on a server', () => {
  test('a listener whose connection is cut connects again, reports the gap and hears what follows', async () => {
    const inbox = new Inbox();
    const stop = await database.listen('cut', inbox.onMessage, inbox.onGap);
    await database.prisma.$executeRaw`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE 'LISTEN%'`;
    await inbox.until('(gap)');
    await notify('cut', 'after the gap');
    expect(await inbox.until('after the gap')).toEqual(['(gap)', 'after the gap']);
    await stop();
  });

  test('a connection that falls silent without breaking is given up and replaced', async () => {
    const proxy = await ServerProxy.start(database.url!);
    const listener = new ServerListener({ connectionString: proxy.url }, silent, {
      everyMs: 20,
      // Long enough for a busy machine.
      silenceMs: 1_000,
    });
    const inbox = new Inbox();
    await listener.subscribe('silent', inbox);
    proxy.stall();
    await inbox.until('(gap)');
    await notify('silent', 'heard again');
    await inbox.until('heard again');
    await listener.close();
    await proxy.close();
  });

  test('closing while the server is away ends at once', async () => {
    const proxy = await ServerProxy.start(database.url!);
    const listener = new ServerListener({ connectionString: proxy.url }, silent);
    const inbox = new Inbox();
    const stop = await listener.subscribe('away', inbox);
    await proxy.close();
    await listener.close();
    await stop();
    expect(inbox.received).toEqual([]);
  });

  test('a second process on the same database is told too', async () => {
    const inbox = new Inbox();
    const stop = await database.listen('everywhere', inbox.onMessage, inbox.onGap);
    const client = new pg.Client({ connectionString: database.url! });
    await client.connect();
    await client.query(`NOTIFY everywhere, 'from outside'`);
    await client.end();
    await inbox.until('from outside');
    await stop();
  });
});

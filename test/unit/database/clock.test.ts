import { afterEach, expect, test } from '@jest/globals';
import { DatabaseClock, readingsOf, type Readings } from '../../../src/database/clock.ts';

const noon = Date.parse('2026-01-01T12:00:00Z');

/** A process beside a database whose clock is right; each of its own clocks can be moved alone. */
class Machine {
  database = noon;
  readings: Readings = { monotonic: 5_000, uptime: 900_000, wall: noon + 777 };
  asked = 0;

  readonly read = () => ({ ...this.readings });

  readonly prisma = {
    $queryRaw: () => {
      this.asked += 1;
      return Promise.resolve([{ now: new Date(this.database) }]);
    },
  } as unknown as Parameters<typeof DatabaseClock.start>[0]['work']['prisma'];

  pass(ms: number): void {
    this.database += ms;
    this.readings.monotonic += ms;
    this.readings.uptime += ms;
    this.readings.wall += ms;
  }

  sleep(ms: number): void {
    this.pass(ms);
    this.readings.monotonic -= ms;
  }
}

let clock: DatabaseClock;
afterEach(() => clock.stop());

const started = async (machine: Machine, kind: 'postgres' | 'embedded' = 'postgres') => {
  const { prisma, read } = machine;
  clock = await DatabaseClock.start({ kind, work: { prisma } }, read);
  return () => clock.now().getTime() - noon;
};

test('it is the time of the database, which goes on', async () => {
  const machine = new Machine();
  const now = await started(machine);
  expect(now()).toBe(0);
  machine.pass(1_500);
  expect(now()).toBe(1_500);
});

test('the uptime is read once for a moment, and again when the machine has slept', () => {
  const machine = new Machine();
  let read = 0;
  const readings = readingsOf({
    monotonic: () => machine.readings.monotonic,
    uptime: () => (++read, machine.readings.uptime),
    wall: () => machine.readings.wall,
  });
  const start = readings();
  machine.pass(3);
  expect(readings()).toEqual({ ...machine.read(), uptime: start.uptime });
  expect(read).toBe(1);
  machine.sleep(60_000);
  expect(readings()).toEqual(machine.read());
  machine.pass(5);
  expect(readings()).toEqual(machine.read());
  expect(read).toBe(3);
});

test.each([3_600_000, -600_000])('a wall clock that jumps by %d ms moves nothing', async (ms) => {
  const machine = new Machine();
  const now = await started(machine);
  const { asked } = machine;
  machine.pass(400);
  machine.readings.wall += ms;
  expect(now()).toBe(400);
  expect(now()).toBe(400);
  // The database is asked, once.
  await new Promise((done) => setTimeout(done, 10));
  expect(machine.asked).toBe(2 * asked);
  machine.pass(100);
  expect(now()).toBe(500);
  expect(machine.asked).toBe(2 * asked);
});

test('a machine that has slept knows at once how late it is', async () => {
  const machine = new Machine();
  const now = await started(machine);
  machine.sleep(30_000);
  expect(now()).toBe(30_000);
  machine.pass(250);
  expect(now()).toBe(30_250);
});

test('an uptime in whole seconds does not make the time jump', async () => {
  const machine = new Machine();
  const now = await started(machine);
  machine.pass(10);
  machine.readings.uptime += 1_000;
  expect(now()).toBe(10);
});

test('a virtual machine that was stopped is told the time by the database', async () => {
  const machine = new Machine();
  const now = await started(machine);
  machine.database += 60_000;
  machine.readings.wall += 60_000;
  expect(now()).toBe(0);
  await new Promise((done) => setTimeout(done, 10));
  expect(now()).toBe(60_000);
});

test('of a database within the process is not moved by whoever sets the wall clock', async () => {
  const machine = new Machine();
  const now = await started(machine, 'embedded');
  const { asked } = machine;
  machine.readings.wall += 3_600_000;
  machine.database += 3_600_000;
  machine.pass(1_000);
  expect(now()).toBe(1_000);
  expect(machine.asked).toBe(asked);
});

import { expect, test } from '@jest/globals';
import type { NewEvent } from '../../../src/audit/events.ts';
import { RefusedSignIns } from '../../../src/audit/refusals.ts';
import type { Sender } from '../../../src/graphql/sender.ts';

function start() {
  const events: NewEvent[] = [];
  let now = 1_000_000;
  const refusals = new RefusedSignIns({
    record: (event) => Promise.resolve(void events.push(event)),
    log: { error: () => undefined },
    now: () => new Date(now),
  });
  const refuse = (ip: string) => refusals.note({ ip } as Sender, null);
  return { events, refusals, refuse, pass: (ms: number) => (now += ms) };
}

test('of a thousand networks twenty are told of by themselves in a minute, the others by their number', async () => {
  const { events, refusals, refuse, pass } = start();
  for (let index = 0; index < 1_000; index++) {
    refuse(`2001:db8:0:${index.toString(16)}::1`);
    refuse(`2001:db8:0:${index.toString(16)}::2`);
  }
  expect(events).toHaveLength(20);
  pass(60_000);
  refuse('192.0.2.1');
  expect(events).toHaveLength(22);
  expect(events[20]).toEqual({
    action: 'SIGN_IN_REFUSED',
    detail: { count: 1_980, networks: 1_000 },
  });
  await refusals.stop();
  expect(events).toHaveLength(22);
});

test('what is still to be summed up is written at the end', async () => {
  const { events, refusals, refuse } = start();
  for (let count = 0; count < 3; count++) refuse('192.0.2.1');
  await refusals.stop();
  expect(events.map(({ detail }) => detail)).toEqual([undefined, { count: 2, networks: 1 }]);
});

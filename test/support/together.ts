import { beforeAll, test } from '@jest/globals';
import { gate } from './gate.ts';

/** What a test does; it awaits the function that it is given once what it needs has been started. */
export type Body = (allReady: () => Promise<void>) => Promise<void>;

/**
 * Tests that wait most of their time, for limits that a service has: they wait at the same time, each
 * of them once everything that all of them need has been started. What one needs is its own.
 */
export function testTogether(bodies: Record<string, Body>): void {
  const results = new Map<string, PromiseSettledResult<void>>();
  beforeAll(async () => {
    const { opened, open } = gate();
    const starting = new Set(Object.keys(bodies));
    const isReady = (name: string) => {
      starting.delete(name);
      if (starting.size === 0) open();
    };
    await Promise.all(
      Object.entries(bodies).map(async ([name, body]) => {
        const running = body(() => {
          isReady(name);
          return opened;
        }).finally(() => isReady(name));
        results.set(name, (await Promise.allSettled([running]))[0]);
      }),
    );
  }, 300_000);

  for (const name of Object.keys(bodies)) {
    test(name, () => {
      const result = results.get(name)!;
      if (result.status === 'rejected') throw result.reason;
    });
  }
}

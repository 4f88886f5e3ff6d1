import { expect, test } from '@jest/globals';
import { RecentKeys, type RecentKeysOptions } from '../../../src/generation/recent-keys.ts';

const remembered = 10_000;

/** Servers on a database that has lost everything, which hear of each other's requests. */
function servers() {
  const requests = new Set<(change: { id: string; version: number; keys: string[] }) => void>();
  const told = new Set<(payload: string) => void>();
  let time = 0;
  return {
    request(key: string) {
      time += 1;
      for (const hear of requests) hear({ id: `of-${key}`, version: 1, keys: [key] });
    },
    async start(): Promise<RecentKeys> {
      const options = {
        updates: { listen: ({ onChange }: { onChange: never }) => requests.add(onChange) },
        trail: { eventAt: () => Promise.resolve(null) },
        database: {
          listen: (_channel: string, onMessage: (payload: string) => void) => {
            told.add(onMessage);
            return Promise.resolve(() => Promise.resolve());
          },
          pool: {
            query: (_sql: string, [, payload]: [string, string]) => {
              expect(Buffer.byteLength(payload)).toBeLessThan(8_000);
              setImmediate(() => told.forEach((hear) => hear(payload)));
              return Promise.resolve();
            },
          },
        },
        now: () => new Date(time),
      };
      const keys = new RecentKeys(options as unknown as RecentKeysOptions);
      await keys.start();
      return keys;
    },
  };
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test('no server forgets what is recent, however often others start and requests go on', async () => {
  const database = servers();
  const all = [await database.start(), await database.start()];
  let made = 0;
  const make = (count: number) => {
    for (let done = 0; done < count; done++) database.request(`key-${made++}`);
  };
  make(remembered + 50);
  for (let round = 0; round < 5; round++) {
    const starting = database.start();
    for (let part = 0; part < 10; part++) {
      make(10);
      await turns(3);
    }
    all.push(await starting);
    await turns(5);
  }
  for (const server of all) {
    const forgotten: string[] = [];
    for (let index = made - remembered + 1_000; index < made; index++) {
      const key = `key-${index}`;
      if ((await server.findLost([key])) !== `of-${key}`) forgotten.push(key);
    }
    expect(forgotten).toEqual([]);
  }
});

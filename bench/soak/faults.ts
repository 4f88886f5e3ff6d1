import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import WebSocket from 'ws';
import { between, randomOf } from '../chaos/random.ts';
import type { Asking } from './asking.ts';
import type { DatabaseLine } from './line.ts';
import type { Account } from './load.ts';
import type { Target } from './targets.ts';

export interface Surroundings {
  seed: number;
  targets: readonly Target[];
  /** The one that is killed; the memory of the other is looked at over the whole run. */
  victim: Target;
  line: DatabaseLine;
  /** The database, past the line. */
  databaseUrl: string;
  asking: Asking;
  admin: Account;
  callers: readonly Account[];
}

type Fault = (surroundings: Surroundings, random: () => number) => Promise<void>;

/** What may happen to a server's surroundings, or to itself. Each resolves when it is over. */
export const faults = {
  'frozen server': async ({ targets }, random) => {
    await targets[between(random, 0, targets.length - 1)]!.freeze(between(random, 3_000, 12_000));
  },
  'killed server': async ({ victim }) => await victim.killAndRestart(),
  'connections swallowed': ({ line }) => {
    line.swallow();
    return Promise.resolve();
  },
  'database unreachable': async ({ line }, random) => {
    line.swallowsNew = true;
    line.swallow();
    await sleep(between(random, 3_000, 8_000));
    line.swallowsNew = false;
  },
  'connections reset': ({ line }) => {
    line.cut();
    return Promise.resolve();
  },
  'connections terminated': async ({ databaseUrl }) => {
    await onServer(databaseUrl, async (client) => await terminate(client, databaseUrl));
  },
  'read-only database': async ({ databaseUrl }, random) => {
    const name = nameOf(databaseUrl);
    await onServer(databaseUrl, async (client) => {
      await client.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
      await terminate(client, databaseUrl);
      await sleep(between(random, 3_000, 8_000));
      await client.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
    });
  },
  'locks held': async ({ databaseUrl }, random) => {
    const client = new pg.Client(databaseUrl);
    await client.connect();
    const lock = locks[between(random, 0, locks.length - 1)]!;
    await client.query(`BEGIN; ${lock}`);
    await sleep(between(random, 2_000, 6_000));
    await client.query('ROLLBACK');
    await client.end();
  },
  'heavy reads': async ({ targets, asking, admin, callers }, random) => {
    const query = `{ generationStats(groupBy: [DAY, STATUS]) { groups { count spend { amount } latency { p95 } } } }`;
    const target = targets[between(random, 0, targets.length - 1)]!;
    await Promise.all(
      Array.from({ length: 90 }, (_, index) => {
        const { token } = index % 2 === 0 ? admin : callers[index % callers.length]!;
        return asking.ask(target, { name: 'heavy stats', token, body: { query } });
      }),
    );
  },
  'bad tokens': async ({ targets, asking }, random) => {
    const body = { query: '{ me { callerId } }' };
    const tokens = [undefined, '', 'rg_00000000', 'x'.repeat(5_000), forgedToken(), '\u00ff'];
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const target = targets[index % targets.length]!;
        const from = `198.51.${between(random, 0, 255)}.${between(random, 0, 255)}`;
        await asking.ask(target, { name: 'bad token', token: tokens[index % 6], from, body });
      }),
    );
    await Promise.all(targets.map(refusedSocket));
  },
  'unknown callbacks': async ({ targets, asking }) => {
    await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        const path = `/callbacks/minimax/${randomBytes(24).toString('base64url')}`;
        const body = { task_id: String(index), status: 'success' };
        await asking.ask(targets[index % targets.length]!, { name: 'callback', path, body });
      }),
    );
  },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;

/** What somebody else's open transaction may keep from the servers. */
const locks = [
  'SELECT 1 FROM video_generation ORDER BY id DESC LIMIT 50 FOR UPDATE',
  'SELECT 1 FROM upstream_key FOR UPDATE',
  'SELECT 1 FROM api_key FOR UPDATE',
  // The first chain of events of no generation, then what every event shares.
  'SELECT pg_advisory_xact_lock(727073690, 0)',
  'SELECT pg_advisory_xact_lock(727073691)',
  'LOCK TABLE audit_event IN SHARE ROW EXCLUSIVE MODE',
  'LOCK TABLE webhook_delivery IN EXCLUSIVE MODE',
];

/** Every fault once, in an order that the seed decides, then again in another; never the same twice running. */
export function* inTurns(seed: number): Generator<FaultName, never> {
  const names = Object.keys(faults) as FaultName[];
  let last: FaultName | undefined;
  for (let round = 0; ; round++) {
    const random = randomOf(seed, 'faults', round);
    const shuffled = names
      .map((name) => ({ name, draw: name === last ? 1 : random() }))
      .sort((a, b) => a.draw - b.draw);
    for (const { name } of shuffled) yield (last = name);
  }
}

async function terminate(client: pg.Client, databaseUrl: string): Promise<void> {
  await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
    nameOf(databaseUrl),
  ]);
}

/** On a connection to the same server that none of this touches. */
async function onServer(
  databaseUrl: string,
  use: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const url = new URL(databaseUrl);
  url.pathname = '/postgres';
  const client = new pg.Client(url.href);
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

export function nameOf(databaseUrl: string): string {
  return new URL(databaseUrl).pathname.slice(1);
}

/** In the form of a token of an issuer, with a part that nobody has to understand. */
function forgedToken(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = part({ alg: 'RS256', kid: 'none', crit: ['odd'], odd: true });
  return `${header}.${part({ sub: 'somebody', role: 'admin' })}.${randomBytes(32).toString('base64url')}`;
}

async function refusedSocket({ server }: Target): Promise<void> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, [
    'graphql-transport-ws',
  ]);
  await once(socket, 'open');
  socket.send('{"type":"connection_init","payload":{"Authorization":"Bearer nobody"}}');
  await Promise.race([once(socket, 'close'), sleep(5_000)]);
  socket.terminate();
}

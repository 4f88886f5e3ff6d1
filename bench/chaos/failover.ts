import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import type { ThrowawayCluster } from '../../test/support/cluster.ts';
import type { ClientFigures } from './clients.ts';
import type { DecisionFigures } from './decisions.ts';
import type { LossyLine } from './line.ts';
import { between } from './random.ts';
import type { FaultyUpstream } from './upstream.ts';

/** An answer may come as much later than its request. */
const slackMs = 2_000;

/** For as long after it nobody is killed: what the servers heard before it they must remember. */
const calmMs = 10_000;

/**
 * A standby that takes over once, without what the first server did last, and an admin who settles what is
 * held for that.
 */
export class Failover {
  /** What was committed from here on is forgotten, up to there. */
  from = Infinity;
  to = Infinity;
  /** How many held generations were given the task that MiniMax had made for them, or sent. */
  attached = 0;
  released = 0;
  readonly #primary: ThrowawayCluster;
  readonly #standby: ThrowawayCluster;

  private constructor(primary: ThrowawayCluster, standby: ThrowawayCluster) {
    this.#primary = primary;
    this.#standby = standby;
  }

  static async prepare(primary: ThrowawayCluster): Promise<Failover> {
    return new Failover(primary, await primary.standby());
  }

  /** Where the database of this address is at the end. */
  after(url: string): string {
    const address = new URL(url);
    address.host = new URL(this.#standby.url).host;
    return address.href;
  }

  get isCalm(): boolean {
    return Date.now() >= this.from && Date.now() < this.to + calmMs;
  }

  async happen(line: LossyLine, random: () => number, signal: AbortSignal): Promise<void> {
    await sleep(between(random, 8_000, 14_000), undefined, { signal }).catch(() => undefined);
    line.calmDown();
    this.from = Date.now();
    await this.#primary.copiedTo(this.#standby);
    await this.#standby.deafen();
    await sleep(between(random, 500, 2_500));
    this.#primary.kill();
    await this.#standby.promote();
    line.lead(this.#standby.url);
    line.cut();
    this.to = Date.now();
  }

  /** The keys of which something may be forgotten. */
  touched(clients: ClientFigures, upstream: FaultyUpstream): Set<string> {
    const isWithin = (from: number, to: number) => to >= this.from - slackMs && from <= this.to;
    const asked = [...clients.asked].filter(([, times]) =>
      times.some(([from, to]) => isWithin(from, to)),
    );
    const sent = [...upstream.attempts].filter(([, attempts]) =>
      attempts.some(({ at }) => isWithin(at, at + slackMs)),
    );
    return new Set([...asked, ...sent].map(([key]) => key));
  }

  /** Looks each held one up at MiniMax: what was paid is followed, the rest is sent. */
  async settleHeld(
    url: string,
    upstream: FaultyUpstream,
    decisions: DecisionFigures,
  ): Promise<void> {
    const { generations } = await ask<{ generations: { nodes: Held[] } }>(
      url,
      '{ generations(first: 100, filter: { held: true }) { nodes { id version prompt } } }',
    );
    for (const { id, version, prompt } of generations.nodes) {
      const key = /clip (\S+) of/.exec(prompt)![1]!;
      const task = [...upstream.tasks].findLast(([, task]) => task.key === key);
      if (task) {
        await ask(
          url,
          `mutation { attachVideoGenerationTask(id: "${id}", version: ${version}, taskId: "${task[0]}") { userErrors { code } } }`,
        );
        this.attached += 1;
      } else {
        const versions = decisions.resubmitted.get(key) ?? new Set<number>();
        decisions.resubmitted.set(key, versions.add(version));
        await ask(
          url,
          `mutation { releaseVideoGenerations(ids: ["${id}"]) { userErrors { code } } }`,
        );
        this.released += 1;
      }
    }
  }

  async remove(): Promise<void> {
    await this.#standby.remove();
  }
}

interface Held {
  id: string;
  version: number;
  prompt: string;
}

async function ask<Data>(url: string, query: string): Promise<Data> {
  const { body } = await request(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
    signal: AbortSignal.timeout(5_000),
  });
  return ((await body.json()) as { data: Data }).data;
}

import { setTimeout as sleep } from 'node:timers/promises';
import { pngDataUrl } from '../../test/support/images.ts';
import { between, pick, randomOf } from '../chaos/random.ts';
import type { Asking, Reply } from './asking.ts';
import type { Target } from './targets.ts';

export interface Account {
  callerId: string;
  token: string;
}

export interface LoadOptions {
  seed: number;
  /** How many ask at one time. */
  clients: number;
  createsPerMinute: number;
  targets: readonly Target[];
  asking: Asking;
  callers: readonly Account[];
  admin: Account;
}

/** What the callers were told, to be held against what there is in the end. */
export interface Acknowledged {
  /** For each key, the generations that it was answered with. */
  creates: Map<string, Set<string>>;
  /** For each generation, those that its retry was answered with. */
  retries: Map<string, Set<string>>;
}

const weights = {
  create: 10,
  list: 22,
  one: 22,
  count: 7,
  search: 7,
  wait: 3,
  stats: 3,
  cancel: 3,
  retry: 3,
  submissions: 3,
  audit: 3,
  deliveries: 3,
  ready: 2,
};

const statuses = ['SUCCEEDED', 'FAILED', 'PROCESSING', 'QUEUED', 'UNCERTAIN', 'CANCELLED'];
const fields = 'id status version prompt model createdAt';

const documents = {
  create: `mutation ($input: CreateVideoGenerationInput!) {
    createVideoGeneration(input: $input) { generation { id status } replayed userErrors { code message } } }`,
  cancel: `mutation ($id: ID!) { cancelVideoGeneration(id: $id) { generation { id } userErrors { code } } }`,
  retry: `mutation ($id: ID!) { retryVideoGeneration(id: $id) { generation { id } userErrors { code } } }`,
  list: `query ($status: [VideoGenerationStatus!]) { generations(first: 20, filter: { status: $status }) {
    nodes { ${fields} } pageInfo { hasNextPage endCursor } } }`,
  one: `query ($id: ID!) { generation(id: $id) { ${fields} videoUrl events { action occurredAt } } }`,
  wait: `query ($id: ID!) { generation(id: $id, waitMs: 3000) { ${fields} } }`,
  count: `{ generations(first: 1) { totalCount totalCountIsExact } }`,
  search: `query ($text: String!) { generations(first: 10, filter: { promptContains: $text }) { totalCount nodes { ${fields} } } }`,
  stats: `{ generationStats(groupBy: [STATUS]) { groups { status count } } }`,
  submissions: `{ submissions(first: 20) { nodes { id outcome } } }`,
  audit: `{ auditEvents(first: 20) { nodes { id action } } }`,
  deliveries: `{ webhookDeliveries(first: 20) { nodes { id status } } }`,
};

const image = pngDataUrl();

/** The image that comes with what is asked for under this key, if any. */
export function imageOf(seed: number, key: string): string | undefined {
  return randomOf(seed, 'image', key)() < 0.25 ? image : undefined;
}

/** Clients that do not stop asking for one thing or another. */
export class Load {
  readonly acknowledged: Acknowledged = { creates: new Map(), retries: new Map() };
  /** Requests for videos that were not answered with one yet. */
  unanswered = 0;
  readonly #options: LoadOptions;
  /** Ids that a caller was told of lately. */
  readonly #known = new Map<string, string[]>();
  readonly #failed: { caller: Account; id: string }[] = [];
  #next = 0;
  #mayCreateAt = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Resolves some time after the signal, when every request for a video was answered with one. */
  async run(signal: AbortSignal): Promise<void> {
    const { clients } = this.#options;
    await Promise.all(Array.from({ length: clients }, (_, index) => this.#client(index, signal)));
  }

  async #client(index: number, signal: AbortSignal): Promise<void> {
    const { seed, callers } = this.#options;
    const random = randomOf(seed, 'client', index);
    const caller = callers[index % callers.length]!;
    while (!signal.aborted) {
      await sleep(between(random, 200, 1_000));
      const what = pick(random, weights);
      if (what === 'create' && this.#mayCreate()) await this.#create(caller, random);
      else await this.#look(what === 'create' ? 'list' : what, caller, random);
    }
  }

  #mayCreate(): boolean {
    if (Date.now() < this.#mayCreateAt) return false;
    this.#mayCreateAt = Date.now() + 60_000 / this.#options.createsPerMinute;
    return true;
  }

  /** Asks for one until it is there, with the same key, each time at another server. */
  async #create(caller: Account, random: () => number): Promise<void> {
    const { seed, targets } = this.#options;
    const key = `soak-${seed}-${this.#next++}`;
    const input = {
      model: 'MiniMax-Hailuo-02',
      prompt: `A clip ${key} of a paper boat that crosses a puddle`,
      duration: 6,
      resolution: '768P',
      firstFrameImage: imageOf(seed, key),
      idempotencyKey: key,
      tags: ['soak'],
    };
    const answers = new Set<string>();
    this.acknowledged.creates.set(key, answers);
    this.unanswered += 1;
    const first = between(random, 0, 1);
    // Some do not trust the answer and ask once more.
    const wanted = random() < 0.1 ? 2 : 1;
    let answered = 0;
    for (let tries = 0; answered < wanted; tries++) {
      const target = targets[(first + tries) % targets.length]!;
      const reply = await this.#ask(target, 'create', caller, { input });
      const id = reply?.body.data?.createVideoGeneration.generation?.id as string | undefined;
      if (id === undefined) {
        await sleep(Math.min(2, Number(reply?.retryAfter ?? 0.5)) * 1_000);
        continue;
      }
      answered += 1;
      answers.add(id);
      this.#learn(caller, id);
      if (random() < 0.03) await this.#ask(target, 'cancel', caller, { id });
    }
    this.unanswered -= 1;
  }

  async #look(
    what: Exclude<keyof typeof weights, 'create'>,
    caller: Account,
    random: () => number,
  ): Promise<void> {
    const { admin, asking } = this.#options;
    const target = this.#target(random);
    const known = this.#known.get(caller.callerId) ?? [];
    const id = known[between(random, 0, known.length - 1)];
    switch (what) {
      case 'one':
      case 'wait':
      case 'cancel':
        if (id !== undefined) await this.#ask(target, what, caller, { id });
        return;
      case 'retry':
        return await this.#retry(target);
      case 'list': {
        const status = [statuses[between(random, 0, statuses.length - 1)]];
        const reply = await this.#ask(target, 'list', caller, { status });
        const nodes = (reply?.body.data?.generations?.nodes ?? []) as { id: string }[];
        if (status[0] === 'FAILED' && this.#failed.length < 5)
          for (const node of nodes.slice(0, 1))
            if (known.includes(node.id)) this.#failed.push({ caller, id: node.id });
        return;
      }
      case 'count':
      case 'deliveries':
        await this.#ask(target, what, caller);
        return;
      case 'search':
        await this.#ask(target, what, caller, { text: `-${between(random, 0, this.#next)} of` });
        return;
      case 'stats':
      case 'submissions':
      case 'audit':
        await this.#ask(target, what, admin);
        return;
      case 'ready':
        await asking.ask(target, { name: 'readyz', path: '/readyz' });
    }
  }

  async #retry(target: Target): Promise<void> {
    const failed = this.#failed.shift();
    if (!failed) return;
    const { caller, id } = failed;
    const reply = await this.#ask(target, 'retry', caller, { id });
    const made = reply?.body.data?.retryVideoGeneration.generation?.id as string | undefined;
    if (made === undefined) return;
    const answers = this.acknowledged.retries.get(id) ?? new Set<string>();
    this.acknowledged.retries.set(id, answers.add(made));
    this.#learn(caller, made);
  }

  #learn({ callerId }: Account, id: string): void {
    this.#known.set(callerId, [...(this.#known.get(callerId) ?? []), id].slice(-100));
  }

  /** As a balancer sends most requests elsewhere while a server does not answer. */
  #target(random: () => number): Target {
    const { targets } = this.#options;
    const drawn = between(random, 0, targets.length - 1);
    const target = targets[drawn]!;
    const insists = random() < 0.2;
    return target.isUp || insists ? target : targets[(drawn + 1) % targets.length]!;
  }

  async #ask(
    target: Target,
    name: keyof typeof documents,
    { token }: Account,
    variables: object = {},
  ): Promise<Reply | null> {
    const body = { query: documents[name], variables };
    return await this.#options.asking.ask(target, { name, token, body });
  }
}

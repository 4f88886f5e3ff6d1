import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { bigPngDataUrl, pngDataUrl } from '../../test/support/images.ts';
import { between, randomOf } from './random.ts';

const mutation = `mutation Create($input: CreateVideoGenerationInput!) {
  createVideoGeneration(input: $input) {
    generation { id status } replayed userErrors { code message }
  }
}`;

const smallImage = pngDataUrl();
/** Stored in two pieces. */
const largeImage = bigPngDataUrl(1_500_000);

/** What the clients of the service met, together. */
export interface ClientFigures {
  /** For each key, the ids that it was answered with. */
  answers: Map<string, Set<string>>;
  /** For each key, when it was being asked for, from and to. */
  asked: Map<string, [number, number][]>;
  requests: number;
  cutByClient: number;
  failed: number;
  twins: number;
  /** Refusals that a correct service never gives to these requests. */
  refusals: string[];
}

/** Whether what is sent for a key goes in pieces, so that a sender can know that it was not sent whole. */
export function isInPieces(seed: number, key: string): boolean {
  return imageOf(seed, key) !== undefined;
}

export function imageOf(seed: number, key: string): string | undefined {
  const draw = randomOf(seed, 'image', key)();
  return draw < 0.04 ? largeImage : draw < 0.25 ? smallImage : undefined;
}

/**
 * Creates `count` generations, `parallel` at once. Whoever gets no answer asks
 * again with the same key at another server, until there is one.
 */
export async function createAll(options: {
  seed: number;
  count: number;
  parallel: number;
  urls: readonly string[];
  figures: ClientFigures;
  /** Ends it, answered or not. */
  signal: AbortSignal;
}): Promise<void> {
  const { seed, count, parallel, urls, figures, signal } = options;
  let next = 0;
  const client = async () => {
    while (next < count && !signal.aborted) {
      const key = `chaos-${seed}-${next++}`;
      const random = randomOf(seed, 'client', key);
      const input = inputOf(seed, key);
      figures.answers.set(key, new Set());
      await sleep(between(random, 0, 150));
      while (figures.answers.get(key)!.size === 0 && !signal.aborted) {
        const first = between(random, 0, urls.length - 1);
        const targets = [urls[first]!];
        if (random() < 0.15) {
          figures.twins += 1;
          targets.push(urls[(first + 1) % urls.length]!);
        }
        const patienceMs = random() < 0.15 ? between(random, 5, 300) : 8_000;
        await Promise.all(targets.map((url) => ask(url, key, input, patienceMs, figures)));
        if (figures.answers.get(key)!.size === 0) await sleep(between(random, 50, 300));
      }
      // Some do not trust the answer and ask once more.
      if (random() < 0.1)
        await ask(urls[between(random, 0, urls.length - 1)]!, key, input, 8_000, figures);
    }
  };
  await Promise.all(Array.from({ length: parallel }, client));
}

const ratios = ['21:9', '16:9', '4:3', '1:1', '3:4', '9:16'];

/** Half of them of each API generation; those of the second differ in what its list tells. */
function inputOf(seed: number, key: string): object {
  const random = randomOf(seed, 'input', key);
  if (random() < 0.5) {
    return {
      model: 'MiniMax-H3',
      prompt: `A clip ${key} of a paper boat that crosses a puddle`,
      duration: between(random, 4, 15),
      resolution: random() < 0.5 ? '2K' : '768P',
      aspectRatio: ratios[between(random, 0, ratios.length - 1)],
      firstFrameImage: imageOf(seed, key),
      idempotencyKey: key,
    };
  }
  return {
    model: 'MiniMax-Hailuo-02',
    prompt: `A clip ${key} of a paper boat that crosses a puddle`,
    duration: 6,
    resolution: '768P',
    firstFrameImage: imageOf(seed, key),
    idempotencyKey: key,
  };
}

async function ask(
  url: string,
  key: string,
  input: object,
  patienceMs: number,
  figures: ClientFigures,
): Promise<void> {
  figures.requests += 1;
  const from = Date.now();
  const signal = AbortSignal.timeout(patienceMs);
  try {
    const answer = await request(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: mutation, variables: { input } }),
      signal,
    });
    const { data } = (await answer.body.json()) as {
      data?: {
        createVideoGeneration: {
          generation: { id: string } | null;
          userErrors: { code: string; message: string }[];
        };
      };
    };
    const payload = data?.createVideoGeneration;
    for (const { code, message } of payload?.userErrors ?? []) {
      figures.refusals.push(`${key}: ${code} ${message}`);
    }
    if (payload?.generation) figures.answers.get(key)!.add(payload.generation.id);
    else figures.failed += 1;
  } catch {
    // Cut, refused or killed: whatever it was, the same key answers it.
    if (signal.aborted) figures.cutByClient += 1;
    else figures.failed += 1;
  } finally {
    figures.asked.set(key, [...(figures.asked.get(key) ?? []), [from, Date.now()]]);
  }
}

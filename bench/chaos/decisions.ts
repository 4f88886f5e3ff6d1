import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { between, pick, randomOf } from './random.ts';

/** What admins decided about uncertain generations, by idempotency key. */
export interface DecisionFigures {
  /** Versions that were decided about: at each one the request may be sent once more. */
  resubmitted: Map<string, Set<number>>;
  declared: Set<string>;
  /** How often a decision was sent again. */
  repeated: number;
}

/** Of uncertain generations the part that somebody decides about while the storm lasts. */
const decidedPart = 0.5;

const uncertain = `{ generations(first: 100, filter: { status: UNCERTAIN }) { nodes { id version prompt } } }`;

/**
 * Admins who settle what is uncertain and do not trust any answer: each decision goes to two servers at
 * once, twice.
 */
export async function decideOnUncertain(options: {
  seed: number;
  urls: readonly string[];
  figures: DecisionFigures;
  signal: AbortSignal;
}): Promise<void> {
  const { seed, urls, figures, signal } = options;
  const random = randomOf(seed, 'decisions');
  for (;;) {
    const goesOn = await sleep(700, true, { signal }).catch(() => false);
    if (!goesOn) return;
    const data = await ask(urls[between(random, 0, urls.length - 1)]!, uncertain);
    const nodes = (data as { generations?: { nodes: Uncertain[] } } | null)?.generations?.nodes;
    for (const { id, version, prompt } of nodes ?? []) {
      const key = /clip (\S+) of/.exec(prompt)![1]!;
      const draw = randomOf(seed, 'decision', key, version);
      if (draw() > decidedPart) continue;
      const mutation = pick(draw, {
        resubmitVideoGeneration: 2,
        declareVideoGenerationNotCreated: 1,
      });
      // Noted before it is sent: an answer that is lost says nothing.
      if (mutation === 'declareVideoGenerationNotCreated') figures.declared.add(key);
      else {
        const versions = figures.resubmitted.get(key) ?? new Set<number>();
        figures.resubmitted.set(key, versions.add(version));
      }
      const text = `mutation { ${mutation}(id: "${id}", version: ${version}) { userErrors { code } } }`;
      for (let round = 0; round < 2; round++) {
        await Promise.all([0, 1].map((index) => ask(urls[index % urls.length]!, text)));
        figures.repeated += round === 0 ? 1 : 2;
      }
    }
  }
}

interface Uncertain {
  id: string;
  version: number;
  prompt: string;
}

/** What was answered, or null: the server may be gone, or the line. */
async function ask(url: string, query: string): Promise<unknown> {
  try {
    const { body } = await request(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
      signal: AbortSignal.timeout(5_000),
    });
    return ((await body.json()) as { data: unknown }).data;
  } catch {
    return null;
  }
}

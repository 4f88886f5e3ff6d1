import { createHash } from 'node:crypto';

/** Numbers in [0, 1) that are the same for the same seed and label, whatever happens in between. */
export function randomOf(seed: number, ...label: (string | number)[]): () => number {
  let state = createHash('sha256')
    .update([seed, ...label].join(' '))
    .digest()
    .readUInt32LE();
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function between(random: () => number, low: number, high: number): number {
  return Math.round(low + (high - low) * random());
}

/** One of the names, as often as its weight says. */
export function pick<Name extends string>(
  random: () => number,
  weights: Readonly<Record<Name, number>>,
): Name {
  const entries = Object.entries(weights) as [Name, number][];
  let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of entries) if ((left -= weight) < 0) return name;
  return entries.at(-1)![0];
}

/** Up to 20 % more or less, so that what failed together does not come again together. */
export function jittered(ms: number, random: () => number): number {
  return Math.round(ms * (0.8 + 0.4 * random()));
}

export const framesPerSecond = 24;

/** MiniMax's count for a duration: the smallest 17·k + 5 that is no shorter (V2 §3). */
export function framesOf(seconds: number): number {
  const least = seconds * framesPerSecond;
  return Math.ceil((least - 5) / 17) * 17 + 5;
}

/** What making a video of a duration anew is metered as: its real length in whole seconds, rounded up (V2 §9). */
export function regeneratedSeconds(duration: number): number {
  return Math.ceil(framesOf(duration) / framesPerSecond);
}

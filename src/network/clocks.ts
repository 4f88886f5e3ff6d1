/** Both clocks of a process at one moment. */
export interface Clocks {
  monotonic: number;
  wall: number;
}

export function readClocks(): Clocks {
  return { monotonic: performance.now(), wall: Date.now() };
}

/** By whichever clock says more: the monotonic one stands still while a machine sleeps, the other may be set. */
export function elapsedMs({ monotonic, wall }: Clocks): number {
  return Math.max(performance.now() - monotonic, Date.now() - wall);
}

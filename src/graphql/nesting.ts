/** A value, what lies in it, what lies in that, and so on: level by level, since calls within calls would need a stack as deep. */
export function* levelsOf(value: unknown): Generator<readonly unknown[], void, undefined> {
  for (let level = [value]; level.length > 0;) {
    yield level;
    const next: unknown[] = [];
    for (const holder of level) {
      if (typeof holder !== 'object' || holder === null) continue;
      for (const held of Object.values(holder)) next.push(held);
    }
    level = next;
  }
}

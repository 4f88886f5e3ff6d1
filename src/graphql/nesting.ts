/** Whether objects and lists are nested more than so many levels deep; without recursion. */
export function isDeeperThan(value: object, levels: number): boolean {
  let level = [value];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > levels) return true;
    const next: object[] = [];
    for (const holder of level) {
      for (const held of Object.values(holder) as unknown[]) {
        if (typeof held === 'object' && held !== null) next.push(held);
      }
    }
    level = next;
  }
  return false;
}

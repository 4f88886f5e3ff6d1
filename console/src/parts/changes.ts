import type { EventFragment } from '../../generated/graphql.ts';
import { texts } from '../texts.ts';

/** Something that an event changed; `before` is null where there was nothing. */
export interface Change {
  name: string;
  before: string | null;
  after: string;
}

type ChangingEvent = Pick<EventFragment, 'fromStatus' | 'toStatus' | 'objectId' | 'detail'>;
type Detail = Readonly<Record<string, unknown>>;

/** `detail` of an event, which is a flat object as JSON; null where it is something else. */
export function readDetail(detail: string | null): Detail | null {
  if (detail === null) return null;
  try {
    const value = JSON.parse(detail) as unknown;
    return typeof value === 'object' && value !== null ? (value as Detail) : null;
  } catch {
    return null;
  }
}

/** What an event tells of both as it was and as it became. */
export function changesOf(event: ChangingEvent): Change[] {
  const { fromStatus, toStatus } = event;
  const changes: Change[] = [];
  if (toStatus && fromStatus !== toStatus) {
    const before = fromStatus && texts.status[fromStatus];
    changes.push({ name: texts.list.state, before, after: texts.status[toStatus] });
  }
  const detail = readDetail(event.detail) ?? {};
  for (const [old, now] of pairsOf(event, detail)) {
    changes.push({ name: sayName(now.name), before: sayValue(detail[old]), after: now.value });
  }
  return changes;
}

/** What else `detail` tells, in words. */
export function restOfDetail(event: ChangingEvent): string {
  const detail = readDetail(event.detail);
  if (detail === null) return event.detail ?? '';
  const shown = new Set(pairsOf(event, detail).flatMap(([old, { name }]) => [old, name]));
  return Object.entries(detail)
    .filter(([name]) => !shown.has(name))
    .map(([name, value]) => `${sayName(name)}: ${sayValue(value)}`)
    .join(' · ');
}

/** Fields such as `oldKeyId`, each with what came in its place. */
function pairsOf(event: ChangingEvent, detail: Detail) {
  return Object.keys(detail).flatMap((old) => {
    const [, first, rest] = /^old([A-Z])(\w*)$/.exec(old) ?? [];
    if (first === undefined) return [];
    const name = first.toLowerCase() + rest;
    // An event on a key has the id of the new one by itself.
    const after = name in detail ? detail[name] : name === 'keyId' ? event.objectId : null;
    return after === null || after === undefined
      ? []
      : [[old, { name, value: sayValue(after) }] as const];
  });
}

const sayName = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const sayValue = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

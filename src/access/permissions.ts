import type { Caller } from '../graphql/caller.ts';
import { ApiError } from '../graphql/errors.ts';

/**
 * What each role may do: a CLIENT creates, sees its own and its tenant's and changes its own, an
 * AUDITOR reads everything and changes nothing, an ADMIN may do both for all.
 */
const permissions = {
  /** Request, retry, refresh and cancel generations; have webhooks. */
  generate: ['CLIENT', 'ADMIN'],
  /** See what belongs to others. */
  seeAll: ['AUDITOR', 'ADMIN'],
  /** Settle uncertain generations, release held ones, manage keys. */
  administer: ['ADMIN'],
} as const satisfies Record<string, readonly Caller['role'][]>;

export type Permission = keyof typeof permissions;

export function may(caller: Caller, permission: Permission): boolean {
  return (permissions[permission] as readonly Caller['role'][]).includes(caller.role);
}

/** Throws FORBIDDEN unless the caller's role allows it. */
export function demand(caller: Caller, permission: Permission): void {
  if (may(caller, permission)) return;
  throw new ApiError(
    'FORBIDDEN',
    `This needs the role ${permissions[permission].join(' or ')}; yours is ${caller.role}.`,
  );
}

/**
 * Which rows a caller may see: all of them, or those of its own and of its
 * tenant. What is outside does not exist for it.
 */
export function visibleTo(caller: Caller): {
  OR?: [{ callerId: string }, ...{ tenant: string }[]];
} {
  if (may(caller, 'seeAll')) return {};
  return {
    OR: [{ callerId: caller.id }, ...(caller.tenant === null ? [] : [{ tenant: caller.tenant }])],
  };
}

/** Whether a row is among those. */
export function isVisibleTo(
  caller: Caller,
  row: { callerId: string; tenant: string | null },
): boolean {
  return (
    may(caller, 'seeAll') ||
    row.callerId === caller.id ||
    (caller.tenant !== null && row.tenant === caller.tenant)
  );
}

import type { Role } from '../graphql/caller.ts';

/** Roles from the one that may least. */
export const roles: readonly Role[] = ['CLIENT', 'AUDITOR', 'ADMIN'];

/** The role of this name, in any case; undefined for anything else, however alike it looks. */
export function roleNamed(name: unknown): Role | undefined {
  // Only letters of ASCII: `admın`, with a dotless i, is ADMIN in upper case too.
  if (typeof name !== 'string' || !/^[a-z]+$/i.test(name)) return undefined;
  return roles.find((role) => role === name.toUpperCase());
}

/** Whether a caller, or a tenant, may have this name. */
export function isName(name: unknown): name is string {
  return typeof name === 'string' && /^[\w.-]{1,100}$/.test(name);
}

/** Whether a key may be said to be for this. */
export function isPurpose(text: string): boolean {
  return text.length <= 100 && !/\p{Cc}/u.test(text);
}

export const nameRule = '1 to 100 letters, digits and "._-"';

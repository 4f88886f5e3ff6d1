import type { Caller } from '../graphql/caller.ts';

export type ObjectKind = 'INPUT' | 'VIDEO';

/** Under which its bytes are in the storage. */
export function keyOf({ kind, id }: { kind: ObjectKind | (string & {}); id: string }): string {
  // In 256 folders, by the random end of the id: one would grow without end.
  return `${kind === 'VIDEO' ? 'videos' : 'inputs'}/${id.slice(-2)}/${id}`;
}

/** Of the small picture of an image, which goes with it. */
export function thumbnailKeyOf({ id }: { id: string }): string {
  return `thumbnails/${id.slice(-2)}/${id}`;
}

/** Of what comes in pieces, until it is whole. */
export function uploadFolderOf({ id }: { id: string }): string {
  return `uploads/${id.slice(-2)}/${id}`;
}

/** What keys begin with. */
export const kinds = ['videos', 'inputs', 'thumbnails', 'uploads'] as const;

const keyPattern = new RegExp(
  `^(?:${kinds.join('|')})/[\\da-f]{2}/([\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12})(?:/[\\w-]+)?$`,
);

/** Of what a key is; undefined where it is not named as ours are, and somebody else's. */
export function idOfKey(key: string): string | undefined {
  return keyPattern.exec(key)?.[1];
}

/** For whom bytes are stored: its tenant, or the caller itself where there is none. */
export function ownerOf({ id, tenant }: Pick<Caller, 'id' | 'tenant'>): string {
  return tenant === null ? `caller:${id}` : `tenant:${tenant}`;
}

/** The tenant that an owner is; null where it is a caller. */
export function tenantOfOwner(owner: string): string | null {
  return owner.startsWith('tenant:') ? owner.slice('tenant:'.length) : null;
}

/** The caller without a tenant that an owner is. */
export function callerOfOwner(owner: string): string | null {
  return owner.startsWith('caller:') ? owner.slice('caller:'.length) : null;
}

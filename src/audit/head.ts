import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import type { AuditCheckpoint } from '../database/generated/client.ts';

/** Who signs checkpoints. */
export interface SigningKey {
  privateKey: KeyObject;
  /** The raw 32 bytes in base64url. */
  publicKey: string;
}

/** Whose signatures count. */
export interface Trust {
  publicKeys: ReadonlySet<string>;
  /** An operator said which keys there are: a signature by any other is an alarm, not only a remark. */
  pinned: boolean;
}

export const trustNobody: Trust = { publicKeys: new Set(), pinned: false };

const version = 'reelgraph-head-1';

/**
 * A checkpoint as one line that can be kept anywhere: its number, when it was made, the last event,
 * that one's position, how many events there were in all, the hash, who signed it and the
 * signature, which is over everything before its dot.
 */
export function headOf(checkpoint: AuditCheckpoint): string {
  return `${signedText(checkpoint)}.${checkpoint.signature ?? ''}`;
}

function signedText(checkpoint: AuditCheckpoint): string {
  const { id, createdAt, lastEventId, lastPosition, totalCount, hash, publicKey } = checkpoint;
  const counts = [lastPosition ?? '', totalCount ?? ''];
  return [version, id, createdAt.getTime(), lastEventId, ...counts, hash, publicKey ?? ''].join(
    '.',
  );
}

/** The same checkpoint, signed. */
export function signed(checkpoint: AuditCheckpoint, key: SigningKey): AuditCheckpoint {
  const named = { ...checkpoint, publicKey: key.publicKey };
  const signature = sign(null, Buffer.from(signedText(named)), key.privateKey);
  return { ...named, signature: signature.toString('base64url') };
}

/** What a line says, or null when it is not a head. Whether its signature is right is not looked at. */
export function parseHead(line: string): AuditCheckpoint | null {
  const parts = line.trim().split('.');
  const [name, id, made, lastEventId, position, total, hash, publicKey, signature] = parts;
  const isWhole = [id, made, position, total].every((part) => /^\d{1,16}$/.test(part ?? ''));
  if (name !== version || parts.length !== 9 || !isWhole) return null;
  return {
    id: Number(id),
    createdAt: new Date(Number(made)),
    lastEventId: lastEventId!,
    lastPosition: Number(position),
    totalCount: Number(total),
    // Not part of the line: it follows from the totals.
    eventCount: 0,
    hash: hash!,
    publicKey: publicKey || null,
    signature: signature || null,
  };
}

/** Whether two are the same checkpoint, in everything that a head tells. */
export function isSameHead(one: AuditCheckpoint, other: AuditCheckpoint): boolean {
  return headOf(one) === headOf(other);
}

/** `NONE`: of a time before signatures, or by a server without a key. `UNKNOWN_KEY`: right, but anybody could have made it. */
export type SignatureState = 'VALID' | 'INVALID' | 'UNKNOWN_KEY' | 'NONE';

export function judgeSignature(checkpoint: AuditCheckpoint, trust: Trust): SignatureState {
  const { publicKey, signature } = checkpoint;
  if (publicKey === null || signature === null) return 'NONE';
  const text = Buffer.from(signedText(checkpoint));
  let isRight: boolean;
  try {
    isRight = verify(null, text, toKey(publicKey), Buffer.from(signature, 'base64url'));
  } catch {
    return 'INVALID';
  }
  if (!isRight) return 'INVALID';
  return trust.publicKeys.has(publicKey) ? 'VALID' : 'UNKNOWN_KEY';
}

/** Whether a checkpoint with this signature is an alarm by itself. */
export function isUntrusted(checkpoint: AuditCheckpoint, trust: Trust): boolean {
  const state = judgeSignature(checkpoint, trust);
  return state === 'INVALID' || (state !== 'VALID' && trust.pinned);
}

/**
 * Judges the signatures of checkpoints one after the other. Where an operator said which keys there
 * are, each is by one of them from the first on that is: before, there may have been others, of which
 * nobody knows any more. Nowhere is one wrong.
 */
export class Signatures {
  readonly #trust: Trust;
  #isVouched: boolean;

  constructor(trust: Trust, before: AuditCheckpoint | null) {
    this.#trust = trust;
    this.#isVouched = before !== null && judgeSignature(before, trust) === 'VALID';
  }

  /** Whether the next checkpoint may have the signature that it has. */
  goOnBy(checkpoint: AuditCheckpoint): boolean {
    const state = judgeSignature(checkpoint, this.#trust);
    this.#isVouched ||= state === 'VALID';
    return state !== 'INVALID' && (state === 'VALID' || !this.#trust.pinned || !this.#isVouched);
  }
}

function toKey(publicKey: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
}

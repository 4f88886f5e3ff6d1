import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Database } from '../database/database.ts';
import type { ApiKey } from '../database/generated/client.ts';
import type { Caller, Role } from '../graphql/context.ts';

export type { ApiKey };

export interface NewApiKey {
  /** Whose key it is; the keys of one caller share its generations. */
  callerId: string;
  name: string;
  role: Role;
  tenant: string | null;
  expiresAt: Date | null;
}

/** A key as its owner gets it, once: only its hash is stored. */
export interface IssuedApiKey {
  apiKey: ApiKey;
  secret: string;
}

/** How exactly `lastUsedAt` is known. */
const lastUseStepMs = 60_000;

/** The API keys: shown once, stored hashed. */
export class ApiKeys {
  readonly #prisma: Database['prisma'];
  readonly #now: () => Date;

  constructor(options: { prisma: Database['prisma']; now: () => Date }) {
    this.#prisma = options.prisma;
    this.#now = options.now;
  }

  async create(key: NewApiKey): Promise<IssuedApiKey> {
    const prefix = `rg_${randomBytes(4).toString('hex')}`;
    const secret = `${prefix}_${randomBytes(24).toString('base64url')}`;
    const apiKey = await this.#prisma.apiKey.create({
      data: { ...key, id: randomUUID(), prefix, hash: hashOf(secret), createdAt: this.#now() },
    });
    return { apiKey, secret };
  }

  /** A new key for the same caller; the old one works until `overlapMs` from now at most. Null when the old one does not work any more. */
  async rotate(id: string, overlapMs: number): Promise<IssuedApiKey | null> {
    const now = this.#now();
    const old = await this.find(id);
    if (!old || !isUsable(old, now)) return null;
    const end = new Date(now.getTime() + overlapMs);
    const { callerId, name, role, tenant, expiresAt } = old;
    const issued = await this.create({ callerId, name, role, tenant, expiresAt });
    await this.#prisma.apiKey.update({
      where: { id },
      data: { expiresAt: old.expiresAt && old.expiresAt < end ? old.expiresAt : end },
    });
    return issued;
  }

  /** Ends a key at once; null when there is none. An ended one stays as it is. */
  async revoke(id: string): Promise<ApiKey | null> {
    await this.#prisma.apiKey.updateMany({
      where: { id, revokedAt: null },
      data: { revokedAt: this.#now() },
    });
    return await this.find(id);
  }

  async find(id: string): Promise<ApiKey | null> {
    return await this.#prisma.apiKey.findUnique({ where: { id } });
  }

  /** All keys, newest first. */
  async list(): Promise<ApiKey[]> {
    return await this.#prisma.apiKey.findMany({ orderBy: { createdAt: 'desc' }, take: 500 });
  }

  /** Whether anybody could sign in with a key. */
  async exist(): Promise<boolean> {
    return (await this.#prisma.apiKey.findFirst({ select: { id: true } })) !== null;
  }

  /** The caller whose key this is; null for an unknown, expired or revoked one. */
  async authenticate(secret: string): Promise<Caller | null> {
    const now = this.#now();
    const key = await this.#prisma.apiKey.findUnique({ where: { hash: hashOf(secret) } });
    if (!key || !isUsable(key, now)) return null;
    if (!key.lastUsedAt || now.getTime() - key.lastUsedAt.getTime() >= lastUseStepMs) {
      await this.#prisma.apiKey.update({ where: { id: key.id }, data: { lastUsedAt: now } });
    }
    return { id: key.callerId, kind: 'API_KEY', role: key.role, tenant: key.tenant };
  }
}

export function isUsable(key: ApiKey, now: Date): boolean {
  return key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now);
}

/** A key has 192 random bits: a plain hash cannot be searched, and needs no salt. */
function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

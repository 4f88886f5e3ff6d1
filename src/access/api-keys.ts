import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Database } from '../database/database.ts';
import type { ApiKey, Prisma } from '../database/generated/client.ts';
import type { Caller, Role } from '../graphql/caller.ts';
import type { Context } from '../graphql/context.ts';
import { CheckedKeys } from './checked-keys.ts';

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

/** Who made a change; null on the command line. */
export type KeyAdmin = Pick<Context, 'caller' | 'ip' | 'userAgent' | 'requestId'> | null;

/** What happened to a key, to be recorded with it. */
export interface KeyChange {
  action: 'API_KEY_CREATED' | 'API_KEY_ROTATED' | 'API_KEY_REVOKED';
  /** The new key where one was made. */
  apiKey: ApiKey;
  by: KeyAdmin;
  /** The key in whose place this one was made, with its end. */
  replaced?: ApiKey;
}

export interface ApiKeysOptions {
  prisma: Database['prisma'];
  now: () => Date;
  /** Records a change in its own transaction: what cannot be recorded does not happen. */
  record: (change: KeyChange, tx: Prisma.TransactionClient) => Promise<void>;
}

/** How exactly `lastUsedAt` is known. */
const lastUseStepMs = 60_000;

/** The API keys: shown once, stored hashed. */
export class ApiKeys {
  readonly #prisma: Database['prisma'];
  readonly #now: () => Date;
  readonly #record: ApiKeysOptions['record'];
  readonly #checked: CheckedKeys;

  constructor(options: ApiKeysOptions) {
    const { prisma, now, record } = options;
    this.#prisma = prisma;
    this.#now = now;
    this.#record = record;
    this.#checked = new CheckedKeys(prisma);
  }

  /** Hears from here on of the changes that other servers make; `close` ends it. */
  async listen(database: Pick<Database, 'listen'>): Promise<void> {
    await this.#checked.listen(database);
  }

  async close(): Promise<void> {
    await this.#checked.close();
  }

  async create(key: NewApiKey, by: KeyAdmin): Promise<IssuedApiKey> {
    return await this.#prisma.$transaction(async (tx) => {
      const issued = await this.#issue(key, tx);
      await this.#record({ action: 'API_KEY_CREATED', apiKey: issued.apiKey, by }, tx);
      return issued;
    });
  }

  async #issue(key: NewApiKey, tx: Prisma.TransactionClient): Promise<IssuedApiKey> {
    const prefix = `rg_${randomBytes(4).toString('hex')}`;
    const secret = `${prefix}_${randomBytes(24).toString('base64url')}`;
    const apiKey = await tx.apiKey.create({
      data: { ...key, id: randomUUID(), prefix, hash: hashOf(secret), createdAt: this.#now() },
    });
    return { apiKey, secret };
  }

  /** A new key for the same caller; the old one works until `overlapMs` from now at most. Null when the old one does not work any more. */
  async rotate(id: string, overlapMs: number, by: KeyAdmin): Promise<IssuedApiKey | null> {
    const now = this.#now();
    const old = await this.find(id);
    if (!old || !isUsable(old, now)) return null;
    const end = new Date(now.getTime() + overlapMs);
    const { callerId, name, role, tenant, expiresAt } = old;
    const issued = await this.#prisma.$transaction(async (tx) => {
      const issued = await this.#issue({ callerId, name, role, tenant, expiresAt }, tx);
      const replaced = await tx.apiKey.update({
        where: { id },
        data: { expiresAt: old.expiresAt && old.expiresAt < end ? old.expiresAt : end },
      });
      const { apiKey } = issued;
      await this.#record({ action: 'API_KEY_ROTATED', apiKey, by, replaced }, tx);
      return issued;
    });
    this.#checked.forget(old.hash);
    return issued;
  }

  /** Ends a key at once; null when there is none. An ended one stays as it is. */
  async revoke(id: string, by: KeyAdmin): Promise<ApiKey | null> {
    const ended = await this.#prisma.$transaction(async (tx) => {
      const [apiKey] = await tx.apiKey.updateManyAndReturn({
        where: { id, revokedAt: null },
        data: { revokedAt: this.#now() },
      });
      if (apiKey) await this.#record({ action: 'API_KEY_REVOKED', apiKey, by }, tx);
      return apiKey;
    });
    if (ended) this.#checked.forget(ended.hash);
    return ended ?? (await this.find(id));
  }

  async find(id: string): Promise<ApiKey | null> {
    return await this.#prisma.apiKey.findUnique({ where: { id } });
  }

  /** Those that there are, in any order. */
  async findMany(ids: readonly string[]): Promise<ApiKey[]> {
    return await this.#prisma.apiKey.findMany({ where: { id: { in: [...ids] } } });
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
    const key = await this.#checked.find(hashOf(secret));
    if (!key || !isUsable(key, now)) return null;
    if (!key.lastUsedAt || now.getTime() - key.lastUsedAt.getTime() >= lastUseStepMs) {
      // First, so that only one of the requests of this moment writes it.
      key.lastUsedAt = now;
      await this.#prisma.apiKey.updateMany({ where: { id: key.id }, data: { lastUsedAt: now } });
    }
    const { id: apiKeyId, callerId, role, tenant } = key;
    return { id: callerId, kind: 'API_KEY', role, tenant, apiKeyId };
  }

  /** Whether somebody who shows this key now is let in. */
  async works(id: string): Promise<boolean> {
    const key = await this.find(id);
    return key !== null && isUsable(key, this.#now());
  }
}

export function isUsable(key: ApiKey, now: Date): boolean {
  return key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now);
}

/** A key has 192 random bits: a plain hash cannot be searched, and needs no salt. */
function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

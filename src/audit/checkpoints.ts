import { appendFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../database/database.ts';
import { Prisma, type AuditCheckpoint } from '../database/generated/client.ts';
import { headOf, isUntrusted, signed, trustNobody, type SigningKey, type Trust } from './head.ts';
import { Look } from './look.ts';
import {
  beginning,
  drawn,
  end,
  isIn,
  lastWithoutPosition,
  partsOf,
  placeOf,
  Seal,
} from './ranges.ts';
import type { Place, Range } from './ranges.ts';

export interface CheckpointOptions {
  prisma: Database['prisma'];
  log: {
    info(details: object, message: string): void;
    error(details: object, message: string): void;
  };
  now: () => Date;
  /** Without one they are not signed. */
  key?: SigningKey | undefined;
  trust?: Trust;
  /** Each head is added as a line to this file. */
  headFile?: string | undefined;
}

/** A checkpoint covers about so many events at most; when there are more, several are made in a row. */
const maxEvents = 50_000;

/** Transactions that write events end within a moment. One that does not is left to the next time. */
const patienceMs = 5_000;

/** The seals on everything that has happened. */
export class Checkpoints {
  readonly #options: CheckpointOptions;
  #latest: AuditCheckpoint | null = null;

  constructor(options: CheckpointOptions) {
    this.#options = options;
  }

  /** The latest one that was made here: what the database has must go on from it. */
  get latest(): AuditCheckpoint | null {
    return this.#latest;
  }

  /**
   * Seals what has happened since the last checkpoint; null when that is nothing.
   *
   * The head goes to the log and, if configured, to a file: whoever rewrites the database cannot
   * rewrite what lies elsewhere. Of servers that do so at once one makes it. Refuses to go on from
   * a checkpoint whose signature is wrong: it would vouch for what somebody else has written.
   */
  async make(): Promise<AuditCheckpoint | null> {
    const { prisma, log, headFile } = this.#options;
    const look = await Look.into(prisma);
    const settled = await this.#settledPosition(look);
    let made: AuditCheckpoint | null = null;
    for (;;) {
      const last = await prisma.auditCheckpoint.findFirst({ orderBy: { id: 'desc' } });
      if (last && isUntrusted(last, this.#options.trust ?? trustNobody)) {
        log.error({ ...last }, untrustedMessage);
        return made;
      }
      const next = await this.#next(look, last, settled);
      if (next === null) return made;
      const { count } = await prisma.auditCheckpoint.createMany({
        data: next,
        skipDuplicates: true,
      });
      if (count === 0) return made;
      made = next;
      this.#latest = made;
      const head = headOf(made);
      log.info({ ...made, head }, 'audit checkpoint');
      if (headFile !== undefined) await appendFile(headFile, `${head}\n`);
    }
  }

  /** The checkpoint after `last`, signed, or null when there is nothing to seal. */
  async #next(
    look: Look,
    last: AuditCheckpoint | null,
    settled: number,
  ): Promise<AuditCheckpoint | null> {
    const { prisma, key, now } = this.#options;
    const from = last ? placeOf(last) : beginning;
    // What has no position comes first, by itself.
    const ranges: Range[] = [
      ...(from.position === 0 ? [{ after: from, upTo: lastWithoutPosition }] : []),
      ...(settled > from.position ? [{ after: from, upTo: { ...end, position: settled } }] : []),
    ];
    for (const range of ranges) {
      const sealed = await this.#seal(look, range, last?.hash ?? '');
      if (sealed === null) continue;
      const { place, ...seal } = sealed;
      const checkpoint = {
        ...seal,
        id: (last?.id ?? 0) + 1,
        createdAt: now(),
        lastEventId: place.id,
        lastPosition: place.position,
        totalCount: (await totalOf(prisma, last)) + seal.eventCount,
        publicKey: null,
        signature: null,
      };
      return key ? signed(checkpoint, key) : checkpoint;
    }
    return null;
  }

  /** The hash over what lies in the range, as far as one checkpoint reaches. */
  async #seal(
    look: Look,
    range: Range,
    previousHash: string,
  ): Promise<{ place: Place; eventCount: number; hash: string } | null> {
    const seal = new Seal(previousHash);
    let place: Place | undefined;
    for await (const part of partsOf(look, range)) {
      const { hashes } = await look.row<{ hashes: string }>(Prisma.sql`
        SELECT string_agg(coalesce(event.hash, ''), ' ' ORDER BY event.position, event.id) AS hashes
        FROM ${look.table('audit_event')} AS event WHERE ${isIn(part)}`);
      seal.add(hashes, part);
      place = part.upTo;
      if (seal.count >= maxEvents) break;
    }
    return place ? { place, eventCount: seal.count, hash: seal.digest() } : null;
  }

  /**
   * The highest position up to which nothing is still to come.
   *
   * Events become visible when their transactions commit, in whatever order. Each transaction that
   * draws a position holds a shared lock from before until its end. So: the latest position that was
   * drawn, and then, who holds that lock; when they are gone, all up to there is there or never will be.
   */
  async #settledPosition(look: Look): Promise<number> {
    const { log } = this.#options;
    const { position } = await look.row<{ position: number }>(drawn(look));
    const writing = await writers(look);
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const now = new Set(await writers(look));
      if (!writing.some((transaction) => now.has(transaction))) {
        return Math.min(position, end.position);
      }
      if (performance.now() > deadline) {
        log.info(
          { writing: [...now] },
          'no audit checkpoint: a transaction that adds events stays open',
        );
        return 0;
      }
      await pause(50);
    }
  }
}

export const untrustedMessage =
  'AUDIT ALARM: the last checkpoint in the database is not signed by a key that counts here, so none is added to it. If another server made it, give all the same AUDIT_SIGNING_KEY or name its public key in AUDIT_TRUSTED_KEYS; else run "npm run verify-audit"';

/** The transactions of this database that have added events and are still open. */
async function writers(look: Look): Promise<string[]> {
  const rows = await look.rows<{ transaction: string }>(Prisma.sql`
    SELECT DISTINCT virtualtransaction AS transaction FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 0 AND objid = 727073691 AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
  return rows.map(({ transaction }) => transaction);
}

/** How many events are covered by a checkpoint and those before; earlier versions did not store it. */
async function totalOf(prisma: Database['prisma'], last: AuditCheckpoint | null): Promise<number> {
  if (last === null) return 0;
  if (last.totalCount !== null) return last.totalCount;
  const { _sum } = await prisma.auditCheckpoint.aggregate({ _sum: { eventCount: true } });
  return _sum.eventCount ?? 0;
}

import { Ctx, Field, Float, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { may } from '../access/permissions.ts';
import type { AuditLog } from '../audit/log.ts';
import type { Database } from '../database/database.ts';
import { Prisma } from '../database/generated/client.ts';
import type { Context } from '../graphql/context.ts';
import type { HeavyReads } from '../graphql/heavy-reads.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { callerOfOwner, ownerOf, tenantOfOwner } from './stored-objects.ts';

const maxGroups = 100;

@ObjectType({ description: 'Stored files, counted.' })
export class StoredMediaCount {
  @Field(() => Int, { description: 'How many files.' })
  count!: number;

  @Field(() => Float, { description: 'How many bytes they have together: a whole number.' })
  bytes!: number;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the oldest of them was stored; null when there is none.',
  })
  oldestAt!: Date | null;
}

@ObjectType({ description: 'What is stored for one tenant, or for one caller without a tenant.' })
export class MediaUsageGroup {
  @Field(() => String, { nullable: true, description: 'The tenant; null of a caller without one.' })
  tenant!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The caller that has no tenant; null of a tenant.',
  })
  callerId!: string | null;

  @Field(() => StoredMediaCount, { description: 'Finished videos that are kept.' })
  videos!: StoredMediaCount;

  @Field(() => StoredMediaCount, {
    description: 'Files that were given, each counted once however many generations use it.',
  })
  inputs!: StoredMediaCount;

  @Field(() => StoredMediaCount, {
    description:
      'Uploads that are begun and not whole yet: what has come of them; where the files lie in a bucket, what was announced of each, since it may have been put there straight. They are forgotten a day after their last piece.',
  })
  unfinishedUploads!: StoredMediaCount;
}

@ObjectType({ description: 'What is stored for whom.' })
export class MediaUsage {
  @Field(() => [MediaUsageGroup], {
    description: `Whoever has most bytes first; ${maxGroups} at most.`,
  })
  groups!: MediaUsageGroup[];

  @Field(() => Boolean, {
    description: `True when there are more than ${maxGroups} groups: the smallest are left out.`,
  })
  hasMoreGroups!: boolean;

  @Field(() => Float, {
    nullable: true,
    description:
      'How many bytes of videos are kept for one tenant, or for a caller without one: beyond that the oldest are removed. Null: any number.',
  })
  videoBytesLimit!: number | null;
}

export interface MediaUsageOptions {
  prisma: Database['prisma'];
  audit: AuditLog;
  heavyReads: HeavyReads;
  tenantBytes: number | undefined;
  /** Where callers may put what they have announced, and nobody tells when they have. */
  hasBucket: boolean;
}

/** Tells what is stored for whom. */
@Resolver()
export class MediaUsageResolver {
  readonly #options: MediaUsageOptions;

  constructor(options: MediaUsageOptions) {
    this.#options = options;
  }

  @Query(() => MediaUsage, {
    description:
      "How many files are stored, and how many bytes they have: for your tenant (or for you, without one), and for auditors and admins for everybody. What was removed is not counted, though its bytes may take some seconds to go. Auditors' and admins' reads are recorded.",
  })
  async mediaUsage(@Ctx() context: Context): Promise<MediaUsage> {
    const { prisma, audit, heavyReads, tenantBytes, hasBucket } = this.#options;
    const { caller } = context;
    await audit.recordSearch('MEDIA_USAGE_READ', {}, context);
    // What it stored before it had a tenant is a caller's own still.
    const own = [...new Set([ownerOf(caller), ownerOf({ ...caller, tenant: null })])];
    const owners = may(caller, 'seeAll') ? null : own;
    const found = await heavyReads.run(caller.id, () => readUsage(prisma, owners, hasBucket));
    return {
      groups: found.slice(0, maxGroups).map(toGroup),
      hasMoreGroups: found.length > maxGroups,
      videoBytesLimit: tenantBytes ?? null,
    };
  }
}

interface UsageRow {
  owner: string;
  videos: Sum | null;
  inputs: Sum | null;
  uploads: Sum | null;
}

/** As JSON has it. */
interface Sum {
  files: number;
  bytes: number;
  oldest: string;
}

/** Of these owners, or of all: files by an index that has everything that is asked (0031). */
async function readUsage(
  prisma: Database['prisma'],
  owners: readonly string[] | null,
  hasBucket: boolean,
): Promise<UsageRow[]> {
  const whose = owners === null ? Prisma.sql`TRUE` : Prisma.sql`owner = ANY (${[...owners]})`;
  const bytes = hasBucket ? Prisma.sql`bytes` : Prisma.sql`received`;
  return await prisma.$queryRaw<UsageRow[]>`
    WITH upload AS (
      SELECT coalesce('tenant:' || tenant, 'caller:' || caller_id) AS owner, ${bytes} AS bytes, created_at
      FROM media_upload WHERE object_id IS NULL AND ${bytes} > 0
    ), sums AS (
      SELECT owner, kind, count(*) AS files, sum(bytes) AS bytes, min(created_at) AS oldest
      FROM stored_object WHERE deleted_at IS NULL AND ${whose} GROUP BY owner, kind
      UNION ALL
      SELECT owner, 'UPLOAD', count(*), sum(bytes), min(created_at)
      FROM upload WHERE ${whose} GROUP BY owner
    )
    SELECT owner,
      jsonb_agg(to_jsonb(sums)) FILTER (WHERE kind = 'VIDEO') -> 0 AS videos,
      jsonb_agg(to_jsonb(sums)) FILTER (WHERE kind = 'INPUT') -> 0 AS inputs,
      jsonb_agg(to_jsonb(sums)) FILTER (WHERE kind = 'UPLOAD') -> 0 AS uploads
    FROM sums GROUP BY owner ORDER BY sum(bytes) DESC, owner LIMIT ${maxGroups + 1}`;
}

function toGroup({ owner, videos, inputs, uploads }: UsageRow): MediaUsageGroup {
  return {
    tenant: tenantOfOwner(owner),
    callerId: callerOfOwner(owner),
    videos: toCount(videos),
    inputs: toCount(inputs),
    unfinishedUploads: toCount(uploads),
  };
}

function toCount(sum: Sum | null): StoredMediaCount {
  if (sum === null) return { count: 0, bytes: 0, oldestAt: null };
  return { count: sum.files, bytes: sum.bytes, oldestAt: new Date(sum.oldest) };
}

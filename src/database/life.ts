import type { Database } from './database.ts';

/** Which database it is, and since when, as far as a server has noticed. */
export interface Life {
  incarnation: string;
  noticedAt: Date;
}

/**
 * The present life of the database: a new one, a promoted standby and a restored backup, which may
 * have forgotten the rest, each begin another (`database_incarnation()`).
 */
export async function noticeLife(prisma: Database['prisma'], now: Date): Promise<Life> {
  const [life] = await prisma.$queryRaw<[{ incarnation: string; noticedAt: Date | null }]>`
    SELECT name.incarnation, noticed_at AS "noticedAt"
    FROM (SELECT database_incarnation()) AS name (incarnation)
      LEFT JOIN database_life USING (incarnation)`;
  if (life.noticedAt === null) await beginLife(prisma, now);
  return { ...life, noticedAt: life.noticedAt ?? now };
}

/** Has the database taken for one that has just become another, or older. */
export async function beginLife(prisma: Database['prisma'], now: Date): Promise<void> {
  await prisma.$executeRaw`
    INSERT INTO database_life (incarnation, noticed_at) VALUES (database_incarnation(), ${now})
    ON CONFLICT (incarnation) DO UPDATE SET noticed_at = excluded.noticed_at`;
}

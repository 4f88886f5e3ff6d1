import type { Database } from './database.ts';

/**
 * Since when the database is the one that it is, as far as a server has noticed: not a new one, a
 * promoted standby or a restored backup (`database_incarnation()`), which may have forgotten the rest.
 */
export async function sameSince(prisma: Database['prisma'], now: Date): Promise<Date> {
  const [known] = await prisma.$queryRaw<{ noticedAt: Date }[]>`
    SELECT noticed_at AS "noticedAt" FROM database_life WHERE incarnation = database_incarnation()`;
  if (!known) await beginLife(prisma, now);
  return known?.noticedAt ?? now;
}

/** Has the database taken for one that has just become another, or older. */
export async function beginLife(prisma: Database['prisma'], now: Date): Promise<void> {
  await prisma.$executeRaw`
    INSERT INTO database_life (incarnation, noticed_at) VALUES (database_incarnation(), ${now})
    ON CONFLICT (incarnation) DO UPDATE SET noticed_at = excluded.noticed_at`;
}

import type pg from 'pg';

interface Settings {
  fsync: string;
  commit: string;
  /** The standbys that a commit waits for; empty: none. */
  waitsFor: string;
  /** Whether anything takes this server's changes as they come. */
  isCopied: boolean;
}

/**
 * By which settings the server may forget what it has said was committed, each with what follows and
 * what to do; none when it may not.
 *
 * What is forgotten may have been sent and paid: docs/operations.md, "So that a failover forgets nothing".
 */
export async function durabilityProblems(pool: Pick<pg.Pool, 'query'>): Promise<string[]> {
  const { rows } = await pool.query<Settings>(
    `SELECT current_setting('fsync') AS fsync,
            current_setting('synchronous_commit') AS commit,
            current_setting('synchronous_standby_names') AS "waitsFor",
            EXISTS (SELECT FROM pg_stat_replication) AS "isCopied"`,
  );
  return problemsOf(rows[0]!);
}

export function problemsOf({ fsync, commit, waitsFor, isCopied }: Settings): string[] {
  const problems: string[] = [];
  if (fsync === 'off') {
    problems.push(
      'PostgreSQL runs with fsync = off: a power failure destroys the database or sets it back, and nobody knows then what was sent and paid. Set fsync = on.',
    );
  }
  if (commit === 'off') {
    problems.push(
      'PostgreSQL runs with synchronous_commit = off: a crash forgets the last commits, and what was sent just before is sent and paid again, unnoticed. Set synchronous_commit = on.',
    );
  }
  const isAwaited = waitsFor !== '' && commit !== 'off' && commit !== 'local';
  if (waitsFor !== '' && commit === 'local') {
    problems.push(
      'PostgreSQL runs with synchronous_commit = local: commits do not wait for the standbys in synchronous_standby_names, and after a failover what was queued is held until an admin releases it. Set synchronous_commit = on.',
    );
  } else if (isCopied && !isAwaited) {
    problems.push(
      'PostgreSQL has a standby and does not wait for it: a failover forgets the last commits, and what was queued is then held until an admin releases it. Set synchronous_standby_names, with synchronous_commit = on.',
    );
  }
  return problems;
}

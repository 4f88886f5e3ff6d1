import type { Database } from '../database/database.ts';
import type { Logger } from '../logger.ts';
import type { Accounts } from '../upstream/accounts.ts';

export interface UnknownAccountsOptions {
  prisma: Database['prisma'];
  accounts: Accounts;
  log: Logger;
  now: () => Date;
  simulated: boolean;
}

export interface UnknownAccount {
  /** What an operator called it when something was sent from it last. */
  name: string;
  accountId: string;
  /** How many running tasks wait for its key. */
  waiting: number;
}

/** The accounts that have accepted what still runs, and whose keys this service does not have. */
export class UnknownAccounts {
  readonly #options: UnknownAccountsOptions;
  /** Each is one line of the log, however many tasks it has. */
  readonly #told = new Set<string>();

  constructor(options: UnknownAccountsOptions) {
    this.#options = options;
  }

  /** Makes due at once what waits for an account that is known by now, and tells of the others. */
  async start(): Promise<void> {
    const { prisma, accounts, simulated } = this.#options;
    const now = this.#options.now();
    await prisma.$executeRaw`
      UPDATE video_generation SET next_attempt_at = ${now}
      WHERE status = 'PROCESSING' AND failure_kind = 'ACCOUNT_UNKNOWN' AND simulated = ${simulated}
        AND account_id = ANY (${accounts.ids}) AND next_attempt_at > ${now}`;
    for (const account of await this.list()) this.#tell(account);
  }

  /** Takes note of a task that waits for this account. */
  async note(accountId: string): Promise<void> {
    if (this.#told.has(accountId)) return;
    const submission = await this.#options.prisma.submission.findFirst({
      where: { accountId },
      orderBy: { id: 'desc' },
      select: { accountName: true },
    });
    this.#tell({ accountId, name: submission?.accountName ?? 'unknown' });
  }

  /** Each with how much waits for it, by the index of failures. */
  async list(): Promise<UnknownAccount[]> {
    const { prisma, accounts, simulated } = this.#options;
    return await prisma.$queryRaw<UnknownAccount[]>`
      SELECT account_id AS "accountId", waiting, coalesce((
        SELECT account_name FROM submission WHERE submission.account_id = unknown.account_id
        ORDER BY id DESC LIMIT 1
      ), 'unknown') AS name
      FROM (
        SELECT account_id, count(*)::int AS waiting FROM video_generation
        WHERE status = 'PROCESSING' AND failure_kind = 'ACCOUNT_UNKNOWN'
          AND simulated = ${simulated} AND NOT account_id = ANY (${accounts.ids})
        GROUP BY account_id
      ) AS unknown ORDER BY name, account_id`;
  }

  #tell({ accountId, name }: Omit<UnknownAccount, 'waiting'>): void {
    if (this.#told.has(accountId)) return;
    this.#told.add(accountId);
    this.#options.log.error(
      { accountId, name },
      `Tasks wait for MiniMax account ${name} (${accountId}), whose key is not configured: add it to MINIMAX_FORMER_ACCOUNTS`,
    );
  }
}

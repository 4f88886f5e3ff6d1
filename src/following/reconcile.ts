import type { Database } from '../database/database.ts';
import { noticeLife, type Life } from '../database/life.ts';
import { isUniqueViolation } from '../database/unique-violation.ts';
import { Prisma, type Submission } from '../database/generated/client.ts';
import type { VideoGeneration } from '../generation/generation.ts';
import type { Outcomes } from '../generation/outcomes.ts';
import type { GenerationStore } from '../generation/store.ts';
import { wasTold } from '../generation/told-tasks.ts';
import type { Logger } from '../logger.ts';
import type { ListedTask } from '../minimax/answers.ts';
import { MinimaxError } from '../minimax/errors.ts';
import type { Accounts } from '../upstream/accounts.ts';
import { afterMs, beforeMs, isTold, mayBeTaskOf } from './may-be-task-of.ts';

export interface ReconcileOptions {
  store: GenerationStore;
  database: Pick<Database, 'prisma' | 'pool'>;
  outcomes: Outcomes;
  accounts: Accounts;
  log: Logger;
  now: () => Date;
  /** Only those of this kind are asked for. */
  simulated: boolean;
  wakeWorker: () => void;
}

/** Who settled it, as the record of the submission says. */
const byItself = 'reconciliation';

/** Tasks show up late: so long it is looked for, and no decision falls before there was time for another one. */
export const lookedForMs = 30 * 60_000;
const settledAfterMs = 2 * 60_000;

/** After a failover, a restore or a first start: until then it may tell of what the database has forgotten. */
const listNotTrustedForMs = beforeMs + afterMs;

/** Of those that are open at once; with more, nobody can say whose a task is. */
const most = 1_000;

const listedSince = ({ claimedAt }: Submission) => new Date(claimedAt.getTime() - beforeMs);

type Sent = Submission & { generation: VideoGeneration };

/**
 * What became of submissions of the second API generation whose answer was lost: MiniMax lists the
 * account's tasks (V2 §6).
 *
 * One is adopted when it is the only one that it can be, and can be of no other submission whose
 * outcome is not known. A list tells no prompt: whatever is in doubt stays with a person. So does what
 * was sent when a task may be that of a generation which the database has forgotten.
 */
export class Reconciliation {
  readonly #options: ReconcileOptions;

  constructor(options: ReconcileOptions) {
    this.#options = options;
  }

  /** Looks for the tasks of all that became uncertain lately, and adopts what is beyond doubt. */
  async run(): Promise<void> {
    const { log, now } = this.#options;
    try {
      const { prisma } = this.#options.database;
      const life = await noticeLife(prisma, now());
      const trustedFrom = life.noticedAt.getTime() + listNotTrustedForMs;
      const open = await this.#open({ gte: new Date(now().getTime() - lookedForMs) });
      const ageOf = ({ claimedAt }: Sent) => now().getTime() - claimedAt.getTime();
      const wanted = open.filter(({ generation, id }) => {
        const isLatest = generation.submissionId === id;
        return generation.status === 'UNCERTAIN' && isLatest;
      });
      for (const { generation } of wanted) await this.#adoptToldBefore(generation);
      const uncertain = wanted.filter(
        (submission) =>
          ageOf(submission) >= settledAfterMs && submission.claimedAt.getTime() >= trustedFrom,
      );
      for (const accountId of new Set(uncertain.map((submission) => submission.accountId))) {
        await this.#reconcile(
          accountId,
          uncertain.filter((submission) => submission.accountId === accountId),
          life,
        );
      }
    } catch (error) {
      log.error({ error }, 'uncertain submissions could not be looked for; trying again');
    }
  }

  /** The tasks that an uncertain one may have become, as MiniMax lists them now; throws a MinimaxError. */
  async candidates(generation: VideoGeneration): Promise<ListedTask[]> {
    const { database, accounts } = this.#options;
    const { status, apiGeneration, submissionId } = generation;
    if (status !== 'UNCERTAIN' || apiGeneration !== 2 || submissionId === null) return [];
    const submission = await database.prisma.submission.findUnique({
      where: { id: submissionId },
    });
    const client = submission && accounts.of(submission.accountId)?.second;
    if (!submission || !client) return [];
    const { tasks } = await client.listTasks(listedSince(submission));
    return await this.#ownOf({ ...submission, generation }, tasks);
  }

  /**
   * Adopts the task that a message at the callback address of an uncertain one names, if MiniMax
   * lists it and it can be of no other: who came to know the address may name somebody else's.
   * Throws a MinimaxError.
   */
  async adoptTold(generation: VideoGeneration, taskId: string): Promise<void> {
    const candidates = await this.candidates(generation);
    const task = candidates.find((candidate) => candidate.taskId === taskId);
    if (task && !(await this.#mayBeOfAnother(task, generation.id)))
      await this.#adopt(generation, task, 'callback');
  }

  /** What a callback told while nobody knew yet that the answer would be lost, or whose the task is. */
  async #adoptToldBefore(generation: VideoGeneration): Promise<void> {
    const taskId = await this.#options.store.trail.taskToldOf(generation.id);
    if (taskId === null) return;
    try {
      await this.adoptTold(generation, taskId);
    } catch (error) {
      this.#noteSilence(error, generation.accountId);
    }
  }

  /** Those that may own a task: whose outcome nobody knows, or a person declared, or that are being sent now. */
  async #open(claimedAt: { gte: Date; lte?: Date }): Promise<Sent[]> {
    const { database, simulated } = this.#options;
    return await database.prisma.submission.findMany({
      where: {
        ...{ apiGeneration: 2, simulated, claimedAt },
        OR: [
          { outcome: { in: ['PREPARED', 'SENT', 'UNKNOWN'] } },
          { outcome: 'REFUSED', settledBy: { not: null } },
        ],
      },
      include: { generation: true },
      orderBy: { id: 'asc' },
      take: most,
    });
  }

  /**
   * Whether a listed task may be another generation's, whatever answers have named: a refusal may
   * name what keeps it waiting. Asked after the list, since more is sent meanwhile.
   */
  async #mayBeOfAnother(task: ListedTask, generationId: string): Promise<boolean> {
    const createdMs = task.createdAt.getTime();
    const open = await this.#open({
      gte: new Date(createdMs - afterMs),
      lte: new Date(createdMs + beforeMs),
    });
    // With more of them than are read, nobody can say whose it is.
    if (open.length >= most) return true;
    const others = open.filter((other) => other.generationId !== generationId);
    for (const other of others.filter((each) => mayBeTaskOf(task, each))) {
      const isOnlyOne = other.number === 1 && other.generation.submissionId === other.id;
      const told = isOnlyOne
        ? await this.#options.store.trail.taskToldOf(other.generationId)
        : null;
      if (told === null || told === task.taskId) return true;
    }
    return false;
  }

  async #reconcile(accountId: string, uncertain: Sent[], life: Life): Promise<void> {
    const client = this.#options.accounts.of(accountId)?.second;
    if (client === undefined) return;
    try {
      const { tasks, isWhole } = await client.listTasks(listedSince(uncertain[0]!));
      // Among those that were not read may be another one.
      if (!isWhole) return;
      for (const submission of uncertain) {
        const { generation, taskId } = submission;
        const own = await this.#ownOf(submission, tasks);
        const named = own.filter((task) => task.taskId === taskId);
        const [task, ...more] = named.length > 0 ? named : own;
        if (!task || more.length > 0 || !isTold(task)) continue;
        if (!(await this.#mayBeOfAnother(task, generation.id)))
          await this.#adopt(generation, task, 'list', life);
      }
    } catch (error) {
      this.#noteSilence(error, accountId);
    }
  }

  #noteSilence(error: unknown, accountId: string | null): void {
    if (!(error instanceof MinimaxError)) throw error;
    const { failureKind } = error;
    this.#options.log.warn({ accountId, failureKind }, 'MiniMax does not list its tasks now');
  }

  /**
   * Those of the tasks that a submission may have become, and that no other record of ours has, nor a callback
   * told of another; to be named in an answer is not to be had.
   */
  async #ownOf(submission: Sent, tasks: readonly ListedTask[]): Promise<ListedTask[]> {
    const { prisma, pool } = this.#options.database;
    const { accountId } = submission;
    const alike = tasks.filter((task) => mayBeTaskOf(task, submission));
    const taskId = { in: alike.map((task) => task.taskId) };
    const [submissions, generations] = await Promise.all([
      prisma.submission.findMany({ where: { accountId, taskId, NOT: { id: submission.id } } }),
      prisma.videoGeneration.findMany({ where: { taskId }, select: { taskId: true } }),
    ]);
    const known = new Set(generations.map((row) => row.taskId));
    for (const other of submissions) {
      const isNamed = other.outcome === 'UNKNOWN' || other.outcome === 'SENT';
      const isOwn = isNamed && other.generationId === submission.generationId;
      const isTold = () => wasTold(pool, other.generationId, other.taskId!);
      if (!isNamed || (!isOwn && (await isTold()))) known.add(other.taskId);
    }
    return alike.filter((task) => !known.has(task.taskId));
  }

  async #adopt(
    generation: VideoGeneration,
    { taskId, createdAt }: ListedTask,
    foundIn: 'list' | 'callback',
    life?: Life,
  ): Promise<void> {
    const { store, outcomes, accounts, now, log, wakeWorker } = this.#options;
    try {
      const moved = await store.decide(
        generation,
        {
          to: 'PROCESSING',
          patch: { taskId, failureKind: null, statusMessage: null, nextAttemptAt: now() },
          event: {
            action: 'TASK_RECONCILED',
            detail: { taskId, foundIn, taskCreatedAt: createdAt.toISOString() },
          },
        },
        { settledBy: byItself, found: { submissionId: null, taskId, account: accounts.sending } },
        // While the list was being read another one may have taken over.
        life && Prisma.sql`database_incarnation() = ${life.incarnation}`,
      );
      if (!moved) return;
      outcomes.logMove(moved, 'UNCERTAIN');
      wakeWorker();
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      log.warn({ generationId: generation.id, taskId }, 'the task was taken in the same moment');
    }
  }
}

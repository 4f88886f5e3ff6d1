import type { Socket } from 'node:net';
import { ServerProxy } from '../../test/support/server-proxy.ts';

/** What PostgreSQL sends when a transaction has been committed: CommandComplete with its tag. */
const committed = Buffer.from('COMMIT\0');

/**
 * A line to PostgreSQL that breaks now and then just when something has been carried out: the answer
 * is lost, a COMMIT's more often than another's.
 */
export class LossyLine extends ServerProxy {
  /** Answers that were lost so far, and how many of them said that a transaction was committed. */
  lost = 0;
  lostCommits = 0;
  readonly #random: () => number;
  #quiet = false;

  constructor(target: string, random: () => number) {
    super(target);
    this.#random = random;
  }

  /** From now on nothing is lost. */
  calmDown(): void {
    this.#quiet = true;
  }

  protected override carry(near: Socket, far: Socket, isAsked: boolean): void {
    if (isAsked) return super.carry(near, far, isAsked);
    near.on('data', (data) => {
      const isCommit = data.includes(committed);
      if (this.#quiet || this.#random() > (isCommit ? 0.01 : 0.001)) return void far.write(data);
      this.lost += 1;
      if (isCommit) this.lostCommits += 1;
      near.destroy();
      far.destroy();
    });
  }
}

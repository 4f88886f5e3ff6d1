import type { Logger } from '../logger.ts';
import { MinimaxError } from '../minimax/errors.ts';
import type {
  PreparedSubmission,
  SubmitAnswer,
  SubmitRequest,
  TaskClient,
} from '../minimax/answers.ts';
import type { InputImages, InputRole } from '../generation/input-images.ts';
import { NotAsStored, type StoredMedia } from '../minimax/stored-media.ts';
import type { Outcomes } from '../generation/outcomes.ts';
import { answerWithoutPrompt } from '../generation/prompt-echo.ts';
import type { LeasedGeneration, Move, VideoGeneration } from '../generation/generation.ts';
import type { GenerationStore } from '../generation/store.ts';
import { readClocks, type Clocks } from '../network/clocks.ts';
import type { Leases } from './leases.ts';
import { endOfLostInput } from './lost-input.ts';
import type { Moves } from './moves.ts';
import { recordAnswer, uncertain } from './record-answer.ts';
import { callbackUrlOf, requestOf } from './request-of.ts';
import type { Submissions } from './submissions.ts';
import type { UpstreamKey } from './request-budget.ts';
import { unlessOpen } from './unless-open.ts';
import { whileLeased } from './while-leased.ts';

export interface SubmitOptions {
  outcomes: Outcomes;
  images: InputImages;
  /** How a submission of the second generation names a stored file. */
  handOver: (file: StoredMedia, generation: VideoGeneration) => Promise<StoredMedia | string>;
  store: GenerationStore;
  leases: Leases;
  submissions: Submissions;
  moves: Moves;
  key: UpstreamKey;
  /** The one that speaks a generation of the API with the sending account's key. */
  clientOf: (apiGeneration: number) => TaskClient;
  log: Logger;
  now: () => Date;
  /** Later than this after its lease was confirmed nothing of a request leaves: others may have it. */
  sendWithinMs: number;
  /** Where MiniMax may tell of progress, up to the token; undefined when it cannot reach this service. */
  callbackBaseUrl: string | undefined;
}

/** Sends a leased generation: one call, whose outcome is stored; sending again is a later `nextAttemptAt`. */
export class Submit {
  readonly #options: SubmitOptions;

  constructor(options: SubmitOptions) {
    this.#options = options;
  }

  /** Sends a request that was just claimed for submission, once, and stores the outcome. */
  async submit(generation: LeasedGeneration): Promise<void> {
    const { clientOf, submissions, moves, log } = this.#options;
    let prepared: PreparedSubmission;
    let confirmedAt: Clocks;
    try {
      const client = clientOf(generation.apiGeneration);
      prepared = await client.prepare(await this.#requestOf(generation));
      confirmedAt = readClocks();
      if (!(await submissions.confirm(generation, prepared.bodyHash))) {
        // Frozen in between: others have taken the request up, or will when the lease ends. Or it is
        // followed then, by the record of what was sent before.
        log.warn(
          { generationId: generation.id },
          'a lease had passed, or an earlier submission was accepted: the request was not sent',
        );
        return;
      }
    } catch (error) {
      log.error({ generationId: generation.id, error }, 'a submission could not be prepared');
      const reason = 'the stored request could not be read';
      const end = endOfLostInput(error, generation, this.#options.now());
      if (end !== null) (error as NotAsStored).giveUp();
      return await this.#leave(generation, end ?? moves.postponed(generation, null, { reason }));
    }
    const answer = await this.#send(generation, prepared, confirmedAt);
    const record = () => recordAnswer(this.#options, generation, answer);
    const settled = await record();
    await this.#judgeKey(settled);
    await this.#settle(generation, moves.after(generation, settled), record);
  }

  /** What MiniMax said, or why it did not. */
  async #send(
    generation: LeasedGeneration,
    prepared: PreparedSubmission,
    confirmedAt: Clocks,
  ): Promise<SubmitAnswer | MinimaxError> {
    const { log, leases, sendWithinMs } = this.#options;
    const isHeld = () => leases.isHeld(generation);
    try {
      return await prepared.send(whileLeased(confirmedAt, sendWithinMs, isHeld));
    } catch (error) {
      if (error instanceof MinimaxError) {
        // Its cause names hosts and ports, which are for the log alone.
        if (error.httpStatus === null) {
          const told = answerWithoutPrompt(error, generation.prompt);
          log.warn({ generationId: generation.id, error: told }, 'MiniMax gave no whole answer');
        }
        return error;
      }
      // Whatever broke here, the request may have been sent.
      log.error(
        { generationId: generation.id, error },
        'an answer to a submission broke the client',
      );
      return uncertain('The answer to the submission could not be read.', error);
    }
  }

  /** Before the move, so that whoever sees it also sees the pause. */
  async #judgeKey(answer: SubmitAnswer | MinimaxError): Promise<void> {
    const { key, log } = this.#options;
    try {
      await (answer instanceof MinimaxError ? key.judge(answer) : key.works());
    } catch (error) {
      // No pause is worth losing an outcome.
      log.error({ error }, 'the state of the key could not be stored');
    }
  }

  /** Without sending it. */
  async #leave(generation: LeasedGeneration, move: Move): Promise<void> {
    const { submissions, outcomes } = this.#options;
    const { id: generationId, leaseToken } = generation;
    const unsent = () => submissions.settleUnsent(leaseToken);
    const record = () => outcomes.store({ generationId }, unsent, unsent);
    await record();
    await this.#settle(generation, move, record);
  }

  async #settle(
    generation: LeasedGeneration,
    move: Move,
    record: () => Promise<unknown>,
  ): Promise<void> {
    const { submissions, outcomes, now } = this.#options;
    const made = () => unlessOpen(submissions, generation, move, now());
    await outcomes.settle(generation, move, { made, record });
  }

  async #requestOf(generation: VideoGeneration): Promise<SubmitRequest> {
    const { images, handOver, callbackBaseUrl } = this.#options;
    const stored = await images.of(generation);
    if (stored === null) throw new NotAsStored('gone');
    const given = new Map<InputRole, StoredMedia | string>(stored);
    if (generation.apiGeneration === 2) {
      for (const [role, file] of stored) given.set(role, await handOver(file, generation));
    }
    return requestOf(generation, given, callbackUrlOf(generation, callbackBaseUrl));
  }
}

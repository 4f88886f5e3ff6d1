import type { LeasedGeneration } from '../generation/generation.ts';
import { notStorable, type Outcomes } from '../generation/outcomes.ts';
import { answerWithoutPrompt } from '../generation/prompt-echo.ts';
import type { Logger } from '../logger.ts';
import { statusCodeEntry } from '../minimax/codes.ts';
import { MinimaxError } from '../minimax/errors.ts';
import type { SubmitAnswer } from '../minimax/answers.ts';
import { TaskTaken, type Submission, type Submissions } from './submissions.ts';

type Answer = SubmitAnswer | MinimaxError;

const taken = { kind: 'uncertain', failureKind: 'OUTCOME_UNKNOWN' } as const;

/**
 * Stores what came of a submission in its record, first and alone, however long the database is
 * away; gives what was stored: nothing of the prompt, since records stay. A task that another submission has makes it uncertain.
 */
export async function recordAnswer(
  { submissions, outcomes, log }: { submissions: Submissions; outcomes: Outcomes; log: Logger },
  { id: generationId, leaseToken, prompt }: LeasedGeneration,
  answer: Answer,
): Promise<Answer> {
  const { taskId } = answer;
  const about = { generationId, ...(taskId !== null && { taskId }) };
  let settled = answerWithoutPrompt(answer, prompt);
  const settle = async (answered: Answer) => {
    try {
      await submissions.settle(leaseToken, answered);
    } catch (error) {
      if (!(error instanceof TaskTaken)) throw error;
      log.error(about, 'MiniMax gave the task of another submission');
      const message = `MiniMax gave task ${taskId}, which another submission has.`;
      const kept = { ...answered, ...taken, statusMessage: message, cause: error };
      // Its record has no room for the task, and says so.
      await submissions.settle(leaseToken, new MinimaxError(message, { ...kept, taskId: null }));
      settled = new MinimaxError(message, kept);
    }
  };
  await outcomes.store(
    about,
    () => settle(settled),
    () => settle(smaller(settled)),
  );
  return settled;
}

/** What a record holds of an answer that the database refuses. */
function smaller(answer: Answer): Answer {
  const { latencyMs } = answer;
  const kept = { latencyMs, statusCode: null, statusMessage: notStorable, traceId: null };
  if (answer instanceof MinimaxError) return new MinimaxError(notStorable, { ...answer, ...kept });
  return { ...kept, httpStatus: answer.httpStatus, taskId: answer.taskId };
}

/** What is known of a submission when nothing is: it may have been accepted. */
export function uncertain(message: string, cause: unknown): MinimaxError {
  return new MinimaxError(message, {
    kind: 'uncertain',
    failureKind: 'OUTCOME_UNKNOWN',
    latencyMs: 0,
    cause,
  });
}

/** What MiniMax's own code in a record says of the refusal; null where there is none. */
export function refusalIn({ statusCode, latencyMs, ...told }: Submission): MinimaxError | null {
  if (statusCode === null || statusCode === 0) return null;
  const { onSubmit: kind, failureKind, meaning } = statusCodeEntry(statusCode);
  const message = `MiniMax refused the submission: status code ${statusCode} (${meaning})`;
  const { httpStatus, statusMessage, traceId } = told;
  return new MinimaxError(message, {
    ...{ kind, failureKind, statusCode, statusMessage, httpStatus, traceId },
    latencyMs: latencyMs ?? 0,
  });
}

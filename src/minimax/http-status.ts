import type { MinimaxErrorKind } from './errors.ts';
import type { FailureKind } from './failure-kind.ts';
import type { AnswerBody } from './answer-body.ts';

/** Client errors by which a gateway surely took nothing on; 408 and 409 are not among them. */
const refusals = new Set([400, 402, 404, 405, 406, 410, 411, 413, 414, 415, 417, 422, 431, 451]);

/** What an answer means that has no status code of MiniMax's (wire contract §4). */
export function byHttpStatus(
  status: number,
  body: AnswerBody | null,
): [kind: MinimaxErrorKind, failureKind: FailureKind, why: string] {
  const http = `HTTP ${status}`;
  if (status >= 300 && status < 400) {
    return ['refused', 'UNKNOWN', `a redirect (${http}), not followed: check MINIMAX_BASE_URL`];
  }
  if (status === 429) return ['throttled', 'THROTTLED', http];
  if (status === 401 || status === 403) {
    if (status === 403 && body === null) {
      return ['refused', 'UNKNOWN', `${http} with a page: something before MiniMax refused it`];
    }
    const { message, code, type } = body?.error ?? {};
    const said = `${message ?? body?.statusMessage} ${code} ${type}`;
    if (/balance|余额/i.test(said)) return ['refused', 'BALANCE_EXHAUSTED', http];
    if (/quota|额度/i.test(said)) return ['refused', 'QUOTA_EXHAUSTED', http];
    return ['unauthorized', 'UNAUTHORIZED', http];
  }
  if (status === 402) return ['refused', 'BALANCE_EXHAUSTED', http];
  if (status === 404 || status === 405) {
    return ['refused', 'UNKNOWN', `${http}: check MINIMAX_BASE_URL`];
  }
  if (refusals.has(status)) return ['refused', 'INPUT_INVALID', http];
  if (status >= 200 && status < 300) {
    const what = body === null ? 'no readable JSON' : 'neither a result nor a status code';
    return ['uncertain', 'UPSTREAM_ERROR', `${http} with ${what}`];
  }
  return ['uncertain', 'UPSTREAM_ERROR', http];
}

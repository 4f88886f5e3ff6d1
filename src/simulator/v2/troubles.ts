import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ErrorBody } from '../../minimax/v2/wire.ts';
import { sendBroken, sendJson } from '../answers.ts';
import type { Trouble } from './scenarios.ts';

export interface Refusal {
  /** Of HTTP. */
  status: number;
  /** MiniMax's own, in parentheses at the end of the message. */
  code: number;
  message?: string;
}

/** The texts that come with the codes (V2 §14). */
export const MESSAGES: Readonly<Record<number, string>> = {
  1000: 'internal error',
  1001: 'request timeout',
  1002: 'rate limit, please retry later',
  1004: "login fail: Please carry the API secret key in the 'Authorization' field of the request header",
  1008: 'insufficient balance',
  1026: 'video description contains sensitive content',
  2013: 'invalid params',
  2049: 'invalid api key',
  2056: 'usage limit exceeded',
};

const TYPES: Readonly<Record<number, string>> = {
  400: 'bad_request_error',
  401: 'authorized_error',
  402: 'insufficient_balance_error',
  422: 'unprocessable_entity_error',
  429: 'rate_limit_error',
  500: 'server_error',
  529: 'overloaded_error',
};

export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  sendJson(response, envelope(refusal), refusal.status);
}

function envelope({ status, code, message = MESSAGES[code] ?? '' }: Refusal): ErrorBody {
  return {
    type: 'error',
    error: {
      type: TYPES[status] ?? 'server_error',
      message: `${message} (${code})`,
      http_code: String(status),
    },
    request_id: randomBytes(16).toString('hex'),
  };
}

/** Spoils one answer. */
export function sendTrouble(response: ServerResponse, trouble: Trouble): void {
  switch (trouble.kind) {
    case 'refusal':
      return sendRefusal(response, trouble);
    case 'error-in-200':
      return sendJson(response, envelope({ status: 504, code: 1001 }));
    case 'no-task-id':
      return sendJson(response, { task_id: '' });
    case 'half-body':
    case 'hang':
    case 'http-429':
    case 'http-502-html':
    case 'invalid-json':
    case 'reset':
      return sendBroken(response, trouble.kind);
  }
}

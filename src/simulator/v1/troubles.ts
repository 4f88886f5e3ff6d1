import type { ServerResponse } from 'node:http';
import { send, sendBroken, sendJson } from '../answers.ts';
import { success } from '../../minimax/v1/wire.ts';
import { baseResp } from './status-codes.ts';
import type { Trouble } from './scenarios.ts';

/**
 * Spoils one answer. `envelope` is what surrounds `base_resp` in a refusal by code, which differs
 * from route to route (wire contract §12).
 */
export function sendTrouble(response: ServerResponse, trouble: Trouble, envelope: object): void {
  switch (trouble.kind) {
    case 'code':
      return sendJson(response, { ...envelope, base_resp: baseResp(trouble.code) });
    case 'no-task-id':
      return sendJson(response, { task_id: '', base_resp: success });
    case 'no-url':
      return sendJson(response, { ...envelope, base_resp: success });
    case 'http-500':
      return send(response, 500, 'text/plain', 'Internal Server Error');
    case 'openai-error':
      return sendJson(
        response,
        {
          error: {
            message: 'upstream error: invalid request',
            type: 'invalid_request_error',
            code: 'invalid_request',
          },
        },
        400,
      );
    case 'half-body':
    case 'hang':
    case 'http-429':
    case 'http-502-html':
    case 'invalid-json':
    case 'reset':
      return sendBroken(response, trouble.kind);
  }
}

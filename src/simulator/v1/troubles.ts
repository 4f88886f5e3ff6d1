import type { ServerResponse } from 'node:http';
import { gatewayPage, send, sendJson } from '../answers.ts';
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
    case 'http-429':
      response.setHeader('Retry-After', '2');
      return send(response, 429, 'text/plain', 'Too Many Requests');
    case 'http-500':
      return send(response, 500, 'text/plain', 'Internal Server Error');
    case 'http-502-html':
      return send(response, 502, 'text/html', gatewayPage('502 Bad Gateway'));
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
    case 'invalid-json':
      return send(response, 200, 'application/json', '{"task_id": oops');
    case 'half-body':
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 200 });
      response.write('{"task_id":"1069161', () => response.destroy());
      return;
    case 'reset':
      response.destroy();
      return;
    case 'hang':
      return;
  }
}

import type { Request, Response } from 'express';
import type { GraphQLFormattedError } from 'graphql';
import type { VideoGeneration } from '../../generation/generation.ts';
import { paths, type ErrorBody } from '../../minimax/v2/wire.ts';
import { failureOf, outcomeUnknown, ownCodes, type Failure } from '../failures.ts';
import type { Dialect } from '../options.ts';

/** MiniMax's name for each HTTP status of a refusal (V2 §6). */
const types: Readonly<Record<number, string>> = {
  400: 'bad_request_error',
  401: 'authorized_error',
  402: 'insufficient_balance_error',
  403: 'authorized_error',
  404: 'bad_request_error',
  408: 'bad_request_error',
  413: 'bad_request_error',
  422: 'unprocessable_entity_error',
  429: 'rate_limit_error',
};

/** The HTTP status that MiniMax gives a refusal with this number; 400 with any other. */
const statuses: Readonly<Record<number, number>> = {
  1002: 429,
  1004: 401,
  1008: 402,
  1026: 422,
  1027: 422,
  2049: 401,
};

/** Refuses in MiniMax's envelope, with its number in parentheses at the end of the message (V2 §6). */
export function sendError(
  request: Request,
  response: Response,
  status: number,
  { code, message }: Failure,
): void {
  response.status(status).json(errorBody(request, status, { code, message }));
}

function errorBody(request: Request, status: number, { code, message }: Failure): ErrorBody {
  const said = message.replace(/\s*\(\d{3,5}\)\s*$/, '');
  return {
    type: 'error',
    error: {
      type: types[status] ?? 'server_error',
      message: `${said} (${code})`,
      http_code: String(status),
    },
    request_id: String(request.headers['x-request-id']),
  };
}

/** What is wrong with a request, in the words of this API. */
export function invalidParams(what: string): Failure {
  return { code: 2013, message: `invalid params, ${what}` };
}

/** The same for what never was and for what belongs to others. */
export const unknownTask = invalidParams('invalid task_id');

/** What MiniMax refused to make. */
export function sendRefused(
  request: Request,
  response: Response,
  generation: VideoGeneration,
): void {
  const failure = failureOf(generation, false);
  sendError(request, response, statuses[failure.code] ?? 400, failure);
}

/** True HTTP statuses, as this generation of the API has them. */
export const secondDialect: Dialect = {
  refuse(error, status, request, response) {
    // Clients send again what got a 5xx; with 200 and no task they do not (V2 §6 has it seen).
    if (mayBePaid(error, request)) {
      const failure = { code: ownCodes.outcomeUnknown, message: outcomeUnknown(error.message) };
      return void response.json(errorBody(request, 500, failure));
    }
    const [said, failure] = toFailure(error, status);
    sendError(request, response, said, failure);
  },
  invalid(request, response, status, what) {
    sendError(request, response, status, invalidParams(what));
  },
};

/** Whether it broke while a request was being stored or sent. */
function mayBePaid({ extensions }: GraphQLFormattedError, request: Request): boolean {
  const isSubmission = request.method === 'POST' && request.path === paths.submit;
  const isOurs = ['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE'].includes(
    extensions?.['code'] as string,
  );
  return isSubmission && isOurs && request.body !== undefined;
}

function toFailure(
  { message, extensions }: GraphQLFormattedError,
  status: number,
): [status: number, Failure] {
  switch (extensions?.['code']) {
    case 'UNAUTHENTICATED':
      return [401, { code: 1004, message: `login fail: ${message}` }];
    case 'FORBIDDEN':
      return [403, { code: 1004, message: `not authorised: ${message}` }];
    case 'NOT_FOUND':
      return [400, unknownTask];
    // Not read, or its files were not stored: surely not accepted, which a 503 would not say.
    case 'SERVICE_BUSY':
    case 'STORAGE_UNAVAILABLE':
    case 'RATE_LIMITED':
      return [429, { code: 1002, message: `rate limit: ${message}` }];
    case 'BODY_TOO_SLOW':
      return [408, { code: 1001, message: `request timeout: ${message}` }];
    default:
      return [status, { code: 1000, message: `internal error: ${message}` }];
  }
}

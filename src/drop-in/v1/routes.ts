import type { Request, Router } from 'express';
import type { GraphQLFormattedError } from 'graphql';
import { demand } from '../../access/permissions.ts';
import { isId } from '../../graphql/ids.ts';
import { MinimaxError } from '../../minimax/errors.ts';
import { invalidParams, paths, type BaseResp } from '../../minimax/v1/wire.ts';
import { outcomeUnknown, ownCodes } from '../failures.ts';
import { isOpen, parameter, see, type Dialect, type DropInOptions } from '../options.ts';
import { linkFailure, queryAnswer, refusal, retrieveAnswer, submitAnswer } from './answers.ts';
import { readSubmitBody } from './read-body.ts';

/** Names of files at MiniMax: digits, or what a proxy made up. */
const fileIdPattern = /^[\x21-\x7e]{1,256}$/;

/** The three video operations of MiniMax's first API generation. */
export function addFirstGeneration(router: Router, options: DropInOptions): void {
  const { gate, service, links, store, bodyLimitBytes } = options;

  router.post(paths.submit, gate.readJson(bodyLimitBytes), async (request, response) => {
    const context = gate.contextOf(request);
    demand(context.caller, 'generate');
    if (request.body === undefined) {
      const base_resp = invalidParams('send a JSON body with content-type: application/json');
      return void response.json({ ...envelope(request), base_resp });
    }
    const input = readSubmitBody(request.body);
    if (typeof input === 'string') {
      return void response.json({ ...envelope(request), base_resp: invalidParams(input) });
    }
    const { generation, userErrors } = await service.create(input, {
      ...context,
      via: 'rest',
      onStored: () => context.letGoOfBody(input),
    });
    response.json(
      generation
        ? submitAnswer(generation, await isOpen(generation, options))
        : { ...envelope(request), base_resp: refusal(userErrors) },
    );
  });

  router.get(paths.query, async (request, response) => {
    const id = parameter(request, 'task_id');
    const generation = isId(id) ? await store.find(id) : null;
    const seen = await see(generation ? [generation] : [], gate.contextOf(request), options);
    response.json(
      seen
        ? queryAnswer(seen, await isOpen(seen, options))
        : { ...envelope(request), base_resp: unknown('task_id', id) },
    );
  });

  router.get(paths.retrieve, async (request, response) => {
    const id = parameter(request, 'file_id');
    const named = fileIdPattern.test(id) ? await store.findByFile(id) : [];
    const own = isId(id) ? await store.find(id) : null;
    const seen = await see(own ? [...named, own] : named, gate.contextOf(request), options);
    if (seen?.status !== 'SUCCEEDED') {
      return void response.json({ base_resp: unknown('file_id', id) });
    }
    try {
      const link = await links.of(seen);
      response.json(retrieveAnswer(seen, link!.url));
    } catch (error) {
      if (!(error instanceof MinimaxError)) throw error;
      response.json({ base_resp: linkFailure(error) });
    }
  });
}

/** Like MiniMax with HTTP 200, but for what all HTTP clients understand: to come later, to send faster or less. */
export const firstDialect: Dialect = {
  refuse(error, status, request, response) {
    response
      .status(isUnread(error) || status === 429 ? status : 200)
      .json({ ...envelope(request), base_resp: toBaseResp(error, request) });
  },
  invalid(request, response, status, what) {
    response
      .status(status === 400 ? 200 : status)
      .json({ ...envelope(request), base_resp: invalidParams(what) });
  },
};

/** The same for what never was and for what belongs to others. */
function unknown(name: string, value: string): BaseResp {
  return invalidParams(value === '' ? `${name} is required` : `${name} not found`);
}

/** What surrounds `base_resp` in a refusal; it differs from route to route (wire contract §12). */
function envelope(request: Request): object {
  switch (request.path) {
    case paths.submit:
      return { task_id: '' };
    case paths.query:
      return { task_id: parameter(request, 'task_id').slice(0, 256), status: '' };
    default:
      return {};
  }
}

/** Whether the body was not read for want of room or of time, or its files were not stored. */
function isUnread({ extensions }: GraphQLFormattedError): boolean {
  const codes = ['SERVICE_BUSY', 'BODY_TOO_SLOW', 'STORAGE_UNAVAILABLE'];
  return codes.includes(extensions?.['code'] as string);
}

function toBaseResp({ message, extensions }: GraphQLFormattedError, request: Request): BaseResp {
  switch (extensions?.['code']) {
    case 'UNAUTHENTICATED':
      return { status_code: 1004, status_msg: `login fail: ${message}` };
    case 'FORBIDDEN':
      return { status_code: 1004, status_msg: `not authorised: ${message}` };
    case 'SERVICE_BUSY':
    case 'STORAGE_UNAVAILABLE':
    case 'RATE_LIMITED':
      return { status_code: 1002, status_msg: `rate limit exceeded: ${message}` };
    default:
      // What broke while a request was being stored or sent may have been paid for.
      return request.path === paths.submit && request.body !== undefined
        ? { status_code: ownCodes.outcomeUnknown, status_msg: outcomeUnknown(message) }
        : { status_code: 1000, status_msg: `unknown error: ${message}` };
  }
}

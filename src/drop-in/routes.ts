import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import type { GraphQLFormattedError } from 'graphql';
import { demand, isVisibleTo } from '../access/permissions.ts';
import type { GenerationService } from '../generation/service.ts';
import type { VideoGeneration } from '../generation/generation.ts';
import type { GenerationStore } from '../generation/store.ts';
import type { VisibleGenerations } from '../generation/visible-generations.ts';
import type { VideoLinks } from '../following/video-links.ts';
import type { Context } from '../graphql/context.ts';
import type { Gate, Refuse } from '../graphql/gate.ts';
import { isId } from '../graphql/ids.ts';
import { BodyError, InvalidJson } from '../graphql/read-json.ts';
import { MinimaxError } from '../minimax/errors.ts';
import { invalidParams, paths, type BaseResp } from '../minimax/v1/wire.ts';
import {
  linkFailure,
  ownCodes,
  queryAnswer,
  refusal,
  retrieveAnswer,
  submitAnswer,
} from './answers.ts';
import { openApiDocument } from './openapi.ts';
import { readSubmitBody } from './read-body.ts';

export interface DropInOptions {
  gate: Gate;
  service: GenerationService;
  links: VideoLinks;
  store: GenerationStore;
  visible: VisibleGenerations;
  bodyLimitBytes: number;
}

/** Names of files at MiniMax: digits, or what a proxy made up. */
const fileIdPattern = /^[\x21-\x7e]{1,256}$/;

/**
 * MiniMax's own three operations under `/minimax`, for clients that were written for MiniMax: they
 * change their base URL and use a key of this service. What they ask for goes through the same
 * service as what GraphQL asks for (docs/drop-in.md).
 *
 * No page of another origin may call it: there are no CORS headers, and a body must be JSON, which
 * browsers do not send elsewhere without asking.
 */
export function mountDropIn(app: Express, options: DropInOptions): void {
  const { gate, service, links, store, bodyLimitBytes } = options;
  const router = express.Router();
  router.use((request, response, next) => {
    response.set({ 'Trace-Id': gate.senderOf(request).requestId, 'Cache-Control': 'no-store' });
    next();
  });
  router.get('/openapi.json', (_request, response) => {
    response.json(openApiDocument);
  });
  router.use(gate.demandCaller(refuse));

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
        ? submitAnswer(generation)
        : { ...envelope(request), base_resp: refusal(userErrors) },
    );
  });

  router.get(paths.query, async (request, response) => {
    const id = parameter(request, 'task_id');
    const generation = isId(id) ? await store.find(id) : null;
    const seen = await see(generation ? [generation] : [], gate.contextOf(request), options);
    response.json(
      seen ? queryAnswer(seen) : { ...envelope(request), base_resp: unknown('task_id', id) },
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

  router.use((request, response) => {
    const base_resp = invalidParams(
      `there is no ${request.method} ${request.path.slice(0, 100)} here; see /minimax/openapi.json for what there is`,
    );
    response.status(404).json({ base_resp });
  });
  router.use(answerError(options));
  app.use('/minimax', router);
}

/** The first of these that the caller may see; recorded when it may by its role only. */
async function see(
  candidates: readonly VideoGeneration[],
  context: Context,
  { visible }: DropInOptions,
): Promise<VideoGeneration | undefined> {
  const seen = candidates.find((generation) => isVisibleTo(context.caller, generation));
  if (seen) await visible.noteRead(seen, context);
  return seen;
}

/** The same for what never was and for what belongs to others. */
function unknown(name: string, value: string): BaseResp {
  return invalidParams(value === '' ? `${name} is required` : `${name} not found`);
}

function parameter({ query }: Request, name: string): string {
  const value = query[name];
  return typeof value === 'string' ? value : '';
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

/** Like MiniMax with HTTP 200, but for what all HTTP clients understand: to come later, to send faster. */
const refuse: Refuse = (error, status, request, response) => {
  response
    .status(isUnread(error) || status === 429 ? status : 200)
    .json({ ...envelope(request), base_resp: toBaseResp(error, request) });
};

/** Whether the body was not read for want of room or of time. */
function isUnread({ extensions }: GraphQLFormattedError): boolean {
  return ['SERVICE_BUSY', 'BODY_TOO_SLOW'].includes(extensions?.['code'] as string);
}

function toBaseResp({ message, extensions }: GraphQLFormattedError, request: Request): BaseResp {
  switch (extensions?.['code']) {
    case 'UNAUTHENTICATED':
      return { status_code: 1004, status_msg: `login fail: ${message}` };
    case 'FORBIDDEN':
      return { status_code: 1004, status_msg: `not authorised: ${message}` };
    case 'SERVICE_BUSY':
    case 'RATE_LIMITED':
      return { status_code: 1002, status_msg: `rate limit exceeded: ${message}` };
    default:
      // What broke while a request was being stored or sent may have been paid for.
      return request.path === paths.submit && request.body !== undefined
        ? {
            status_code: ownCodes.outcomeUnknown,
            status_msg: `outcome unknown: ${message} Do not send it again without an Idempotency-Key; look for it in this service first.`,
          }
        : { status_code: 1000, status_msg: `unknown error: ${message}` };
  }
}

function answerError({ gate }: DropInOptions): ErrorRequestHandler {
  return (error: Error & { status?: number }, request, response, next) => {
    if (response.headersSent) return next(error);
    const answer = (status: number, what: string) => {
      response.status(status).json({ ...envelope(request), base_resp: invalidParams(what) });
    };
    if (error instanceof BodyError && error.limit !== undefined) {
      const megabytes = Math.floor(error.limit / 1024 / 1024);
      return answer(413, `the body is larger than ${megabytes} MB: give images as public URLs`);
    }
    if (error instanceof InvalidJson) return answer(200, 'the body is not valid JSON');
    if (error.status !== undefined && error.status >= 400 && error.status < 500) {
      return answer(200, 'the request could not be read');
    }
    gate.refuse(error, refuse, request, response);
  };
}

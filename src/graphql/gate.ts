import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import type { GraphQLFormattedError } from 'graphql';
import type { BodyRoom } from './body-room.ts';
import type { Caller } from './caller.ts';
import { createContext, type Context, type Resolvers } from './context.ts';
import type { Connections } from './connections.ts';
import { ApiError, saysUnavailable } from './errors.ts';
import { pacedPieces } from './paced-body.ts';
import { letGoOfBody, readBody, readJson, type ReadJsonOptions } from './read-json.ts';
import { rateLimited, type Budget, type RateLimits } from './rate-limits.ts';
import type { Authenticate, ReadSender, Sender } from './sender.ts';

/** Answers a request that may not pass, in the manner of its route; the error is fit to be shown. */
export type Refuse = (
  error: GraphQLFormattedError,
  status: number,
  request: Request,
  response: Response,
) => void;

/** What is told to who may not pass, and its HTTP status. */
export interface Refusal {
  refusal: GraphQLFormattedError;
  status: number;
}

export interface GateOptions {
  authenticate: Authenticate;
  readSender: ReadSender;
  rateLimits: RateLimits;
  resolvers: Resolvers;
  /** Whether something failed because the database, or an issuer, does not answer now. */
  isUnavailable: (error: unknown) => boolean;
  /** For large bodies. */
  room: BodyRoom;
  pace: ReadJsonOptions['pace'];
  maskError: (formatted: GraphQLFormattedError, thrown: unknown) => GraphQLFormattedError;
}

/** Headers beside the usual ones that pages of other origins may read. */
export const exposedHeaders = [
  'Date',
  'X-Request-Id',
  'Retry-After',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
];

/**
 * What a request has to pass at every route that serves callers: `/graphql` and any other one.
 *
 * ```ts
 * app.post('/v1/thing', gate.demandCaller(refuse), gate.readJson(limitBytes), (request, response) => {
 *   const { caller } = gate.contextOf(request);
 * });
 * ```
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #passed = new WeakMap<
    IncomingMessage,
    Sender & Pick<Context, 'caller' | 'budget' | 'takeMore'>
  >();

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** What a request tells of itself, for routes that want no caller. */
  senderOf(request: IncomingMessage): Sender {
    return this.#options.readSender(request);
  }

  /** A new context of a request that was let pass, as resolvers and services want it. */
  contextOf(request: IncomingMessage): Context {
    const passed = this.#passed.get(request)!;
    return createContext(
      {
        ...passed,
        letGoOfBody: (...copies) => letGoOfBody(request, copies),
      },
      this.#options.resolvers,
    );
  }

  /** Finds out who asks and takes from its budget, before a body of megabytes is read. */
  demandCaller(refuse: Refuse): RequestHandler {
    return async (request, response, next) => {
      try {
        await this.admit(request, response, this.senderOf(request));
      } catch (error) {
        return this.refuse(error, refuse, request, response);
      }
      next();
    };
  }

  /** The same without Express: rejects with what `refusalOf` makes an answer of. */
  async admit(request: IncomingMessage, response: ServerResponse, sender: Sender): Promise<void> {
    const { authenticate, rateLimits, isUnavailable } = this.#options;
    let refusal: unknown;
    let caller: Caller | null = null;
    try {
      caller = await authenticate(request.headers.authorization, sender);
    } catch (error) {
      refusal = error;
    }
    // Whatever is wrong with credentials counts; what is wrong here is not theirs.
    const isOurs = refusal !== undefined && isUnavailable(refusal);
    const budget = isOurs ? null : await rateLimits.take(caller, sender.ip);
    const tell = (left: Budget) => tellBudget(response, left);
    if (budget) {
      tell(budget);
      if (budget.exhausted) refusal = rateLimited(budget);
    }
    if (caller === null || refusal !== undefined) throw refusal as Error;
    const known = caller;
    const takeMore = (count: number) => rateLimits.takeMore(known, count, tell);
    this.#passed.set(request, { ...sender, caller, budget, takeMore });
  }

  /** Reads a JSON body of at most so many bytes; large ones when there is room for them. */
  readJson(limitBytes: number): RequestHandler {
    return readJson(this.#reading(limitBytes));
  }

  /** The same without Express. */
  async readBody(
    request: IncomingMessage,
    response: ServerResponse,
    limitBytes: number,
  ): Promise<void> {
    await readBody(request, response, this.#reading(limitBytes));
  }

  /** The pieces of a body that is not kept in memory; who sends too slowly is cut off. */
  pieces(request: IncomingMessage, response: ServerResponse): AsyncGenerator<Buffer> {
    return pacedPieces(request, response, this.#options.pace);
  }

  #reading(limitBytes: number): ReadJsonOptions {
    const { room, pace } = this.#options;
    return { room, pace, limitBytes };
  }

  /** Has `end` called when the credentials of a request that was let pass have ended. */
  recheck(request: IncomingMessage, connections: Connections, end: () => void): () => void {
    const { caller } = this.#passed.get(request)!;
    const { authorization } = request.headers;
    return connections.recheck(caller, authorization, this.senderOf(request), end);
  }

  /** Has a route answer what was thrown, with the HTTP status that belongs to it. */
  refuse(error: unknown, refuse: Refuse, request: Request, response: Response): void {
    const { refusal, status } = this.refusalOf(error, response);
    refuse(refusal, status, request, response);
  }

  /** What was thrown, fit to be shown, with its HTTP status; sets the header that says when to come again. */
  refusalOf(error: unknown, response: ServerResponse): Refusal {
    const formatted = error instanceof ApiError ? error.toJSON() : { message: '' };
    const { http } = (formatted.extensions ?? {}) as { http?: { status: number } };
    const masked = this.#options.maskError(formatted, error);
    // What was made for the caller is about the request, which was not begun.
    const otherwise = error instanceof ApiError ? 400 : 500;
    const status = saysUnavailable(masked) ? 503 : (http?.status ?? otherwise);
    if (status === 503) {
      response.setHeader('Retry-After', String(masked.extensions?.['retryAfterSeconds']));
    }
    return { refusal: masked, status };
  }
}

function tellBudget(response: ServerResponse, budget: Budget): void {
  response.setHeader('RateLimit-Limit', String(budget.limit));
  response.setHeader('RateLimit-Remaining', String(budget.remaining));
  response.setHeader('RateLimit-Reset', String(budget.resetSeconds));
  if (budget.exhausted) response.setHeader('Retry-After', String(budget.resetSeconds));
}

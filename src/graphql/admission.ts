import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import type { GraphQLFormattedError } from 'graphql';
import type { Caller } from './context.ts';
import { ApiError } from './errors.ts';
import { readDocument } from './limits.ts';
import { rateLimited, type RateLimits } from './rate-limits.ts';
import type { DocumentRequest, TrustedDocuments } from './trusted-documents.ts';

/** Who sent a request with these credentials; throws UNAUTHENTICATED when nobody may. */
export type Authenticate = (
  request: IncomingMessage,
  authorization: string | undefined,
) => Promise<Caller>;

export interface AdmissionOptions {
  authenticate: Authenticate;
  rateLimits: RateLimits;
  /** Undefined: every document may run. */
  trusted: TrustedDocuments | undefined;
  maskError: (formatted: GraphQLFormattedError, thrown: unknown) => GraphQLFormattedError;
}

/** Headers beside the usual ones that pages of other origins may read. */
export const exposedHeaders = [
  'X-Request-Id',
  'Retry-After',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
];

/** Texts that were found within the limits are not looked at again: the longest that is kept, and how many. */
const remembered = { length: 10_000, count: 1_000 };

/** What an HTTP request has to pass before Apollo Server sees it. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #callers = new WeakMap<IncomingMessage, Caller>();
  readonly #passed = new Set<string>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** The caller of a request that `identify` let pass. */
  callerOf(request: IncomingMessage): Caller {
    return this.#callers.get(request)!;
  }

  /** Finds out who asks and counts it, before a body of megabytes is read. */
  readonly identify: RequestHandler = async (request, response, next) => {
    const { authenticate, rateLimits } = this.#options;
    let refusal: unknown;
    let caller: Caller | null = null;
    try {
      caller = await authenticate(request, request.headers.authorization);
      this.#callers.set(request, caller);
    } catch (error) {
      refusal = error;
    }
    const isKnown = refusal === undefined || refusal instanceof ApiError;
    const budget = isKnown
      ? await rateLimits.take(caller, request.socket.remoteAddress ?? null)
      : null;
    if (budget) {
      response.set({
        'RateLimit-Limit': String(budget.limit),
        'RateLimit-Remaining': String(budget.remaining),
        'RateLimit-Reset': String(budget.reset),
      });
      if (budget.exhausted) {
        response.set('Retry-After', String(budget.reset));
        return this.#refuse(request, response, rateLimited(budget));
      }
    }
    if (refusal !== undefined) return this.#refuse(request, response, refusal);
    next();
  };

  /** Refuses documents that are not registered or beyond the limits; puts a registered one in the place of its id. */
  readonly checkDocument: RequestHandler = (request, response, next) => {
    try {
      if (request.method === 'GET') this.#checkAddress(request);
      else this.#checkBody(request);
    } catch (error) {
      return this.#refuse(request, response, error);
    }
    next();
  };

  #checkBody(request: Request): void {
    const body: unknown = request.body;
    // Apollo Server refuses what is no object, and a batch.
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return;
    const given = body as DocumentRequest;
    const { trusted } = this.#options;
    if (trusted) {
      const query = trusted.find(given);
      const { variables, operationName } = body as Record<string, unknown>;
      // Without the id and the hash: Apollo Server refuses what it takes for a persisted query.
      request.body = {
        query,
        ...(variables !== undefined && { variables }),
        ...(operationName !== undefined && { operationName }),
      };
    } else if (typeof given.query === 'string') this.#read(given.query);
  }

  #checkAddress(request: Request): void {
    const [path, search = ''] = request.url.split(/\?(.*)/s);
    const parameters = new URLSearchParams(search);
    const { trusted } = this.#options;
    if (trusted) {
      const query = trusted.find({
        query: parameters.get('query') ?? undefined,
        documentId: parameters.get('documentId') ?? undefined,
        extensions: readJson(parameters.get('extensions')),
      });
      parameters.delete('documentId');
      parameters.delete('extensions');
      parameters.set('query', query);
      request.url = `${path}?${parameters.toString()}`;
    } else for (const text of parameters.getAll('query')) this.#read(text);
  }

  #read(text: string): void {
    if (this.#passed.has(text)) return;
    try {
      readDocument(text);
    } catch (error) {
      // A text that is no GraphQL is for Apollo Server to answer.
      if (error instanceof ApiError) throw error;
      return;
    }
    if (text.length > remembered.length) return;
    if (this.#passed.size >= remembered.count) {
      this.#passed.delete(this.#passed.values().next().value!);
    }
    this.#passed.add(text);
  }

  #refuse(request: Request, response: Response, error: unknown): void {
    const formatted = error instanceof ApiError ? error.toJSON() : { message: '' };
    const { http } = (formatted.extensions ?? {}) as { http?: { status: number } };
    const type = request.accepts(['application/json', 'application/graphql-response+json']);
    response
      .status(http?.status ?? 500)
      .type(type || 'application/json')
      .send(JSON.stringify({ errors: [this.#options.maskError(formatted, error)] }));
  }
}

function readJson(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

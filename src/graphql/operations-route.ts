import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { HeaderMap, type ApolloServer } from '@apollo/server';
import Negotiator from 'negotiator';
import type { Context } from './context.ts';
import type { DocumentCheck } from './document-check.ts';
import { ApiError } from './errors.ts';
import type { Gate, Refusal } from './gate.ts';
import type { KnownQueries } from './known-queries.ts';
import { BodyError } from './body-error.ts';
import { TooDeep } from './parse-body.ts';
import type { ReadRequest } from './read-json.ts';
import type { Sender } from './sender.ts';

export interface OperationsRouteOptions {
  apollo: ApolloServer<Context>;
  knownQueries: KnownQueries | undefined;
  gate: Gate;
  documents: DocumentCheck;
  bodyLimitBytes: number;
}

/** As Apollo Server names and compares them. */
const answerTypes = [
  'application/json; charset=utf-8',
  'application/graphql-response+json; charset=utf-8',
] as const;

/**
 * Answers the operations that come over HTTP: lets callers in, reads what they ask for, has Apollo
 * Server run it. Without Express, whose layers took a fifth of what a short answer costs.
 */
export class OperationsRoute {
  readonly #options: OperationsRouteOptions;

  constructor(options: OperationsRouteOptions) {
    this.#options = options;
  }

  /** Answers a request in whose response the common headers are; never rejects. */
  async answer(request: ReadRequest, response: ServerResponse, sender: Sender): Promise<void> {
    const { gate } = this.#options;
    try {
      // Whoever could not be given the answer is told so before anything is done.
      if (!acceptsAnswers(request)) return refuseTypes(response);
      try {
        await gate.admit(request, response, sender);
      } catch (error) {
        return this.refuse(error, request, response);
      }
      await this.#run(request, response);
    } catch (error) {
      this.answerError(error, request, response);
    }
  }

  async #run(request: ReadRequest, response: ServerResponse): Promise<void> {
    const { apollo, knownQueries, gate, documents, bodyLimitBytes } = this.#options;
    await gate.readBody(request, response, bodyLimitBytes);
    documents.check(request);
    const type = request.method === 'POST' ? typeFor(request) : undefined;
    const known = type && (await knownQueries?.run(request.body, () => gate.contextOf(request)));
    if (known) {
      response.setHeader('Content-Type', type);
      if (known.retryAfterSeconds) response.setHeader('Retry-After', known.retryAfterSeconds);
      return send(response, known.status ?? 200, known.text);
    }
    const { status, headers, body } = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method!,
        headers: headersFor(request.headers),
        search: /\?.*/s.exec(request.url!)?.[0] ?? '',
        body: request.body,
      },
      context: () => Promise.resolve(gate.contextOf(request)),
    });
    if (body.kind !== 'complete') throw new Error('nothing is answered in parts');
    for (const [name, value] of headers) response.setHeader(name, value);
    send(response, status ?? 200, body.string);
  }

  /** Answers what may not pass. */
  refuse(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    this.answerRefusal(this.#options.gate.refusalOf(error, response), request, response);
  }

  answerRefusal(
    { refusal, status }: Refusal,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const type = request.headers.accept && new Negotiator(request).mediaType([...answerTypes]);
    response.setHeader('Content-Type', type || answerTypes[0]);
    send(response, status, JSON.stringify({ errors: [refusal] }));
  }

  /** Answers what was thrown on the way to an answer. */
  answerError(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    if (error instanceof ApiError) return this.refuse(error, request, response);
    if (error instanceof BodyError && error.limit !== undefined) {
      const megabytes = Math.floor(error.limit / 1024 / 1024);
      const message = `The body is larger than ${megabytes} MB. Give images as public URLs instead of data URLs.`;
      return tell(response, 413, 'PAYLOAD_TOO_LARGE', message);
    }
    const { status } = error as { status?: number };
    if (status !== undefined && status >= 400 && status < 500) {
      const message = error instanceof BodyError ? error.message : 'The request could not be read.';
      const code = error instanceof TooDeep ? 'OPERATION_TOO_DEEP' : 'BAD_REQUEST';
      return tell(response, status, code, message);
    }
    this.refuse(error, request, response);
  }
}

/** As Apollo Server chooses the type of an answer; undefined for one that is not made here. */
function typeFor({ headers: { accept } }: IncomingMessage): string | undefined {
  if (accept === undefined || accept === '*/*') return answerTypes[0];
  const offered = [...answerTypes, 'application/json; callbackSpec=1.0; charset=utf-8'];
  const chosen = new Negotiator({ headers: { accept } }).mediaType(offered);
  return answerTypes.find((type) => type === chosen);
}

function acceptsAnswers(request: IncomingMessage): boolean {
  return (
    request.headers.accept === undefined ||
    new Negotiator(request).mediaType([...answerTypes]) !== undefined
  );
}

function refuseTypes(response: ServerResponse): void {
  const message =
    'Answers here are JSON: accept application/json or application/graphql-response+json. Event streams are at /graphql/stream.';
  tell(response, 406, 'BAD_REQUEST', message);
}

/**
 * The headers for Apollo Server, without credentials of another kind than ours, which have let nobody
 * in.
 *
 * `Authorization` shows Apollo Server's CSRF prevention that a page asked for permission by CORS
 * before. That is so for every header that a script sets, but a browser adds a password that it
 * remembers, for a proxy in front, by itself.
 */
function headersFor(headers: IncomingHttpHeaders): HeaderMap {
  const made = new HeaderMap();
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    if (name === 'authorization' && !/^Bearer /i.test(value as string)) continue;
    made.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return made;
}

/** A GraphQL-shaped answer to what never became an operation. */
export function tell(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void {
  response.setHeader('Content-Type', answerTypes[0]);
  send(response, status, JSON.stringify({ errors: [{ message, extensions: { code } }] }));
}

function send(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(text);
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import { OperationTypeNode, type ExecutionResult, type GraphQLError } from 'graphql';
import { createHandler, type OperationArgs } from 'graphql-sse';
import type { Connections } from './connections.ts';
import { ApiError } from './errors.ts';
import type { Gate } from './gate.ts';
import type { LiveOperations } from './live-operations.ts';

export interface EventStreamOptions {
  gate: Gate;
  operations: LiveOperations;
  connections: Connections;
  /** Who has not read what was sent before is not sent more after that. */
  unreadMs: number;
  log: { error(details: object, message: string): void };
}

const acceptedType = 'text/event-stream';

/**
 * The GraphQL API as server-sent events, one operation for each request (the "distinct
 * connections" of graphql-sse): for clients behind proxies that let no WebSocket through.
 *
 * The handler comes after the gate, which has let the caller in; `close` ends the streams.
 */
export function serveEventStreams(options: EventStreamOptions): {
  handle: RequestHandler;
  close: () => void;
} {
  const { gate, operations, connections, unreadMs, log } = options;
  const open = new Set<Response>();
  const handler = createHandler<IncomingMessage, { response: ServerResponse }>({
    // Without a token each request is an operation of its own.
    authenticate: () => null,
    // `admit` has done that.
    validate: () => [],
    subscribe: operations.subscribe,
    onSubscribe: async ({ raw, method }, params) => {
      const admitted = await operations.admit(
        params,
        () => gate.contextOf(raw),
        ({ operation }) => {
          // A GET needs no permission by CORS, so a page of anybody's could have it sent.
          if (method === 'GET' && operation !== OperationTypeNode.SUBSCRIPTION) {
            throw new ApiError('BAD_USER_INPUT', 'Over GET only subscriptions run here. Use POST.');
          }
        },
      );
      // graphql-sse takes for a result only what has data; there is none in what is sent.
      if (Array.isArray(admitted)) return { data: undefined, errors: admitted } as ExecutionResult;
      return admitted as OperationArgs<undefined>;
    },
    onNext: async (_context, { context: { response } }, result) => {
      // The library would keep for a slow client what there is, without end.
      if (response.writableNeedDrain) await drained(response, unreadMs);
      return (
        result.errors && { ...result, errors: operations.mask(result.errors) as GraphQLError[] }
      );
    },
  });

  const handle: RequestHandler = async (request, response) => {
    if (isRefused(request, response)) return;
    const { isAllowed, remove } = connections.add(gate.senderOf(request).ip);
    response.once('close', remove);
    if (!isAllowed) {
      response.set('Retry-After', '10');
      return refuse(response, 429, 'Too many connections are open.', 'TOO_MANY_CONNECTIONS');
    }
    const [body, { status, headers }] = await handler({
      method: request.method,
      url: request.url,
      headers: {
        get: (name) => (name === 'accept' ? acceptedType : request.headers[name]?.toString()),
      },
      body: request.body as Record<string, unknown>,
      raw: request,
      context: { response },
    });
    if (body === null || typeof body === 'string') {
      return refuse(response, status, messageOf(body));
    }
    response.writeHead(status, { ...headers, 'x-accel-buffering': 'no' });
    open.add(response);
    const stopChecking = gate.recheck(request, connections, () => response.destroy());
    response.once('close', () => {
      open.delete(response);
      stopChecking();
      void body.return(undefined);
    });
    try {
      for await (const message of body) {
        if (!response.write(message)) await drained(response, unreadMs);
        if (response.destroyed) return;
      }
      response.end();
    } catch (error) {
      log.error({ error }, 'an event stream broke');
      response.destroy();
    }
  };
  return {
    handle,
    // Without the event that says that an operation is complete: clients come back.
    close: () => open.forEach((response) => response.destroy()),
  };
}

/** Answers a request that cannot become an event stream. */
function isRefused(request: Request, response: Response): boolean {
  if (request.method !== 'GET' && request.method !== 'POST') {
    response.set('Allow', 'GET, POST');
    refuse(response, 405, 'Event streams are asked for with GET or POST.');
  } else if (!request.accepts(acceptedType)) {
    refuse(response, 406, `Answers here are event streams: send "Accept: ${acceptedType}".`);
  } else if (request.method === 'POST' && !request.is('application/json')) {
    const message = 'Send the operation as JSON, with "Content-Type: application/json".';
    refuse(response, 415, message);
  } else return false;
  return true;
}

/** Resolves when what was written has been sent, or the connection is gone, which a client that does not read brings about. */
async function drained(response: ServerResponse, unreadMs: number): Promise<void> {
  if (response.destroyed) return;
  await new Promise<void>((done) => {
    const timer = setTimeout(() => response.destroy(), unreadMs);
    const finish = () => {
      clearTimeout(timer);
      response.off('drain', finish).off('close', finish);
      done();
    };
    response.on('drain', finish).on('close', finish);
  });
}

function refuse(response: Response, status: number, message: string, code = 'BAD_REQUEST'): void {
  response.status(status).json({ errors: [{ message, extensions: { code } }] });
}

/** What the library answers to a request that is no operation. */
function messageOf(body: string | null): string {
  const unread = 'The request could not be read.';
  if (body === null) return unread;
  const { errors } = JSON.parse(body) as { errors?: { message?: string }[] };
  return errors?.[0]?.message ?? unread;
}

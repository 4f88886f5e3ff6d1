import { randomUUID } from 'node:crypto';
import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, isValueNode, type GraphQLFormattedError } from 'graphql';
import { withoutHeld } from '../network/held-files.ts';

/** Codes under `errors[].extensions.code`, in addition to those of Apollo Server for documents that do not parse or validate. */
export type ErrorCode =
  | 'NOT_FOUND'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'BAD_CURSOR'
  | 'BAD_PAGE_SIZE'
  | 'VIDEO_LINK_UNAVAILABLE'
  | 'TASKS_UNAVAILABLE'
  | 'SERVICE_UNAVAILABLE'
  | 'STORAGE_UNAVAILABLE'
  | RefusalCode;

/** An operation that is not begun. */
type RefusalCode =
  | 'OPERATION_TOO_DEEP'
  | 'OPERATION_TOO_COMPLEX'
  | 'TOO_MANY_ALIASES'
  | 'TOO_MANY_DIRECTIVES'
  | 'TOO_MANY_ROOT_FIELDS'
  | 'TOO_MANY_TOKENS'
  | 'TOO_MANY_SUBSCRIPTIONS'
  | 'TOO_MANY_CONNECTIONS'
  | 'TOO_MANY_WAITING'
  | 'TOO_SLOW'
  | 'SUBSCRIPTION_NEEDS_WEBSOCKET'
  | 'DOCUMENT_NOT_TRUSTED'
  | 'RATE_LIMITED'
  | 'SERVICE_BUSY'
  | 'BODY_TOO_SLOW';

/** An error made for the caller: its message and code reach the client as they are. */
export class ApiError extends GraphQLError {
  constructor(code: ErrorCode, message: string, extensions: Record<string, unknown> = {}) {
    super(message, { extensions: { ...extensions, code, ...httpStatusOf[code] } });
    this.name = 'ApiError';
  }
}

/** Whether somebody was refused who did not show who he is. */
export function isSignInRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.extensions['code'] === 'UNAUTHENTICATED';
}

/** Whether it says that asking again will help, since something that this service needs does not answer. */
export function tellsOfOutage(error: unknown): boolean {
  return error instanceof ApiError && error.extensions['code'] === 'SERVICE_UNAVAILABLE';
}

/** Most errors come with HTTP 200; these have a status of their own. */
const httpStatusOf: Partial<Record<ErrorCode, { http: { status: number } }>> = {
  UNAUTHENTICATED: { http: { status: 401 } },
  SERVICE_UNAVAILABLE: { http: { status: 503 } },
  STORAGE_UNAVAILABLE: { http: { status: 503 } },
  RATE_LIMITED: { http: { status: 429 } },
  SERVICE_BUSY: { http: { status: 503 } },
  BODY_TOO_SLOW: { http: { status: 408 } },
  TOO_MANY_CONNECTIONS: { http: { status: 429 } },
  TOO_MANY_WAITING: { http: { status: 429 } },
  OPERATION_TOO_DEEP: { http: { status: 400 } },
  OPERATION_TOO_COMPLEX: { http: { status: 400 } },
  TOO_MANY_ALIASES: { http: { status: 400 } },
  TOO_MANY_DIRECTIVES: { http: { status: 400 } },
  TOO_MANY_ROOT_FIELDS: { http: { status: 400 } },
  TOO_MANY_TOKENS: { http: { status: 400 } },
  SUBSCRIPTION_NEEDS_WEBSOCKET: { http: { status: 400 } },
  DOCUMENT_NOT_TRUSTED: { http: { status: 400 } },
};

/** Whether something that this service needs did not answer, as the error for the caller says. */
export function saysUnavailable({ extensions }: GraphQLFormattedError): boolean {
  return ['SERVICE_UNAVAILABLE', 'STORAGE_UNAVAILABLE'].includes(String(extensions?.['code']));
}

/** Codes that Apollo Server and graphql-js give to mistakes of the caller. */
const callersMistakes = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

interface ErrorLog {
  error(object: object, message: string): void;
}

/** When to ask again what cannot be answered just now. */
export const retryAfterSeconds = 2;

export interface ErrorMaskOptions {
  log: ErrorLog;
  hideSuggestions: boolean;
  /** Whether something failed because the database does not answer now. */
  isUnavailable: (error: unknown) => boolean;
  /** Whether the storage of media failed. */
  isStorageFailure: (error: unknown) => boolean;
}

/**
 * Makes the one function through which every GraphQL error leaves, over HTTP and WebSocket.
 *
 * Errors made for the caller and mistakes in the request pass; anything else
 * is logged in full and becomes one sentence with an id to quote, or SERVICE_UNAVAILABLE or
 * STORAGE_UNAVAILABLE where asking again will help. Without suggestions, the names that graphql-js proposes for a misspelt one go too.
 */
export function createErrorMask(options: ErrorMaskOptions) {
  const { log, hideSuggestions, isUnavailable, isStorageFailure } = options;
  return function maskError(
    formatted: GraphQLFormattedError,
    thrown: unknown,
  ): GraphQLFormattedError {
    const original = unwrapResolverError(thrown);
    const code = formatted.extensions?.['code'];
    const hasCode =
      original instanceof ApiError || (typeof code === 'string' && callersMistakes.has(code));
    const { message, locations, path } = formatted;
    if (hasCode || isFoundByGraphql(thrown)) {
      return {
        message: withoutHeld(hideSuggestions ? withoutSuggestion(message) : message),
        ...(locations && { locations }),
        ...(path && { path }),
        extensions: {
          ...withoutHttp(formatted.extensions),
          code: hasCode ? code : 'BAD_USER_INPUT',
        },
      };
    }
    // Before the database: it fails over sockets as well.
    if (isStorageFailure(original)) {
      log.error({ path, error: original }, 'the storage of media failed');
      return {
        message: `The storage of media does not answer. Ask again in ${retryAfterSeconds} seconds; repeat a mutation with the same idempotency key.`,
        ...(path && { path }),
        extensions: { code: 'STORAGE_UNAVAILABLE', retryAfterSeconds },
      };
    }
    if (isUnavailable(original)) {
      log.error({ path, error: original }, 'the database does not answer');
      return {
        message: `The service cannot reach its database. Ask again in ${retryAfterSeconds} seconds; repeat a mutation with the same idempotency key.`,
        ...(path && { path }),
        extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds },
      };
    }
    const errorId = randomUUID();
    log.error({ errorId, path, error: original }, 'unexpected error in a GraphQL operation');
    return {
      message: `Something went wrong on our side. Quote error ${errorId} when you report it.`,
      ...(path && { path }),
      extensions: { code: 'INTERNAL_SERVER_ERROR', errorId },
    };
  };
}

/**
 * Whether graphql-js found this mistake in what the caller sent, and gave it no code; Apollo Server
 * then takes it for one of ours.
 */
function isFoundByGraphql(thrown: unknown): boolean {
  if (!(thrown instanceof GraphQLError)) return false;
  const { nodes, path, originalError, extensions } = thrown;
  // Before any field: what a field throws gets its path, and stays under it as the original.
  const isOfNoField = path === undefined && originalError === undefined && !extensions['code'];
  // Arguments of fields and directives are read in between, field by field, and such an error is
  // wrapped like what a resolver throws. But it alone points at values, where the others point at fields.
  const isAboutValues = nodes !== undefined && nodes.length > 0 && nodes.every(isValueNode);
  return isOfNoField || isAboutValues;
}

function withoutSuggestion(message: string): string {
  const start = message.indexOf('Did you mean ');
  return start === -1 ? message : message.slice(0, start).trimEnd();
}

/** Apollo Server takes the status from there; clients need not see it. */
function withoutHttp(extensions: Record<string, unknown> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(extensions).filter(([key]) => key !== 'http'));
}

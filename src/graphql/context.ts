import type { Caller } from './caller.ts';
import type { Budget } from './rate-limits.ts';

/** A class that is constructed once, in features.ts. */
type Constructed<T> = abstract new (...args: never[]) => T;

/** What every resolver knows about the request it serves. */
export interface Context {
  /** From the `X-Request-Id` header when it is well-formed, else made here; in each log line and event. */
  requestId: string;
  caller: Caller;
  /** What the caller had left when this began; null without a limit. */
  budget: Budget | null;
  /** Counts as many requests more; rejects with RATE_LIMITED, and counts none, when fewer are left. */
  takeMore(count: number): Promise<void>;
  /** Where it came from: in front of the proxies that are trusted. */
  ip: string | null;
  userAgent: string | null;
  /** From the `Idempotency-Key` header. */
  idempotencyKey: string | null;
  /** Calls when the client has hung up, unless the function that this gives was called before. */
  onGone(listener: () => void): () => void;
  /**
   * Forgets the long texts of the request's body, and of the copies of it that are given, and has the
   * next large body read. For whoever has stored what they were.
   */
  letGoOfBody(...copies: unknown[]): void;
  /** Remembers one value per request, e.g. a data loader. */
  once<T>(key: string, make: () => T): T;
  /** The resolver of this class, for places that type-graphql does not call on the instance. */
  get<T>(type: Constructed<T>): T;
}

/** The resolvers of one server, found by their class. */
export class Resolvers {
  readonly #instances: object[] = [];

  /** The schema needs to know only where they will be found. */
  add(...instances: object[]): void {
    this.#instances.push(...instances);
  }

  get<T>(type: Constructed<T>): T {
    const found = this.#instances.find((instance) => instance instanceof type);
    if (!found) throw new Error(`no resolver of class ${type.name} was constructed`);
    return found as T;
  }
}

export function createContext(
  request: Omit<Context, 'once' | 'get'>,
  resolvers: Resolvers,
): Context {
  const made = new Map<string, unknown>();
  return {
    ...request,
    once<T>(key: string, make: () => T): T {
      if (!made.has(key)) made.set(key, make());
      return made.get(key) as T;
    },
    get: (type) => resolvers.get(type),
  };
}

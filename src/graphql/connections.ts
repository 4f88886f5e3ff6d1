import type { Pace } from './pace.ts';
import { isSignInRefusal } from './errors.ts';
import { networkOf } from './network-of.ts';
import type { Caller } from './caller.ts';
import type { Authenticate, Sender } from './sender.ts';

/** How long clients are waited for, and wait. */
export interface Patience {
  /** Until a caller has to be let in anew. */
  recheckMs: number;
  /** Until a client has to have read what was sent to it. */
  unreadMs: number;
  /** Until there has to be room for a large body. */
  roomMs: number;
  /** How slowly a large body may come. */
  pace: Pace;
}

export const usualPatience: Patience = {
  recheckMs: 45_000,
  unreadMs: 30_000,
  roomMs: 20_000,
  // 1 Mbit/s.
  pace: { graceMs: 10_000, bytesPerSecond: 128 * 1024 },
};

export interface ConnectionOptions {
  authenticate: Authenticate;
  /** Open at one time, in all and from one address (networkOf). */
  connections: number;
  connectionsPerIp: number;
  recheckMs: number;
}

/** The connections that stay open, WebSockets and event streams together: how many, and whose. */
export class Connections {
  readonly #options: ConnectionOptions;
  readonly #byIp = new Map<string, number>();
  #open = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Counts one more from this address; gives whether it is within the limits, and what to call when it has closed. */
  add(ip: string | null): { isAllowed: boolean; remove: () => void } {
    const address = networkOf(ip);
    const ofIp = (this.#byIp.get(address) ?? 0) + 1;
    this.#byIp.set(address, ofIp);
    this.#open += 1;
    const { connections, connectionsPerIp } = this.#options;
    return {
      isAllowed: this.#open <= connections && ofIp <= connectionsPerIp,
      remove: () => {
        this.#open -= 1;
        const left = this.#byIp.get(address)! - 1;
        if (left > 0) this.#byIp.set(address, left);
        else this.#byIp.delete(address);
      },
    };
  }

  /**
   * Calls `end` within a minute after the credentials have stopped to stand for this caller: the key
   * was revoked, or it or the token has expired. Gives the function that stops looking.
   */
  recheck(
    caller: Caller,
    authorization: string | undefined,
    sender: Sender,
    end: () => void,
  ): () => void {
    const { authenticate, recheckMs } = this.#options;
    const check = async () => {
      try {
        const now = await authenticate(authorization, sender);
        const isSame = (['id', 'kind', 'role', 'tenant'] as const).every(
          (part) => now[part] === caller[part],
        );
        if (!isSame) end();
      } catch (error) {
        // Anything else, such as a database that does not answer, says nothing about the caller.
        if (isSignInRefusal(error)) end();
      }
    };
    // Spread out: thousands may have connected in one moment.
    const timer = setInterval(() => void check(), recheckMs * (0.75 + Math.random() / 4));
    timer.unref();
    return () => clearInterval(timer);
  }
}

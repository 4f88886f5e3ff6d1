import { createHash } from 'node:crypto';
import type { TaskClient } from '../minimax/answers.ts';
import { splitBaseUrl } from '../minimax/base-url.ts';
import { Line, type LineOptions } from '../minimax/line.ts';
import { MinimaxClient } from '../minimax/v1/client.ts';
import { MinimaxV2Client } from '../minimax/v2/client.ts';

/** An account as an operator configures it. */
export interface AccountKey {
  name: string;
  baseUrl: string;
  apiKey: string;
}

export interface Account {
  /** Names base URL and key without telling them. */
  id: string;
  /** What an operator calls it. */
  name: string;
  /** Of the first generation, which alone has files and a balance. */
  client: MinimaxClient;
  /** Of the second. */
  second: MinimaxV2Client;
}

/** The client that speaks a generation of the API. */
export function clientOf(account: Account, apiGeneration: number): TaskClient {
  return apiGeneration === 2 ? account.second : account.client;
}

export interface AccountsOptions {
  sending: AccountKey;
  /** Keys that only finish what they began. */
  former: readonly AccountKey[];
  timeoutMs: number;
  /** Through which MiniMax is reached; unset: none. */
  proxies?: LineOptions['proxies'];
  /** Simulators come and go with their ports: all of them are one account. */
  simulated: boolean;
}

/**
 * The MiniMax accounts whose keys this service has: the one that sends, and those that only finish
 * what they began. What an account accepted is looked at with that account only.
 */
export class Accounts {
  readonly sending: Account;
  readonly #byId = new Map<string, Account>();

  constructor({ sending, former, timeoutMs, proxies, simulated }: AccountsOptions) {
    for (const { name, baseUrl, apiKey } of [...former, sending]) {
      const id = fingerprint(canonical(baseUrl), apiKey);
      const line = new Line({ baseUrl, apiKey, timeoutMs, proxies });
      const account = {
        ...{ id, name, client: new MinimaxClient(line), second: new MinimaxV2Client(line) },
      };
      for (const spelling of spellings(baseUrl)) {
        this.#byId.set(fingerprint(spelling, apiKey), account);
      }
    }
    const account = this.#byId.get(fingerprint(canonical(sending.baseUrl), sending.apiKey))!;
    this.sending = simulated ? { ...account, id: 'simulator' } : account;
    this.#byId.set(this.sending.id, this.sending);
  }

  /** Those that are known, in every spelling. */
  get ids(): string[] {
    return [...this.#byId.keys()];
  }

  /** Undefined when its key is not configured. What was sent before accounts were stored has none: it is the sending one's. */
  of(id: string | null): Account | undefined {
    return id === null ? this.sending : this.#byId.get(id);
  }

  /** Resolves when the exchanges under way have ended. */
  async close(): Promise<void> {
    const clients = new Set([...this.#byId.values()].map(({ client }) => client));
    await Promise.all([...clients].map((client) => client.close()));
  }
}

/** The ways to write a base URL that ask the same MiniMax; an account is known by each. */
function spellings(baseUrl: string): string[] {
  const stem = canonical(baseUrl);
  const endings = ['', '/v1', '/v2', '/anthropic', '/anthropic/v1', '/anthropic/v2'];
  return [baseUrl, ...endings.flatMap((ending) => [stem + ending, `${stem}${ending}/`])];
}

function canonical(baseUrl: string): string {
  const { origin, prefix } = splitBaseUrl(baseUrl);
  return origin + prefix;
}

/** Names a key without telling it. */
function fingerprint(baseUrl: string, apiKey: string): string {
  return createHash('sha256').update(`${baseUrl} ${apiKey}`).digest('hex').slice(0, 16);
}

import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { Account } from './load.ts';
import type { Target } from './targets.ts';

const document = `subscription ($after: DateTime) {
  generationsUpdated(updatedAfter: $after) { id status version updatedAt }
}`;

/** Somebody who keeps a list up to date over WebSocket, and connects again as docs/live-updates.md says. */
export class Watcher {
  readonly name: string;
  /** The last status of each generation that was told. */
  readonly statuses = new Map<string, string>();
  messages = 0;
  connections = 0;
  /** Why connections and subscriptions ended, and how often. */
  readonly ends = new Map<string, number>();
  readonly #account: Account;
  readonly #targets: readonly Target[];
  readonly #versions = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  #after = new Date().toISOString();

  constructor(name: string, account: Account, targets: readonly Target[]) {
    this.name = name;
    this.#account = account;
    this.#targets = targets;
  }

  /** Resolves after the signal. */
  async run(signal: AbortSignal): Promise<void> {
    for (let tries = 0; !signal.aborted; tries++) {
      // With whoever answers: one that is frozen would take the connection and say nothing.
      const target = this.#targets[tries % this.#targets.length]!;
      const end = await this.#follow(target, signal);
      this.ends.set(end, (this.ends.get(end) ?? 0) + 1);
      await sleep(300, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves when the next news comes that it did not have; false when none does within the time. */
  async hears(withinMs: number): Promise<boolean> {
    let hear!: () => void;
    const heard = new Promise<boolean>((resolve) => (hear = () => resolve(true)));
    this.#waiting.add(hear);
    const stop = new AbortController();
    const timeUp = sleep(withinMs, false, { signal: stop.signal }).catch(() => false);
    const result = await Promise.race([heard, timeUp]);
    stop.abort();
    this.#waiting.delete(hear);
    return result;
  }

  async #follow(target: Target, signal: AbortSignal): Promise<string> {
    const client = createClient({
      url: `${target.server.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { Authorization: `Bearer ${this.#account.token}` },
      retryAttempts: 0,
      connectionAckWaitTimeout: 5_000,
      on: { connected: () => (this.connections += 1) },
    });
    const events = client.iterate<{ generationsUpdated: Update }>({
      query: document,
      variables: { after: this.#after },
    });
    const stop = () => void client.dispose();
    signal.addEventListener('abort', stop);
    try {
      for await (const { data, errors } of events) {
        if (errors) return String(errors[0]!.extensions?.['code']);
        if (data) this.#take(data.generationsUpdated);
      }
      return signal.aborted ? 'stopped' : 'completed';
    } catch (error) {
      return signal.aborted ? 'stopped' : nameOf(error);
    } finally {
      signal.removeEventListener('abort', stop);
      await client.dispose();
    }
  }

  #take({ id, status, version, updatedAt }: Update): void {
    this.messages += 1;
    if (updatedAt > this.#after) this.#after = updatedAt;
    if (version <= (this.#versions.get(id) ?? 0)) return;
    this.#versions.set(id, version);
    this.statuses.set(id, status);
    for (const hear of this.#waiting) hear();
  }
}

interface Update {
  id: string;
  status: string;
  version: number;
  updatedAt: string;
}

function nameOf(error: unknown): string {
  const first = Array.isArray(error) ? (error[0] as { extensions?: { code?: string } }) : undefined;
  if (first) return String(first.extensions?.code);
  const { code, reason, message } = error as { code?: unknown; reason?: string; message?: string };
  return [code, reason || message].filter(Boolean).join(' ') || 'broken';
}

import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'undici';
import { ChaosServer, type ServerOptions } from '../chaos/servers.ts';

/** A server, and what was done to it: what it owes to whom follows from that. */
export class Target {
  readonly server: ChaosServer;
  /** As many connections as a proxy keeps for so many clients; none is given up by the bench. */
  readonly dispatcher = new Agent({ connections: 40, headersTimeout: 0, bodyTimeout: 0 });
  readonly kills: number[] = [];
  readonly freezes: number[] = [];
  #isFrozen = false;
  #thawedAt = 0;
  #isGone = false;
  #backAt = 0;

  private constructor(server: ChaosServer) {
    this.server = server;
  }

  static async start(name: string, options: ServerOptions): Promise<Target> {
    return new Target(await ChaosServer.start(name, options));
  }

  /** Whether a balancer would send somebody here now. */
  get isUp(): boolean {
    return !this.#isFrozen && !this.#isGone;
  }

  /** From when on a request that was sent at `sentAt` must be answered within the limit. */
  owesSince(sentAt: number): number {
    return this.#isFrozen ? Date.now() : Math.max(sentAt, this.#thawedAt);
  }

  /** Whether there was no process at some time since then, so that a connection may have been reset. */
  wasGoneSince(sentAt: number): boolean {
    return this.#isGone || this.#backAt >= sentAt;
  }

  async freeze(ms: number): Promise<void> {
    this.#isFrozen = true;
    this.freezes.push(Date.now());
    await this.server.freeze(ms);
    this.#thawedAt = Date.now();
    this.#isFrozen = false;
  }

  /** Kills it without warning; resolves when it serves again, or rejects when it does not within a minute. */
  async killAndRestart(): Promise<void> {
    this.#isGone = true;
    this.kills.push(Date.now());
    this.server.kill('SIGKILL');
    const deadline = Date.now() + 60_000;
    while (!this.server.ready) {
      if (Date.now() > deadline) throw new Error(`${this.server.name} did not start again`);
      await sleep(50);
    }
    this.#backAt = Date.now();
    this.#isGone = false;
  }
}

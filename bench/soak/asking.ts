import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { distributionOf } from '../answers/commits.ts';
import type { Target } from './targets.ts';

/** Whatever happens, a caller has an answer by then. */
const answerWithinMs = 10_000;
/** Late answers are waited for a little longer: never and late are two things. */
const patienceMs = 30_000;

/** Words that are no answer of a service to what is asked here. */
const ourMistakes = new Set(['INTERNAL_SERVER_ERROR', 'BAD_REQUEST', 'GRAPHQL_VALIDATION_FAILED']);

export interface Question {
  /** What it is called in the figures. */
  name: string;
  path?: string;
  /** An API key, or what is given in place of one. */
  token?: string | undefined;
  /** Where it claims to come from. */
  from?: string;
  body?: object;
}

export interface Reply {
  status: number;
  retryAfter: string | undefined;
  body: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

/** Asks the servers, and holds what comes back, and when, against what they owe. */
export class Asking {
  readonly violations: string[] = [];
  /** How often each kind of answer was given to each question. */
  readonly kinds = new Map<string, Map<string, number>>();
  readonly latencies = new Map<string, number[]>();
  /** Of those that were asked while nothing was done to anything. */
  readonly calm: number[] = [];
  /** What is being done now, for the words of a violation. */
  fault: string | undefined;
  /** How many faults there were, this one included. */
  faults = 0;
  readonly #start = Date.now();

  get count(): number {
    return [...this.latencies.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** What was answered; null when the server was gone, or when what came was no answer. */
  async ask(target: Target, question: Question): Promise<Reply | null> {
    const { name } = question;
    const sentAt = Date.now();
    const { fault, faults } = this;
    const done = new AbortController();
    const patience = new AbortController();
    void this.#watch(target, sentAt, patience, done.signal);
    try {
      const reply = await exchange(target, question, patience.signal);
      const took = Date.now() - sentAt;
      this.#note(name, took);
      if (!fault && faults === this.faults) this.calm.push(took);
      const late = Date.now() - target.owesSince(sentAt);
      if (late > answerWithinMs) this.#violate(name, target, `answered after ${late} ms`, fault);
      const kind = kindOf(question, reply);
      this.#count(name, kind.text);
      if (kind.isWrong) this.#violate(name, target, JSON.stringify(reply).slice(0, 400), fault);
      return kind.isWrong ? null : reply;
    } catch (error) {
      const isGone = target.wasGoneSince(sentAt);
      this.#count(name, isGone ? 'killed' : 'none');
      if (!isGone)
        this.#violate(
          name,
          target,
          `no answer in ${Date.now() - sentAt} ms: ${words(error)}`,
          fault,
        );
      return null;
    } finally {
      done.abort();
    }
  }

  async #watch(
    target: Target,
    sentAt: number,
    patience: AbortController,
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      const left = target.owesSince(sentAt) + patienceMs - Date.now();
      if (left <= 0) return patience.abort(new Error('out of patience'));
      const goesOn = await sleep(left, true, { signal }).catch(() => false);
      if (!goesOn) return;
    }
  }

  #violate(name: string, target: Target, what: string, fault: string | undefined): void {
    const second = Math.round((Date.now() - this.#start) / 1_000);
    const during = [...new Set([fault, this.fault])].filter(Boolean).join(', ') || 'no fault';
    this.violations.push(
      `${name} at ${target.server.name}, second ${second}, during ${during}, load ${loadavg()[0]!.toFixed(1)}: ${what}`,
    );
  }

  #count(name: string, kind: string): void {
    const kinds = this.kinds.get(name) ?? new Map<string, number>();
    this.kinds.set(name, kinds.set(kind, (kinds.get(kind) ?? 0) + 1));
  }

  #note(name: string, ms: number): void {
    const all = this.latencies.get(name) ?? [];
    all.push(ms);
    this.latencies.set(name, all);
  }

  /** Figures for the table at the end. */
  get figures(): Record<string, string> {
    const all = [...this.latencies.values()].flat();
    const told = (list: number[]) => {
      const { count, p50, p99, max } = distributionOf(list);
      return `${count}: p50 ${p50} ms, p99 ${p99} ms, longest ${max} ms`;
    };
    const each = [...this.latencies].map(([name, list]) => {
      const kinds = [...this.kinds.get(name)!].sort(([, a], [, b]) => b - a);
      return [
        `  ${name}`,
        `${told(list)}; ${kinds.map((kind) => kind.reverse().join(' ')).join(', ')}`,
      ];
    });
    return {
      'answers, all': told(all),
      'answers, while nothing was done': told(this.calm),
      ...Object.fromEntries(each),
    };
  }
}

async function exchange(target: Target, question: Question, signal: AbortSignal): Promise<Reply> {
  const { path = '/graphql', token, from, body } = question;
  const answer = await request(`${target.server.url}${path}`, {
    method: body ? 'POST' : 'GET',
    dispatcher: target.dispatcher,
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(from !== undefined && { 'x-forwarded-for': from }),
    },
    body: body ? JSON.stringify(body) : null,
    signal,
  });
  const retryAfter = answer.headers['retry-after'];
  return {
    status: answer.statusCode,
    retryAfter: retryAfter === undefined ? undefined : String(retryAfter),
    body: await answer.body.json(),
  };
}

function words(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return [code, message].filter(Boolean).join(' ');
}

/** An answer in one word, and whether it is none that a service may give to what is asked here. */
function kindOf(
  { path }: Question,
  { status, retryAfter, body }: Reply,
): { text: string; isWrong: boolean } {
  const code = body?.errors?.[0]?.extensions?.code as string | undefined;
  if (status === 503)
    return {
      text: `503 ${code ?? body?.status}`,
      // Whoever asks whether a server is ready asks again by himself.
      isWrong: retryAfter === undefined && path !== '/readyz',
    };
  if (body?.errors !== undefined)
    return { text: code ?? 'no code', isWrong: code === undefined || ourMistakes.has(code) };
  if (status !== 200) return { text: `HTTP ${status}`, isWrong: true };
  const payload = Object.values((body?.data ?? {}) as object)[0] as
    { userErrors?: { code: string }[] } | null | undefined;
  const refusal = payload?.userErrors?.[0]?.code;
  return { text: refusal ?? 'data', isWrong: typeof body !== 'object' || body === null };
}

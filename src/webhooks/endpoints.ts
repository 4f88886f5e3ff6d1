import { randomBytes } from 'node:crypto';
import { v7 as uuidV7 } from 'uuid';
import type { AuditAction, Requester } from '../audit/events.ts';
import { actorOf } from '../audit/events.ts';
import type { AuditLog } from '../audit/log.ts';
import type { Database } from '../database/database.ts';
import type { Prisma, WebhookEndpoint } from '../database/generated/client.ts';
import { ApiError } from '../graphql/errors.ts';
import type { WebhookEvent } from './events.ts';
import { webhookUrlProblem, type WebhookUrlProblem } from './url.ts';

export type { WebhookEndpoint };

/** Why an endpoint gets nothing, each with the sentence that the API shows for it. */
export const disabledReasons = {
  BY_CALLER: '`disableWebhookEndpoint` was called.',
  GONE: 'The receiver answered 410, which means that it wants no more.',
  FAILING: 'The receiver has answered nothing but errors for five days.',
} as const;

export type DisabledReason = keyof typeof disabledReasons;

export interface EndpointsOptions {
  prisma: Database['prisma'];
  audit: AuditLog;
  now: () => Date;
  /** Whether http and addresses that are not public are allowed. */
  allowPrivate: boolean;
}

export interface NewEndpoint {
  url: string;
  description: string | null;
  events: readonly WebhookEvent[];
}

/** An endpoint with its secret, as its owner gets it, once. */
export interface IssuedEndpoint {
  webhookEndpoint: WebhookEndpoint;
  secret: string;
}

export const maxEndpointsPerCaller = 10;

/** What is wrong with the address that a generation's webhooks are to go to. */
export type GenerationUrlProblem =
  WebhookUrlProblem | { code: 'WEBHOOK_URL_NOT_REGISTERED'; message: string };

/** Where callers want to be told. Every change is an audit event in the same transaction. */
export class WebhookEndpoints {
  readonly #options: EndpointsOptions;

  constructor(options: EndpointsOptions) {
    this.#options = options;
  }

  /** Throws BAD_USER_INPUT for an address that is not allowed or there already, and above the limit. */
  async create(endpoint: NewEndpoint, requester: Requester): Promise<IssuedEndpoint> {
    const { prisma, now, allowPrivate } = this.#options;
    const problem = webhookUrlProblem(endpoint.url, allowPrivate);
    if (problem) throw new ApiError('BAD_USER_INPUT', problem.message);
    const callerId = requester.caller.id;
    const secret = newSecret();
    const webhookEndpoint = await prisma.$transaction(async (tx) => {
      // One after the other, or two could both be the last one that is allowed.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`webhooks of ${callerId}`}, 0))`;
      const existing = await tx.webhookEndpoint.findMany({ where: { callerId } });
      if (existing.some(({ url }) => url === endpoint.url)) {
        throw new ApiError('BAD_USER_INPUT', 'You have an endpoint with this URL already.');
      }
      if (existing.length >= maxEndpointsPerCaller) {
        const message = `A caller has at most ${maxEndpointsPerCaller} webhook endpoints: delete one first.`;
        throw new ApiError('BAD_USER_INPUT', message);
      }
      const created = await tx.webhookEndpoint.create({
        data: {
          ...endpoint,
          id: uuidV7({ msecs: now().getTime() }),
          callerId,
          origin: new URL(endpoint.url).origin,
          events: [...endpoint.events],
          secret,
          createdAt: now(),
        },
      });
      await this.#record('WEBHOOK_ENDPOINT_CREATED', created, requester, tx);
      return created;
    });
    return { webhookEndpoint, secret };
  }

  /** A new secret; the old one signs as well until `overlapMs` from now. */
  async rotate(
    { id, secret: previousSecret }: WebhookEndpoint,
    overlapMs: number,
    requester: Requester,
  ): Promise<IssuedEndpoint | null> {
    const { prisma, now } = this.#options;
    const secret = newSecret();
    const previousSecretUntil = new Date(now().getTime() + overlapMs);
    const webhookEndpoint = await prisma.$transaction(async (tx) => {
      const [rotated] = await tx.webhookEndpoint.updateManyAndReturn({
        where: { id, secret: previousSecret },
        data: { secret, previousSecret, previousSecretUntil },
      });
      if (rotated) await this.#record('WEBHOOK_SECRET_ROTATED', rotated, requester, tx);
      return rotated;
    });
    return webhookEndpoint ? { webhookEndpoint, secret } : null;
  }

  /** From now on it gets nothing; what waits for it is dead. One that is disabled already stays as it is. */
  async disable(endpoint: WebhookEndpoint, requester: Requester): Promise<WebhookEndpoint | null> {
    const { prisma } = this.#options;
    await prisma.$transaction((tx) => this.disableWithin(tx, endpoint.id, 'BY_CALLER', requester));
    return await this.find(endpoint.id);
  }

  async disableWithin(
    tx: Prisma.TransactionClient,
    id: string,
    reason: DisabledReason,
    requester: Requester | null,
  ): Promise<void> {
    const [disabled] = await tx.webhookEndpoint.updateManyAndReturn({
      where: { id, disabledAt: null },
      data: { disabledAt: this.#options.now(), disabledReason: reason },
    });
    if (!disabled) return;
    await tx.webhookDelivery.updateMany({
      where: { endpointId: id, status: 'PENDING' },
      data: { status: 'DEAD', nextAttemptAt: null },
    });
    await this.#record('WEBHOOK_ENDPOINT_DISABLED', disabled, requester, tx, { reason });
  }

  async enable({ id }: WebhookEndpoint, requester: Requester): Promise<WebhookEndpoint | null> {
    await this.#options.prisma.$transaction(async (tx) => {
      const [enabled] = await tx.webhookEndpoint.updateManyAndReturn({
        where: { id, disabledAt: { not: null } },
        data: { disabledAt: null, disabledReason: null, failingSince: null },
      });
      if (enabled) await this.#record('WEBHOOK_ENDPOINT_ENABLED', enabled, requester, tx);
    });
    return await this.find(id);
  }

  /** With its deliveries. */
  async delete(endpoint: WebhookEndpoint, requester: Requester): Promise<void> {
    await this.#options.prisma.$transaction(async (tx) => {
      const { count } = await tx.webhookEndpoint.deleteMany({ where: { id: endpoint.id } });
      if (count > 0) await this.#record('WEBHOOK_ENDPOINT_DELETED', endpoint, requester, tx);
    });
  }

  async find(id: string): Promise<WebhookEndpoint | null> {
    return await this.#options.prisma.webhookEndpoint.findUnique({ where: { id } });
  }

  /** Those that match, newest first. */
  async list(where: Prisma.WebhookEndpointWhereInput): Promise<WebhookEndpoint[]> {
    const { prisma } = this.#options;
    return await prisma.webhookEndpoint.findMany({ where, orderBy: { id: 'desc' }, take: 500 });
  }

  /**
   * What is wrong with an address for the webhooks of one generation, or null.
   *
   * Its origin must be that of an endpoint of the caller, whose secret then
   * signs: so nobody has us write to somebody else's server, and the receiver
   * knows the secret already.
   */
  async generationUrlProblem(url: string, callerId: string): Promise<GenerationUrlProblem | null> {
    const { prisma, allowPrivate } = this.#options;
    const problem = webhookUrlProblem(url, allowPrivate);
    if (problem) return problem;
    const { origin } = new URL(url);
    const endpoint = await prisma.webhookEndpoint.findFirst({
      where: { callerId, origin, disabledAt: null },
    });
    if (endpoint) return null;
    const message = `You have no enabled webhook endpoint at ${origin}, whose secret could sign: make one with createWebhookEndpoint.`;
    return { code: 'WEBHOOK_URL_NOT_REGISTERED', message };
  }

  /** Without the path of the URL, in which some receivers have a secret. */
  async #record(
    action: AuditAction,
    { id: endpointId, origin, callerId: owner }: WebhookEndpoint,
    requester: Requester | null,
    tx: Prisma.TransactionClient,
    more: Record<string, string> = {},
  ): Promise<void> {
    const detail = { endpointId, origin, owner, ...more };
    await this.#options.audit.record(
      { action, actor: requester && actorOf(requester), detail },
      tx,
    );
  }
}

/** 256 random bits, in the form of Standard Webhooks. */
function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** The secrets that sign now, the newest first. */
export function signingSecrets(endpoint: WebhookEndpoint, now: Date): string[] {
  const { secret, previousSecret, previousSecretUntil } = endpoint;
  const overlaps = previousSecretUntil !== null && previousSecretUntil > now;
  return overlaps && previousSecret !== null ? [secret, previousSecret] : [secret];
}

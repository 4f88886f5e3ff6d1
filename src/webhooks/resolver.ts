import { Arg, Args, Authorized, Ctx, ID, Int, Mutation, Query, Resolver } from 'type-graphql';
import { isVisibleTo, may, visibleTo, type Permission } from '../access/permissions.ts';
import { actorOf } from '../audit/events.ts';
import type { AuditLog } from '../audit/log.ts';
import type { Caller } from '../graphql/caller.ts';
import { PagingArgs, toConnection, type Connection } from '../graphql/page-types.ts';
import type { Context } from '../graphql/context.ts';
import { ApiError } from '../graphql/errors.ts';
import { isId } from '../graphql/ids.ts';
import { decodeCursor, encodeCursor, readPage, toPage } from '../graphql/paging.ts';
import { storable } from '../network/storable.ts';
import type { DeliveryWithAttempts, WebhookDeliveries } from './deliveries.ts';
import {
  maxEndpointsPerCaller,
  type IssuedEndpoint,
  type WebhookEndpoint,
  type WebhookEndpoints,
} from './endpoints.ts';
import { defaultEvents } from './events.ts';
import {
  CreateWebhookEndpointInput,
  IssuedWebhookEndpointPayload,
  WebhookDeliveryConnection,
  WebhookDeliveryFilter,
  WebhookDeliveryType,
  WebhookEndpointType,
} from './graphql-types.ts';

export interface WebhookResolverOptions {
  endpoints: WebhookEndpoints;
  deliveries: WebhookDeliveries;
  audit: AuditLog;
  /** Makes the background worker look for what is due now. */
  wakeWorker: () => void;
}

const hourMs = 3_600_000;
const endpointIdDescription = "The endpoint's `id`.";

/** Webhooks belong to one caller: its tenant does not see them, auditors and admins do. */
@Resolver()
export class WebhookResolver {
  readonly #options: WebhookResolverOptions;

  constructor(options: WebhookResolverOptions) {
    this.#options = options;
  }

  @Mutation(() => IssuedWebhookEndpointPayload, {
    description:
      'Makes an address at which you are told of your generations, by signed HTTP requests (docs/webhooks.md). The secret is shown in the answer and never again.',
  })
  @Authorized<Permission>('generate')
  async createWebhookEndpoint(
    @Arg('input', () => CreateWebhookEndpointInput, { description: 'The endpoint.' })
    { url, description, events }: CreateWebhookEndpointInput,
    @Ctx() context: Context,
  ): Promise<IssuedWebhookEndpointPayload> {
    if (description != null && description.length > 200) {
      throw new ApiError('BAD_USER_INPUT', 'A description has at most 200 characters.');
    }
    if (events?.length === 0) {
      throw new ApiError('BAD_USER_INPUT', 'Name at least one event, or leave `events` out.');
    }
    const wanted = [...new Set(events ?? defaultEvents)];
    return issued(
      await this.#options.endpoints.create(
        { url, description: description ?? null, events: wanted },
        context,
      ),
    );
  }

  @Mutation(() => IssuedWebhookEndpointPayload, {
    description:
      'Makes a new secret. The old one signs as well for a while, so that the receiver can change over; the one before the old one ends at once.',
  })
  @Authorized<Permission>('generate')
  async rotateWebhookSecret(
    @Arg('id', () => ID, { description: endpointIdDescription }) id: string,
    @Arg('overlapHours', () => Int, {
      defaultValue: 24,
      description: 'How long the old secret goes on signing, 0 to 720 hours.',
    })
    overlapHours: number,
    @Ctx() context: Context,
  ): Promise<IssuedWebhookEndpointPayload> {
    if (overlapHours < 0 || overlapHours > 720) {
      throw new ApiError('BAD_USER_INPUT', '`overlapHours` lies between 0 and 720.');
    }
    const endpoint = await this.#endpoint(id, context);
    const result = await this.#options.endpoints.rotate(endpoint, overlapHours * hourMs, context);
    if (result) return issued(result);
    throw new ApiError('BAD_USER_INPUT', 'The secret was rotated by another request just now.');
  }

  @Mutation(() => WebhookDeliveryType, {
    description: 'Sends a `webhook.test` event. See `webhookDeliveries` for what came of it.',
  })
  @Authorized<Permission>('generate')
  async testWebhookEndpoint(
    @Arg('id', () => ID, { description: endpointIdDescription }) id: string,
    @Ctx() context: Context,
  ): Promise<WebhookDeliveryType> {
    const endpoint = await this.#endpoint(id, context);
    demandEnabled(endpoint);
    const delivery = await this.#options.deliveries.enqueueTest(endpoint, context);
    this.#options.wakeWorker();
    return delivery;
  }

  @Mutation(() => WebhookEndpointType, {
    description:
      'Ends sending to an endpoint. What waits for it becomes DEAD, and what happens meanwhile is not made up for.',
  })
  @Authorized<Permission>('generate')
  async disableWebhookEndpoint(
    @Arg('id', () => ID, { description: endpointIdDescription }) id: string,
    @Ctx() context: Context,
  ): Promise<WebhookEndpointType> {
    const endpoint = await this.#endpoint(id, context);
    return showEndpoint(await this.#options.endpoints.disable(endpoint, context));
  }

  @Mutation(() => WebhookEndpointType, { description: 'Sends to a disabled endpoint again.' })
  @Authorized<Permission>('generate')
  async enableWebhookEndpoint(
    @Arg('id', () => ID, { description: endpointIdDescription }) id: string,
    @Ctx() context: Context,
  ): Promise<WebhookEndpointType> {
    const endpoint = await this.#endpoint(id, context);
    return showEndpoint(await this.#options.endpoints.enable(endpoint, context));
  }

  @Mutation(() => ID, {
    description: 'Deletes an endpoint with its deliveries; answers its id.',
  })
  @Authorized<Permission>('generate')
  async deleteWebhookEndpoint(
    @Arg('id', () => ID, { description: endpointIdDescription }) id: string,
    @Ctx() context: Context,
  ): Promise<string> {
    const endpoint = await this.#endpoint(id, context);
    await this.#options.endpoints.delete(endpoint, context);
    return endpoint.id;
  }

  @Mutation(() => WebhookDeliveryType, {
    description:
      'Sends a delivery again, with the same `webhook-id`, and with all attempts anew. One that waits is sent now.',
  })
  @Authorized<Permission>('generate')
  async redeliverWebhook(
    @Arg('id', () => ID, { description: "The delivery's `id`." }) id: string,
    @Ctx() context: Context,
  ): Promise<WebhookDeliveryType> {
    const { deliveries, wakeWorker } = this.#options;
    const delivery = await this.#delivery(id, context);
    demandEnabled(await this.#endpoint(delivery.endpointId, context));
    await deliveries.redeliver(delivery, context);
    wakeWorker();
    return await this.#delivery(id, context);
  }

  @Query(() => [WebhookEndpointType], {
    description: `Your webhook endpoints, newest first, ${maxEndpointsPerCaller} at most; for auditors and admins those of all callers, 500 at most.`,
  })
  async webhookEndpoints(@Ctx() context: Context): Promise<WebhookEndpointType[]> {
    await this.#noteList('{}', context);
    return (await this.#options.endpoints.list(ownedBy(context.caller))).map(showEndpoint);
  }

  @Query(() => WebhookDeliveryConnection, {
    description:
      'What was and is to be sent to your endpoints, newest first; for auditors and admins to those of all callers. 20 to a page; `first` or `last` up to 100.',
  })
  async webhookDeliveries(
    @Args(() => PagingArgs) paging: PagingArgs,
    @Arg('filter', () => WebhookDeliveryFilter, {
      nullable: true,
      description: 'Which ones; left out: all.',
    })
    filter: WebhookDeliveryFilter | null,
    @Ctx() context: Context,
  ): Promise<Connection<WebhookDeliveryType>> {
    const request = readPage(paging, readCursor);
    await this.#noteList(JSON.stringify(filter ?? {}), context);
    const { endpointId, generationId, status } = filter ?? {};
    const where = {
      AND: [
        ownedBy(context.caller),
        ...(endpointId ? [{ endpointId: { in: endpointId.filter(isId) } }] : []),
        ...(generationId ? [{ generationId: { in: generationId.filter(isId) } }] : []),
        ...(status ? [{ status: { in: status } }] : []),
        ...(request.after ? [{ id: { lt: request.after } }] : []),
        ...(request.before ? [{ id: { gt: request.before } }] : []),
      ],
    };
    const read = await this.#options.deliveries.list(where, request.backward, request.size + 1);
    return toConnection(toPage(request, read), ({ id }) => encodeCursor(['DELIVERY', id]));
  }

  /** Those of the ids that are endpoints of the caller's, or of anybody's for those who see everything. */
  async findEndpoints(ids: readonly string[], context: Context): Promise<WebhookEndpointType[]> {
    const where = { AND: [ownedBy(context.caller), { id: { in: [...ids] } }] };
    const found = await this.#options.endpoints.list(where);
    await this.#noteFound(found, context);
    return found.map(showEndpoint);
  }

  /** The same of deliveries. */
  async findDeliveries(ids: readonly string[], context: Context): Promise<WebhookDeliveryType[]> {
    const where = { AND: [ownedBy(context.caller), { id: { in: [...ids] } }] };
    const found = await this.#options.deliveries.list(where, false, ids.length);
    await this.#noteFound(found, context);
    return found;
  }

  /** What the caller may not see does not exist for it. */
  async #endpoint(id: string, { caller }: Context): Promise<WebhookEndpoint> {
    const endpoint = isId(id) ? await this.#options.endpoints.find(id) : null;
    if (endpoint && isVisibleTo(withoutTenant(caller), { ...endpoint, tenant: null })) {
      return endpoint;
    }
    throw noEndpoint();
  }

  async #delivery(id: string, { caller }: Context): Promise<DeliveryWithAttempts> {
    const delivery = isId(id) ? await this.#options.deliveries.find(id) : null;
    if (delivery && isVisibleTo(withoutTenant(caller), { ...delivery, tenant: null })) {
      return delivery;
    }
    throw new ApiError('NOT_FOUND', 'There is no webhook delivery with this id.');
  }

  async #noteFound(found: readonly { id: string }[], context: Context): Promise<void> {
    if (found.length === 0) return;
    await this.#noteList(JSON.stringify({ id: found.map(({ id }) => id) }), context);
  }

  /** A list by somebody who sees everything is recorded. */
  async #noteList(filter: string, context: Context): Promise<void> {
    const { caller } = context;
    if (caller.kind === 'LOCAL' || !may(caller, 'seeAll')) return;
    const shown = storable(filter, 1_000);
    await context.once(`webhooks listed ${shown}`, () =>
      this.#options.audit.record({
        action: 'WEBHOOKS_LISTED',
        actor: actorOf(context),
        detail: { filter: shown },
      }),
    );
  }
}

function withoutTenant(caller: Caller): Caller {
  return { ...caller, tenant: null };
}

/** Rows that the caller may see, of a table that knows no tenants. */
function ownedBy(caller: Caller): { OR?: { callerId: string }[] } {
  return visibleTo(withoutTenant(caller)) as { OR?: { callerId: string }[] };
}

function readCursor(cursor: string): string {
  return decodeCursor(cursor, ([kind, id]) => kind === 'DELIVERY' && isId(id ?? ''))[1]!;
}

function issued({ webhookEndpoint, secret }: IssuedEndpoint): IssuedWebhookEndpointPayload {
  return { webhookEndpoint: showEndpoint(webhookEndpoint), secret };
}

/** Null when it was deleted meanwhile. */
function showEndpoint(endpoint: WebhookEndpoint | null): WebhookEndpointType {
  if (endpoint === null) throw noEndpoint();
  return endpoint as WebhookEndpoint & WebhookEndpointType;
}

function noEndpoint(): ApiError {
  return new ApiError('NOT_FOUND', 'There is no webhook endpoint with this id.');
}

function demandEnabled({ disabledAt }: WebhookEndpoint): void {
  if (disabledAt === null) return;
  throw new ApiError('BAD_USER_INPUT', 'This endpoint is disabled: enable it first.');
}

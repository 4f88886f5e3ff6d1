import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { WebhookDeliveryStatus } from '../database/generated/client.ts';
import { ConnectionOf, EdgeOf } from '../graphql/page-types.ts';
import { Node } from '../graphql/node.ts';
import { DateTimeScalar } from '../graphql/scalars.ts';
import { maxShownAttempts } from './deliveries.ts';
import { disabledReasons, maxEndpointsPerCaller, type DisabledReason } from './endpoints.ts';
import { testEvent, webhookEvents, type WebhookEvent } from './events.ts';

function namesOf<Name extends string>(descriptions: Record<Name, string>) {
  return Object.fromEntries(Object.keys(descriptions).map((name) => [name, name])) as {
    [N in Name]: N;
  };
}

function valuesOf<Name extends string>(descriptions: Record<Name, string>) {
  return Object.fromEntries(
    Object.entries<string>(descriptions).map(([name, description]) => [name, { description }]),
  ) as Record<Name, { description: string }>;
}

export const WebhookEventEnum = namesOf(webhookEvents);
registerEnumType(WebhookEventEnum, {
  name: 'WebhookEvent',
  description:
    'What a webhook tells of. Its `type` is the same in other letters: `generation.succeeded`.',
  valuesConfig: valuesOf(webhookEvents),
});

const disabledReasonEnum = namesOf(disabledReasons);
registerEnumType(disabledReasonEnum, {
  name: 'WebhookDisabledReason',
  description: 'Why an endpoint gets nothing.',
  valuesConfig: valuesOf(disabledReasons),
});

registerEnumType(WebhookDeliveryStatus, {
  name: 'WebhookDeliveryStatus',
  description: 'Where a delivery stands.',
  valuesConfig: {
    PENDING: { description: 'Waits for its first or next attempt, or is being sent.' },
    DELIVERED: { description: 'The receiver answered with a status from 200 to 299.' },
    DEAD: {
      description:
        'Given up after the last attempt, or because the endpoint was disabled. `redeliverWebhook` sends it again.',
    },
  },
});

@ObjectType('WebhookEndpoint', {
  implements: Node,
  description:
    'Where a caller is told of its generations. Without the secret, which is shown once.',
})
export class WebhookEndpointType extends Node {
  @Field(() => String, { description: 'Whose generations it is told of.' })
  callerId!: string;

  @Field(() => String, { description: 'The address to which events are sent.' })
  url!: string;

  @Field(() => String, { nullable: true, description: 'What it is for, as given.' })
  description!: string | null;

  @Field(() => [WebhookEventEnum], { description: 'What it is told of.' })
  events!: WebhookEvent[];

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'Until when the secret before the latest signs as well; null when there was none. May lie in the past.',
  })
  previousSecretUntil!: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'The first failure since the last success; null while it works.',
  })
  failingSince!: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'Since when it gets nothing; null while it is enabled.',
  })
  disabledAt!: Date | null;

  @Field(() => disabledReasonEnum, { nullable: true, description: 'Why it gets nothing.' })
  disabledReason!: DisabledReason | null;
}

@ObjectType({ description: 'An endpoint with a secret that was just made.' })
export class IssuedWebhookEndpointPayload {
  @Field(() => WebhookEndpointType, { description: 'The endpoint.' })
  webhookEndpoint!: WebhookEndpointType;

  @Field(() => String, {
    description:
      'The secret by which the receiver checks signatures, `whsec_…`. It is shown now and never again.',
  })
  secret!: string;
}

@InputType({ description: 'A new webhook endpoint.' })
export class CreateWebhookEndpointInput {
  @Field(() => String, {
    description: `Where to send: an https URL on the public Internet, port 443 or above 1023, without credentials or fragment, at most 2000 characters. A caller has each URL once, and ${maxEndpointsPerCaller} endpoints at most.`,
  })
  url!: string;

  @Field(() => String, {
    nullable: true,
    description: 'What it is for, at most 200 characters.',
  })
  description?: string | null;

  @Field(() => [WebhookEventEnum], {
    nullable: true,
    description:
      'What to be told of, at least one. Left out: SUCCEEDED, FAILED, UNCERTAIN and CANCELLED.',
  })
  events?: WebhookEvent[] | null;
}

@ObjectType('WebhookAttempt', { description: 'One request to a receiver.' })
export class WebhookAttemptType {
  @Field(() => DateTimeScalar, { description: 'When it was sent.' })
  startedAt!: Date;

  @Field(() => Int, {
    description: 'Milliseconds until the answer was read, or nothing more came.',
  })
  latencyMs!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'HTTP status of the answer; null when there was none.',
  })
  httpStatus!: number | null;

  @Field(() => String, { nullable: true, description: 'The first 1024 bytes of the answer.' })
  answer!: string | null;

  @Field(() => String, { nullable: true, description: 'Why there was no answer.' })
  error!: string | null;
}

@ObjectType('WebhookDelivery', {
  implements: Node,
  description:
    'One event for one endpoint, with its attempts. Its id is the `webhook-id` header of each. Kept for 30 days.',
})
export class WebhookDeliveryType extends Node {
  @Field(() => ID, { description: 'The endpoint for which it is.' })
  endpointId!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The generation that it tells of; null for a test.',
  })
  generationId!: string | null;

  @Field(() => String, {
    description: `What it tells of: a \`WebhookEvent\`, or \`${testEvent}\`.`,
  })
  event!: string;

  @Field(() => String, { description: 'Where it is sent.' })
  url!: string;

  @Field(() => String, { description: 'What is sent: JSON, the same at every attempt.' })
  body!: string;

  @Field(() => DateTimeScalar, { description: 'When what it tells of happened.' })
  createdAt!: Date;

  @Field(() => WebhookDeliveryStatus, { description: 'Where it stands.' })
  status!: WebhookDeliveryStatus;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When it is sent next; null when it is not.',
  })
  nextAttemptAt!: Date | null;

  @Field(() => [WebhookAttemptType], {
    description: `The attempts, newest first; the latest ${maxShownAttempts} at most.`,
  })
  attempts!: WebhookAttemptType[];
}

@ObjectType({ simpleResolvers: true, description: 'One entry of a page of deliveries.' })
export class WebhookDeliveryEdge extends EdgeOf(WebhookDeliveryType, 'delivery') {}

@ObjectType({ description: 'A page of deliveries.' })
export class WebhookDeliveryConnection extends ConnectionOf(
  WebhookDeliveryType,
  WebhookDeliveryEdge,
) {}

@InputType({
  description: 'Which deliveries. Within a list any value may match; all fields given must match.',
})
export class WebhookDeliveryFilter {
  @Field(() => [ID], { nullable: true, description: 'For one of these endpoints.' })
  endpointId?: string[] | null;

  @Field(() => [ID], { nullable: true, description: 'About one of these generations.' })
  generationId?: string[] | null;

  @Field(() => [WebhookDeliveryStatus], {
    nullable: true,
    description: 'In one of these statuses.',
  })
  status?: WebhookDeliveryStatus[] | null;
}

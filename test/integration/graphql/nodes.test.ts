import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { NewApiKey } from '../../../src/access/api-keys.ts';
import { keysOf, startTestApp, usualInput, type TestApp } from '../../support/app.ts';
import { WebhookReceiver } from '../../support/webhook-receiver.ts';

const callers = ['owner', 'mate', 'stranger', 'auditor', 'admin'] as const;
type Caller = (typeof callers)[number];

let app: TestApp;
let receiver: WebhookReceiver;
const secrets = {} as Record<Caller, string>;
/** One of each thing that has an id, all of them the owner's. */
const ids: Record<string, string> = {};

const everybodyWhoSees: Record<string, readonly Caller[]> = {
  VideoGeneration: ['owner', 'mate', 'auditor', 'admin'],
  Submission: ['owner', 'mate', 'auditor', 'admin'],
  'AuditEvent of a generation': ['owner', 'mate', 'auditor', 'admin'],
  'AuditEvent of none': ['auditor', 'admin'],
  ApiKey: ['admin'],
  WebhookEndpoint: ['owner', 'auditor', 'admin'],
  WebhookDelivery: ['owner', 'auditor', 'admin'],
};

async function as(caller: Caller, query: string, variables: object = {}) {
  return await app.graphql(query, variables, { authorization: `Bearer ${secrets[caller]}` });
}

async function data(caller: Caller, query: string, variables: object = {}) {
  const answer = await as(caller, query, variables);
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

beforeAll(async () => {
  app = await startTestApp({ env: { WEBHOOK_ALLOW_PRIVATE: 'on' } });
  receiver = await WebhookReceiver.start();
  const keys = keysOf(app);
  const key = { tenant: 'acme', name: 'for a test', expiresAt: null };
  const roles: Record<Caller, Pick<NewApiKey, 'role' | 'tenant'>> = {
    owner: { role: 'CLIENT', tenant: 'acme' },
    mate: { role: 'CLIENT', tenant: 'acme' },
    stranger: { role: 'CLIENT', tenant: 'other' },
    auditor: { role: 'AUDITOR', tenant: null },
    admin: { role: 'ADMIN', tenant: null },
  };
  for (const caller of callers) {
    const issued = await keys.create({ ...key, ...roles[caller], callerId: caller }, null);
    secrets[caller] = issued.secret;
    if (caller === 'owner') ids['ApiKey'] = issued.apiKey.id;
  }
  const made = await data(
    'owner',
    `mutation ($input: CreateVideoGenerationInput!) {
      createVideoGeneration(input: $input) { generation { id events(last: 1) { id } submissions { id } } }
      createWebhookEndpoint(input: { url: "${receiver.url}" }) { webhookEndpoint { id } }
    }`,
    { input: usualInput },
  );
  const { generation } = made.createVideoGeneration;
  ids['VideoGeneration'] = generation.id;
  ids['Submission'] = generation.submissions[0].id;
  ids['AuditEvent of a generation'] = generation.events[0].id;
  ids['WebhookEndpoint'] = made.createWebhookEndpoint.webhookEndpoint.id;
  const { auditEvents } = await data(
    'auditor',
    '{ auditEvents(first: 1, filter: { action: API_KEY_CREATED }) { nodes { id } } }',
  );
  ids['AuditEvent of none'] = auditEvents.nodes[0].id;
  const { testWebhookEndpoint } = await data(
    'owner',
    `mutation { testWebhookEndpoint(id: "${ids['WebhookEndpoint']}") { id } }`,
  );
  ids['WebhookDelivery'] = testWebhookEndpoint.id;
});

afterAll(async () => {
  await app.stop();
  await receiver.close();
});

describe('a node', () => {
  describe.each(Object.keys(everybodyWhoSees))('%s', (thing) => {
    test.each(callers)(
      `is found by its id, one or among many, by those who may see it: %s`,
      async (caller) => {
        const sees = everybodyWhoSees[thing]!.includes(caller);
        const id = ids[thing]!;
        const expected = sees ? { __typename: thing.split(' ')[0], id } : null;
        const one = await as(caller, 'query ($id: ID!) { node(id: $id) { __typename id } }', {
          id,
        });
        expect(one.data.node).toEqual(expected);
        expect(one.errors?.map(({ extensions }) => extensions.code)).toEqual(
          sees ? undefined : ['NOT_FOUND'],
        );
        const many = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }';
        const { nodes } = await data(caller, many, { ids: [id, 'no id', id.toUpperCase()] });
        expect(nodes).toEqual([expected, null, expected]);
      },
    );
  });

  test('has the fields of its type', async () => {
    const { nodes } = await data(
      'admin',
      `query ($ids: [ID!]!) { nodes(ids: $ids) {
        ... on VideoGeneration { model }
        ... on Submission { outcome }
        ... on AuditEvent { action upstreamCode }
        ... on ApiKey { callerId usable }
        ... on WebhookEndpoint { url }
        ... on WebhookDelivery { event }
      } }`,
      { ids: Object.values(ids) },
    );
    expect(
      Object.fromEntries(Object.keys(ids).map((thing, index) => [thing, nodes[index]])),
    ).toEqual({
      VideoGeneration: { model: usualInput.model },
      Submission: { outcome: 'ACCEPTED' },
      'AuditEvent of a generation': { action: 'SUBMISSION_ACCEPTED', upstreamCode: 0 },
      'AuditEvent of none': { action: 'API_KEY_CREATED', upstreamCode: null },
      ApiKey: { callerId: 'owner', usable: true },
      WebhookEndpoint: { url: receiver.url },
      WebhookDelivery: { event: 'WEBHOOK_TEST' },
    });
  });

  test('of a tenant mate tells nobody where the other sits', async () => {
    const { generation } = await data(
      'owner',
      `{ generation(id: "${ids['VideoGeneration']}") { events { id action ip } } }`,
    );
    const { id, ip } = generation.events[0];
    expect(ip).toBe('127.0.0.1');
    const query = `{ node(id: "${id}") { ... on AuditEvent { action ip userAgent } } }`;
    expect((await data('mate', query)).node).toEqual({
      action: 'GENERATION_CREATED',
      ip: null,
      userAgent: null,
    });
  });

  test('that an auditor is shown by its role is on record', async () => {
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
    await data('auditor', query, { ids: Object.values(ids) });
    const { auditEvents } = await data(
      'admin',
      `{ auditEvents(filter: { callerId: "auditor" }) { nodes { action objectId detail } } }`,
    );
    const told = JSON.stringify(auditEvents.nodes);
    for (const thing of ['VideoGeneration', 'WebhookEndpoint', 'WebhookDelivery']) {
      expect(told).toContain(ids[thing]);
    }
  });
});

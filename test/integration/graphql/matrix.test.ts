import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildSchema } from 'graphql';
import { readFileSync } from 'node:fs';
import { request } from 'undici';
import type { NewApiKey } from '../../../src/access/api-keys.ts';
import { keysOf, startTestApp, usualInput, type TestApp } from '../../support/app.ts';
import { coded } from '../../support/fake-upstream.ts';
import { aPng } from '../../support/images.ts';
import { startIssuer, type TestIssuer } from '../../support/issuer.ts';

/**
 * Every way in × every kind of caller. What belongs to `a` carries marks that nobody else's
 * carry; an answer that holds one of them shows something of `a`.
 */
const marks = { prompt: 'lighthouse-of-a', caller: 'caller-a', tenant: 'tenant-a' };

/** What a caller can get: a refusal's code, or an answer that shows something of `a`, or one that does not. */
type Outcome = 'SHOWS A' | 'HIDES A' | 'UNAUTHENTICATED' | 'FORBIDDEN' | 'NOT_FOUND';

interface Expected {
  a: Outcome;
  /** Another client of the tenant of `a`; left out: as for `a`. */
  mate?: Outcome;
  b: Outcome;
  auditor: Outcome;
  admin: Outcome;
}

const strangers = ['nobody', 'expired key', 'revoked key', 'token for another audience'] as const;
const known = ['b', 'auditor', 'mate', 'a', 'admin'] as const;
const secrets = new Map<string, string | null>();

let issuer: TestIssuer;
let app: TestApp;

beforeAll(async () => {
  issuer = await startIssuer();
  app = await startTestApp({
    env: {
      OIDC_ISSUER: issuer.url,
      OIDC_AUDIENCE: 'reelgraph',
      RATE_LIMIT_PER_MINUTE: '0',
      MINIMAX_RPM: '6000',
    },
    resolveHost: () => Promise.resolve([]),
  });
  const apiKeys = keysOf(app);
  const key = async (callerId: string, more: Partial<NewApiKey> = {}) =>
    await apiKeys.create(
      { callerId, name: callerId, role: 'CLIENT', tenant: null, expiresAt: null, ...more },
      null,
    );
  const past = new Date(app.clock.now().getTime() - 1_000);
  const revoked = await key(marks.caller, { role: 'ADMIN' });
  await apiKeys.revoke(revoked.apiKey.id, null);
  secrets.set('nobody', null);
  secrets.set('expired key', (await key(marks.caller, { expiresAt: past, role: 'ADMIN' })).secret);
  secrets.set('revoked key', revoked.secret);
  secrets.set('token for another audience', await issuer.token({ role: 'admin' }, 'elsewhere'));
  secrets.set('a', (await key(marks.caller, { tenant: marks.tenant })).secret);
  secrets.set('mate', (await key('mate', { tenant: marks.tenant })).secret);
  secrets.set('b', (await key('b', { tenant: 'tenant-b' })).secret);
  secrets.set('auditor', (await key('auditor', { role: 'AUDITOR' })).secret);
  secrets.set('admin', (await key('admin', { role: 'ADMIN' })).secret);
});
afterAll(async () => {
  await app.stop();
  await issuer.close();
});

/** A generation of `a`; `codes` are MiniMax's answers to its submissions. */
async function generationOfA(...codes: number[]): Promise<string> {
  app.upstream.onSubmit(...codes.map((code) => coded(code)));
  const { data } = await app.graphql(
    `mutation ($input: CreateVideoGenerationInput!) {
      createVideoGeneration(input: $input) { generation { id } } }`,
    { input: { ...usualInput, prompt: `${marks.prompt} at dusk` } },
    authorization('a'),
  );
  return data.createVideoGeneration.generation.id;
}

async function ownGeneration(caller: string): Promise<string> {
  const { data } = await app.graphql(
    `mutation { createVideoGeneration(input: { model: "MiniMax-Hailuo-02", prompt: "x" }) { generation { id } } }`,
    {},
    authorization(caller),
  );
  return data.createVideoGeneration.generation.id;
}

function authorization(caller: string): Record<string, string> {
  const secret = secrets.get(caller)!;
  return secret === null ? {} : { authorization: `Bearer ${secret}` };
}

function judge(text: string, code: string | undefined, id = ''): Outcome {
  const shows = [marks.prompt, marks.caller, marks.tenant, ...(id && [id])].some((mark) =>
    text.includes(mark),
  );
  if (code === undefined) return shows ? 'SHOWS A' : 'HIDES A';
  // Not even a refusal may tell of what is refused.
  if (shows) throw new Error(`A refusal tells of a: ${text}`);
  return code as Outcome;
}

type Ask = (caller: string) => Promise<Outcome>;

/** Of what `a` has: for a query the same for all callers, for a mutation another one for each. */
function perAsk<Thing>(query: string, make: () => Promise<Thing>): () => Promise<Thing> {
  if (query.startsWith('mutation')) return make;
  let made: Promise<Thing> | undefined;
  return () => (made ??= make());
}

function operation(query: string, ...codes: number[]): Ask {
  const generation = perAsk(query, () => generationOfA(...codes));
  return async (caller) => {
    const id = query.includes('ID') ? await generation() : '';
    const answer = await app.graphql(query.replaceAll('ID', id), {}, authorization(caller));
    const { data, errors } = answer;
    return judge(JSON.stringify({ data, errors }), errors?.[0].extensions.code, id);
  };
}

/** On a webhook endpoint of `a`, with one delivery. */
function onWebhook(query: string): Ask {
  return async (caller) => {
    const asA = async (text: string) => {
      const { data, errors } = await app.graphql(text, {}, authorization('a'));
      // The endpoint may have been deleted by what is tried.
      expect(errors?.[0].extensions.code ?? 'NOT_FOUND').toBe('NOT_FOUND');
      return data;
    };
    const { createWebhookEndpoint } = await asA(
      `mutation { createWebhookEndpoint(input: { url: "https://example.com/${marks.prompt}" }) { webhookEndpoint { id } } }`,
    );
    const { id } = createWebhookEndpoint.webhookEndpoint;
    const { testWebhookEndpoint } = await asA(
      `mutation { testWebhookEndpoint(id: "${id}") { id } }`,
    );
    const asked = query.replaceAll('DELIVERY', testWebhookEndpoint.id).replaceAll('ID', id);
    const { data, errors } = await app.graphql(asked, {}, authorization(caller));
    await asA(`mutation { deleteWebhookEndpoint(id: "${id}") }`);
    return judge(JSON.stringify({ data, errors }), errors?.[0].extensions.code, id);
  };
}

/** On a file that `a` uploaded. */
function onUpload(query: string): Ask {
  const upload = perAsk(query, async () => {
    const answer = await request(`${app.url}/media`, {
      ...{ method: 'POST', body: aPng(), headers: authorization('a') },
    });
    return ((await answer.body.json()) as { id: string }).id;
  });
  return async (caller) => {
    const id = await upload();
    const { data, errors } = await app.graphql(
      query.replaceAll('ID', id),
      {},
      authorization(caller),
    );
    return judge(JSON.stringify({ data, errors }), errors?.[0].extensions.code, id);
  };
}

function subscription(query: string): Ask {
  const generation = perAsk(query, () => generationOfA());
  return async (caller) => {
    const id = await generation();
    // So that `b` has something to hear as well.
    const own = caller === 'b' ? await ownGeneration(caller) : id;
    const secret = secrets.get(caller);
    const client = app.subscriber(secret ? { Authorization: `Bearer ${secret}` } : undefined);
    const first = await Promise.race([
      new Promise<{ code: number }>((closed) => client.on('closed', closed as () => void)),
      client
        .iterate({ query: query.replaceAll('ID', id).replaceAll('OWN', own) })
        .next()
        .then(({ value }: { value?: unknown }) => value)
        .catch((error: unknown) => error),
    ]);
    await client.dispose();
    if ((first as { code?: number }).code === 4403) return 'UNAUTHENTICATED';
    const text = JSON.stringify(first);
    return judge(text, /"code":"(\w+)"/.exec(text)?.[1], id);
  };
}

const generation = `{ id prompt callerId tenant }`;
const changed = `{ generation ${generation} userErrors { code } }`;

const ownOnly: Expected = { a: 'SHOWS A', b: 'NOT_FOUND', auditor: 'SHOWS A', admin: 'SHOWS A' };
const ownChanges: Expected = { ...ownOnly, mate: 'FORBIDDEN', auditor: 'FORBIDDEN' };
const ownWebhookChanges: Expected = { ...ownChanges, mate: 'NOT_FOUND' };
const lists: Expected = { ...ownOnly, b: 'HIDES A' };
const webhookLists: Expected = { ...lists, mate: 'HIDES A' };
const auditing: Expected = {
  a: 'FORBIDDEN',
  b: 'FORBIDDEN',
  auditor: 'SHOWS A',
  admin: 'SHOWS A',
};
const administering: Expected = { ...auditing, auditor: 'FORBIDDEN' };
const everybody: Expected = { a: 'HIDES A', b: 'HIDES A', auditor: 'HIDES A', admin: 'HIDES A' };
const unknownKey: Expected = { ...administering, admin: 'NOT_FOUND' };

/** By the name of the root field, with what was asked. */
const rows: [field: string, ask: Ask, expected: Expected][] = [
  ['Query.generation', operation(`{ generation(id: "ID") ${generation} }`), ownOnly],
  [
    'Query.node',
    operation(`{ node(id: "ID") { id ... on VideoGeneration ${generation} } }`),
    ownOnly,
  ],
  ['Query.nodes', operation(`{ nodes(ids: ["ID"]) { ... on VideoGeneration { prompt } } }`), lists],
  [
    'Query.generations',
    operation(`{ generations(first: 100) { totalCount nodes ${generation} } }`),
    lists,
  ],
  [
    'Query.generations',
    operation(`{ generations(filter: { id: "ID" }) { totalCount nodes ${generation} } }`),
    lists,
  ],
  [
    'Query.generationBacklog',
    operation('{ generationBacklog { queued held running uncertain } }'),
    everybody,
  ],
  [
    'Query.generationStats',
    operation('{ generationStats(groupBy: CALLER) { groups { callerId count } } }'),
    lists,
  ],
  [
    'Query.generationStats',
    operation('{ generationStats(groupBy: TENANT) { groups { tenant count } } }'),
    lists,
  ],
  [
    'Query.generationStats',
    operation(
      '{ generationStats(filter: { id: "ID" }, groupBy: CALLER) { groups { callerId count } } }',
    ),
    lists,
  ],
  [
    'Query.generation',
    operation('{ generation(id: "ID") { id requestAsSent { path body bodyHash } } }'),
    ownOnly,
  ],
  [
    'Query.generation',
    operation('{ generation(id: "ID") { id archive { state sha256 keepUntil } } }'),
    ownOnly,
  ],
  [
    'Query.mediaUsage',
    onUpload('{ mediaUsage { groups { tenant callerId inputs { count bytes } } } }'),
    lists,
  ],
  ['Query.media', onUpload('{ media(id: "ID") { id width } }'), ownOnly],
  ['Query.node', onUpload('{ node(id: "ID") { id } }'), ownOnly],
  ['Query.me', operation('{ me { callerId kind role tenant } }'), { ...everybody, a: 'SHOWS A' }],
  ['Query.videoModels', operation('{ videoModels { name } }'), everybody],
  [
    'Query.validateVideoGeneration',
    operation(
      '{ validateVideoGeneration(input: { model: "MiniMax-Hailuo-02", prompt: "x" }) { valid } }',
    ),
    everybody,
  ],
  ['Query.apiKeys', operation('{ apiKeys { id callerId tenant } }'), administering],
  [
    'Query.auditEvents',
    operation('{ auditEvents(first: 100) { nodes { id action callerId generationId } } }'),
    auditing,
  ],
  [
    'Query.auditEvents',
    operation('{ auditEvents(filter: { generationId: "ID" }) { nodes { generationId } } }'),
    auditing,
  ],
  [
    'Query.submissions',
    operation('{ submissions(first: 100) { nodes { generationId callerId taskId } } }'),
    auditing,
  ],
  [
    'Query.verifyAuditLog',
    operation('{ verifyAuditLog { ok checked } }'),
    { ...auditing, auditor: 'HIDES A', admin: 'HIDES A' },
  ],
  [
    'Query.auditCheckpoint',
    operation('{ auditCheckpoint { sequence head } }'),
    { ...auditing, auditor: 'HIDES A', admin: 'HIDES A' },
  ],
  [
    'Query.settings',
    operation('{ settings { name isSet value } }'),
    { ...administering, admin: 'HIDES A' },
  ],
  [
    'Query.providerStatus',
    operation('{ providerStatus { simulated } }'),
    { ...auditing, auditor: 'HIDES A', admin: 'HIDES A' },
  ],
  [
    'Mutation.createVideoGeneration',
    operation(
      `mutation { createVideoGeneration(input: { model: "MiniMax-Hailuo-02", prompt: "x" }) ${changed} }`,
    ),
    { ...everybody, a: 'SHOWS A', auditor: 'FORBIDDEN' },
  ],
  [
    'Mutation.enhancePrompt',
    operation(
      `mutation { enhancePrompt(input: { model: "MiniMax-H3", prompt: "x", aspectRatio: "16:9" }) ${changed} }`,
    ),
    { ...everybody, a: 'SHOWS A', auditor: 'FORBIDDEN' },
  ],
  [
    'Mutation.cancelVideoGeneration',
    operation(`mutation { cancelVideoGeneration(id: "ID") ${changed} }`, 1002),
    ownChanges,
  ],
  [
    'Mutation.retryVideoGeneration',
    operation(`mutation { retryVideoGeneration(id: "ID") ${changed} }`, 1026),
    ownChanges,
  ],
  [
    'Query.validateVideoRegeneration',
    operation('{ validateVideoRegeneration(id: "ID") { valid } }'),
    { ...ownOnly, a: 'HIDES A', auditor: 'HIDES A', admin: 'HIDES A' },
  ],
  [
    'Mutation.regenerateVideoGeneration',
    operation(`mutation { regenerateVideoGeneration(id: "ID") ${changed} }`),
    { ...ownChanges, a: 'HIDES A', admin: 'HIDES A' },
  ],
  [
    'Mutation.refreshVideoGeneration',
    operation(`mutation { refreshVideoGeneration(id: "ID") ${changed} }`),
    ownChanges,
  ],
  ['Mutation.keepVideo', operation(`mutation { keepVideo(id: "ID") ${changed} }`), ownChanges],
  [
    'Mutation.attachVideoGenerationTask',
    operation(
      `mutation { attachVideoGenerationTask(id: "ID", version: 3, taskId: "7") ${changed} }`,
      1000,
    ),
    administering,
  ],
  [
    'Mutation.declareVideoGenerationNotCreated',
    operation(
      `mutation { declareVideoGenerationNotCreated(id: "ID", version: 3) ${changed} }`,
      1000,
    ),
    administering,
  ],
  [
    'Mutation.resubmitVideoGeneration',
    operation(`mutation { resubmitVideoGeneration(id: "ID", version: 3) ${changed} }`, 1000),
    administering,
  ],
  [
    'Mutation.deleteTaskAtMiniMax',
    operation(`mutation { deleteTaskAtMiniMax(id: "ID", taskId: "7") ${changed} }`),
    administering,
  ],
  [
    'Mutation.releaseVideoGenerations',
    operation('mutation { releaseVideoGenerations(ids: ["ID"]) { generations { id } } }'),
    administering,
  ],
  [
    'Mutation.exportGenerations',
    operation('mutation { exportGenerations { url format } }'),
    everybody,
  ],
  [
    'Mutation.exportAuditEvents',
    operation('mutation { exportAuditEvents { url format } }'),
    { ...auditing, auditor: 'HIDES A', admin: 'HIDES A' },
  ],
  [
    'Mutation.redactVideoGeneration',
    operation(`mutation { redactVideoGeneration(id: "ID", reason: "x") ${changed} }`, 1026),
    administering,
  ],
  [
    'Mutation.redactVideoGenerations',
    operation('mutation { redactVideoGenerations(olderThanDays: 1, reason: "x") { redacted } }'),
    { ...administering, admin: 'HIDES A' },
  ],
  [
    'Mutation.createApiKey',
    operation(
      `mutation { createApiKey(input: { callerId: "${marks.caller}", role: CLIENT }) { apiKey { callerId } } }`,
    ),
    administering,
  ],
  [
    'Mutation.rotateApiKey',
    operation('mutation { rotateApiKey(id: "ID") { secret } }'),
    unknownKey,
  ],
  ['Mutation.revokeApiKey', operation('mutation { revokeApiKey(id: "ID") { id } }'), unknownKey],
  ['Query.webhookEndpoints', onWebhook('{ webhookEndpoints { id url callerId } }'), webhookLists],
  [
    'Query.webhookDeliveries',
    onWebhook('{ webhookDeliveries { nodes { id endpointId url body } } }'),
    webhookLists,
  ],
  [
    'Query.webhookDeliveries',
    onWebhook('{ webhookDeliveries(filter: { endpointId: "ID" }) { nodes { endpointId } } }'),
    webhookLists,
  ],
  [
    'Mutation.createWebhookEndpoint',
    operation(
      'mutation { createWebhookEndpoint(input: { url: "https://example.com/" }) { secret } }',
    ),
    { ...everybody, auditor: 'FORBIDDEN' },
  ],
  [
    'Mutation.rotateWebhookSecret',
    onWebhook('mutation { rotateWebhookSecret(id: "ID") { webhookEndpoint { id } } }'),
    ownWebhookChanges,
  ],
  [
    'Mutation.testWebhookEndpoint',
    onWebhook('mutation { testWebhookEndpoint(id: "ID") { url } }'),
    ownWebhookChanges,
  ],
  [
    'Mutation.disableWebhookEndpoint',
    onWebhook('mutation { disableWebhookEndpoint(id: "ID") { id } }'),
    ownWebhookChanges,
  ],
  [
    'Mutation.enableWebhookEndpoint',
    onWebhook('mutation { enableWebhookEndpoint(id: "ID") { id } }'),
    ownWebhookChanges,
  ],
  [
    'Mutation.deleteWebhookEndpoint',
    onWebhook('mutation { deleteWebhookEndpoint(id: "ID") }'),
    ownWebhookChanges,
  ],
  [
    'Mutation.redeliverWebhook',
    onWebhook('mutation { redeliverWebhook(id: "DELIVERY") { endpointId } }'),
    ownWebhookChanges,
  ],
  [
    'Subscription.generationsUpdated',
    subscription(
      `subscription { generationsUpdated(filter: { id: ["ID", "OWN"] }) ${generation} }`,
    ),
    lists,
  ],
  [
    'Subscription.generationUpdated',
    subscription(`subscription { generationUpdated(id: "ID") ${generation} }`),
    ownOnly,
  ],
];

describe.each(rows.map(([field, ask, expected], index) => ({ field, ask, expected, index })))(
  '$field ($index)',
  ({ ask, expected }) => {
    test.each(strangers)('refuses %s', async (caller) => {
      const { submits } = app.upstream;
      // What earlier callers had sent is over.
      await app.worker.runOnce();
      const before = submits.length;
      expect(await ask(caller)).toBe('UNAUTHENTICATED');
      // The one of `a` that was asked for, and nothing more.
      expect(submits.length - before).toBeLessThanOrEqual(1);
    });

    test.each(known)('for %s', async (caller) => {
      expect(await ask(caller)).toBe(expected[caller] ?? expected.a);
    });
  },
);

test('no way in is left out', () => {
  const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));
  const fields = [
    schema.getQueryType(),
    schema.getMutationType(),
    schema.getSubscriptionType(),
  ].flatMap((type) => Object.keys(type!.getFields()).map((field) => `${type!.name}.${field}`));
  expect([...new Set(rows.map(([field]) => field))].sort()).toEqual(fields.sort());
});

test('what needs no key tells nothing of anybody', async () => {
  await generationOfA();
  for (const path of [
    '/healthz',
    '/readyz',
    '/metrics',
    '/schema.graphql',
    '/',
    '/graphiql',
    '/callbacks/minimax/x',
    '/exports/x',
    '/exports/01900000-0000-7000-8000-000000000000?token=x',
  ]) {
    const { body } = await request(`${app.url}${path}`);
    expect([path, judge(await body.text(), undefined)]).toEqual([path, 'HIDES A']);
  }
});

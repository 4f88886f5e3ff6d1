import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import WebSocket from 'ws';
import * as apollo from '../../../client/examples/apollo.ts';
import { createEnvironment } from '../../../client/examples/relay/environment.ts';
import * as relay from '../../../client/examples/relay/gallery.ts';
import * as urql from '../../../client/examples/urql.ts';
import { keysOf, startTestApp, step, usualInput, type TestApp } from '../../support/app.ts';
import { until } from '../../support/until.ts';

let app: TestApp;
let url: string;

/** Three generations; a gallery that shows two to a page. */
const pageSize = 2;
const prompts = ['The first', 'The second', 'The third'];
beforeEach(async () => {
  app = await startTestApp({ upstream: { processingAnswers: 1 } });
  url = `${app.url}/graphql`;
  for (const prompt of prompts) {
    await app.create({ prompt });
    app.clock.advance(1_000);
  }
});
afterEach(async () => {
  await app.stop();
});

const newInput = { ...usualInput, prompt: 'The newest' };
const badInput = { ...usualInput, duration: 7 };
const badDuration = {
  field: ['duration'],
  code: 'DURATION_NOT_SUPPORTED',
  message: expect.any(String),
};

/** Has everything that is under way finished. */
async function finish(): Promise<void> {
  await step(app);
  await step(app);
}

describe('Apollo Client', () => {
  test('pages, puts a new one first, and shows what a subscription tells', async () => {
    const client = apollo.createApolloClient(url, WebSocket);
    const gallery = apollo.watchGallery(client, pageSize);
    const shown = gallery.subscribe(() => undefined);
    const list = () => gallery.getCurrentResult().data!.generations!;
    const shownPrompts = () => list().edges!.map((edge) => edge.node!.prompt);

    await until(() => gallery.getCurrentResult().dataState === 'complete');
    expect(shownPrompts()).toEqual(['The third', 'The second']);
    await gallery.fetchMore({ variables: { after: list().pageInfo!.endCursor } });
    await until(() => list().edges!.length === 3);
    expect(shownPrompts()).toEqual(['The third', 'The second', 'The first']);
    expect(list().pageInfo!.hasNextPage).toBe(false);

    const idempotencyKey = 'a-click';
    const created = await apollo.createVideo(client, { ...newInput, idempotencyKey });
    const all = ['The newest', 'The third', 'The second', 'The first'];
    await until(() => list().edges!.length === 4);
    expect(shownPrompts()).toEqual(all);
    await apollo.createVideo(client, { ...newInput, idempotencyKey });
    expect(shownPrompts()).toEqual(all);

    const { id, version } = created.generation!;
    const followed = apollo.followVideo(client, id, version);
    await finish();
    await followed;
    await until(() => list().edges![0]!.node!.status === 'SUCCEEDED');
    expect(list().edges![0]!.node).toMatchObject({ id, videoUrl: expect.any(String) });

    expect((await apollo.createVideo(client, badInput)).userErrors).toMatchObject([badDuration]);
    expect(shownPrompts()).toEqual(all);
    shown.unsubscribe();
    client.stop();
  });
});

describe('urql', () => {
  test('lists, fetches the list again after a create, and shows what a subscription tells', async () => {
    const named = {
      callerId: 'page',
      name: 'page',
      role: 'ADMIN',
      tenant: null,
      expiresAt: null,
    } as const;
    const { secret } = await keysOf(app).create(named, null);
    const client = urql.createUrqlClient(url, secret, WebSocket);
    const lists: (string | null)[][] = [];
    const shown = urql.watchGallery(client, pageSize).subscribe(({ data }) => {
      if (data) lists.push(data.generations.edges.map(({ node }) => node.prompt));
    });
    await until(() => lists.length === 1);
    const created = await urql.createVideo(client, newInput);
    await until(() => lists.at(-1)!.includes('The newest'));
    expect(lists[0]).toEqual(['The third', 'The second']);
    expect(lists.at(-1)).toEqual(['The newest', 'The third']);

    const { id, version } = created.generation!;
    const states: string[] = [];
    const followed = urql.followVideo(client, id, version, ({ status }) => states.push(status));
    while (states.at(-1) !== 'SUCCEEDED') await step(app);
    followed.unsubscribe();

    expect((await urql.createVideo(client, badInput)).userErrors).toMatchObject([badDuration]);
    shown.unsubscribe();
  });
});

describe('Relay', () => {
  test('pages, prepends an edge, follows, and fetches one anew by its id', async () => {
    const environment = createEnvironment(url, WebSocket);
    const close = await relay.openGallery(environment, pageSize);
    const shown = () => relay.readCards(environment, pageSize);
    const shownPrompts = () => shown().map(({ prompt }) => prompt);
    expect(shownPrompts()).toEqual(['The third', 'The second']);
    expect(await relay.loadMore(environment, pageSize)).toBe(true);
    expect(shownPrompts()).toEqual(['The third', 'The second', 'The first']);
    expect(await relay.loadMore(environment, pageSize)).toBe(false);

    const created = await relay.createCard(environment, pageSize, newInput);
    const all = ['The newest', 'The third', 'The second', 'The first'];
    expect(shownPrompts()).toEqual(all);

    const { id, version } = created.generationEdge!.node;
    const followed = relay.followCard(environment, id, version);
    await finish();
    await followed;
    expect(shown()[0]).toMatchObject({ id, status: 'SUCCEEDED', videoUrl: expect.any(String) });

    const last = shown().at(-1)!;
    expect(last.status).toBe('PROCESSING');
    await relay.refetchCard(environment, last.id);
    expect(shown().at(-1)).toMatchObject({ id: last.id, status: 'SUCCEEDED' });

    // In development Relay warns of an edge that is null.
    const warned = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const refused = await relay.createCard(environment, pageSize, badInput);
    warned.mockRestore();
    expect(refused.userErrors).toEqual([badDuration]);
    expect(shownPrompts()).toEqual(all);
    close();
  });
});

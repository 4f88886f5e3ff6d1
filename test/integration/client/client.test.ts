import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import WebSocket from 'ws';
import {
  ApiError,
  ConnectionError,
  createReelgraphClient,
  GenerationsDocument,
  InvalidInputError,
  VideoGenerationError,
  type GenerationState,
  type ReelgraphClientOptions,
  type VideoRun,
} from '../../../client/src/index.ts';
import { keysOf, look, startTestApp, step, usualInput, type TestApp } from '../../support/app.ts';
import { coded } from '../../support/fake-upstream.ts';
import { Proxy } from '../../support/proxy.ts';
import { until } from '../../support/until.ts';

let app: TestApp;
let proxy: Proxy;
beforeEach(async () => {
  app = await startTestApp({ upstream: { processingAnswers: 1 } });
  proxy = await Proxy.start(app.url);
});
afterEach(async () => {
  await proxy.close();
  await app.stop();
});

function clientOf(options: Partial<ReelgraphClientOptions> = {}) {
  return createReelgraphClient({
    url: `${proxy.url}/graphql`,
    webSocketImpl: WebSocket,
    ...options,
  });
}

/** What one run shows, a state at a time; `error` is what it ended with. */
function watch(run: VideoRun) {
  const states: GenerationState[] = [];
  const iterator = run[Symbol.asyncIterator]();
  return {
    states,
    async next(): Promise<GenerationState | undefined> {
      const { value, done } = await iterator.next();
      if (done) return undefined;
      states.push(value);
      return value;
    },
    leave: () => iterator.return(undefined),
  };
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );
}

async function storedGenerations(): Promise<number> {
  return await app.database.prisma.videoGeneration.count();
}

describe('generateVideo', () => {
  test('shows each state until the video is there, over one WebSocket that it then closes', async () => {
    const seen = watch(clientOf().generateVideo(usualInput));
    expect(await seen.next()).toMatchObject({ status: 'PROCESSING', version: 3 });
    const second = seen.next();
    await until(() => proxy.openWebSockets === 1);
    await step(app);
    expect(await second).toMatchObject({ status: 'PROCESSING', version: 4 });
    const third = seen.next();
    await step(app);
    expect(await third).toMatchObject({
      status: 'SUCCEEDED',
      videoUrl: expect.stringContaining('Signature'),
    });
    expect(await seen.next()).toBeUndefined();
    await until(() => proxy.openWebSockets === 0);
    // The create alone: nothing was asked for again.
    expect(proxy.bodies).toHaveLength(1);
  });

  test('result() is the finished video', async () => {
    const result = clientOf().generateVideo(usualInput).result();
    await until(() => proxy.openWebSockets === 1);
    await step(app);
    await step(app);
    expect(await result).toMatchObject({
      status: 'SUCCEEDED',
      prompt: usualInput.prompt,
      videoUrl: expect.stringContaining('Signature'),
    });
  });

  test('sends nothing before it is asked for, and makes one generation however often it is', async () => {
    const run = clientOf().generateVideo(usualInput);
    expect(proxy.bodies).toEqual([]);
    const [first, second] = [watch(run), watch(run)];
    const [a, b] = await Promise.all([first.next(), second.next()]);
    expect(a!.id).toBe(b!.id);
    await first.leave();
    await second.leave();
    expect(await storedGenerations()).toBe(1);
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('a create whose answers are lost is repeated, and made and paid for once', async () => {
    proxy.loseAnswers = 2;
    const seen = watch(clientOf().generateVideo(usualInput));
    expect(await seen.next()).toMatchObject({ status: 'PROCESSING' });
    await seen.leave();
    expect(proxy.bodies).toHaveLength(3);
    expect(new Set(proxy.bodies).size).toBe(1);
    expect(await storedGenerations()).toBe(1);
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('ends when nothing answers for long; the same key goes on where it was', async () => {
    const client = clientOf({ retryForMs: 0 });
    const options = { idempotencyKey: 'my-own' };
    proxy.loseAnswers = 2;
    const lost = await errorOf(client.generateVideo(usualInput, options).result());
    expect(lost).toBeInstanceOf(ConnectionError);
    const seen = watch(client.generateVideo(usualInput, options));
    await seen.next();
    await seen.leave();
    expect(await storedGenerations()).toBe(1);
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('a gateway that is out of order is waited for', async () => {
    proxy.outOfOrder = 502;
    const seen = watch(clientOf().generateVideo(usualInput));
    const first = seen.next();
    await until(() => proxy.bodies.length === 2);
    proxy.outOfOrder = undefined;
    expect(await first).toMatchObject({ status: 'PROCESSING' });
    await seen.leave();
  });

  test('where something else than the API answers, it says so at once', async () => {
    proxy.outOfOrder = 404;
    const error = await errorOf(clientOf().generateVideo(usualInput).result());
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 'NOT_GRAPHQL' });
    expect(proxy.bodies).toHaveLength(1);
  });

  test('input that cannot be sent is an InvalidInputError with its fields', async () => {
    const error = await errorOf(
      clientOf()
        .generateVideo({ ...usualInput, duration: 7 })
        .result(),
    );
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error).toMatchObject({
      message: expect.stringContaining('6 or 10 seconds'),
      userErrors: [{ field: ['duration'], code: 'DURATION_NOT_SUPPORTED' }],
    });
    expect(await storedGenerations()).toBe(0);
  });

  test('one that MiniMax refuses is shown as FAILED, then thrown with its reason', async () => {
    app.upstream.onSubmit(coded(1026));
    const seen = watch(clientOf().generateVideo(usualInput));
    expect(await seen.next()).toMatchObject({ status: 'FAILED' });
    const error = await errorOf(seen.next());
    expect(error).toBeInstanceOf(VideoGenerationError);
    expect(error).toMatchObject({
      kind: 'INPUT_FLAGGED',
      upstreamCode: 1026,
      retryable: false,
      message: expect.any(String),
      generation: { id: seen.states[0]!.id, status: 'FAILED' },
    });
  });

  test('one that fails while it is followed is thrown as well, and may be retried when that helps', async () => {
    const error = errorOf(clientOf().generateVideo(usualInput).result());
    await until(() => proxy.openWebSockets === 1);
    app.upstream.onQuery({
      json: { status: 'Fail', base_resp: { status_code: 1000, status_msg: 'unknown error' } },
    });
    await step(app);
    expect(await error).toMatchObject({
      name: 'VideoGenerationError',
      retryable: true,
      generation: { status: 'FAILED' },
    });
  });

  test('of an UNCERTAIN one nobody knows, and a program must not repeat it', async () => {
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    const seen = watch(clientOf().generateVideo(usualInput));
    expect(await seen.next()).toMatchObject({ status: 'UNCERTAIN' });
    expect(await errorOf(seen.next())).toMatchObject({
      name: 'VideoGenerationError',
      kind: 'OUTCOME_UNKNOWN',
      retryable: false,
      message: expect.stringContaining('Nobody knows'),
    });
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('a cancelled one ends too', async () => {
    app.upstream.onSubmit(coded(1002));
    const seen = watch(clientOf().generateVideo(usualInput));
    const { id, status } = (await seen.next())!;
    expect(status).toBe('QUEUED');
    const next = seen.next();
    await until(() => proxy.openWebSockets === 1);
    await app.graphql(`mutation { cancelVideoGeneration(id: "${id}") { userErrors { code } } }`);
    expect(await next).toMatchObject({ status: 'CANCELLED' });
    expect(await errorOf(seen.next())).toMatchObject({
      name: 'VideoGenerationError',
      kind: null,
      retryable: false,
      message: 'The generation was cancelled.',
    });
  });
});

describe('following', () => {
  test('goes on after its WebSocket was cut, from the version it had', async () => {
    const seen = watch(clientOf().generateVideo(usualInput));
    await seen.next();
    const second = seen.next();
    await until(() => proxy.openWebSockets === 1);
    await step(app);
    await second;

    const third = seen.next();
    proxy.cutWebSockets();
    await until(() => proxy.upgrades === 2 && proxy.openWebSockets === 1);
    await step(app);
    expect(await third).toMatchObject({ status: 'SUCCEEDED' });
    expect(await seen.next()).toBeUndefined();
    expect(seen.states.map(({ version }) => version)).toEqual([3, 4, 5]);
  });

  test('shows the end that came while it was cut off', async () => {
    const seen = watch(clientOf().generateVideo(usualInput));
    await seen.next();
    const second = seen.next();
    await until(() => proxy.openWebSockets === 1);
    proxy.webSockets = 'refuse';
    proxy.outOfOrder = 503;
    proxy.cutWebSockets();
    await until(() => proxy.bodies.length === 2);
    await step(app);
    await step(app);
    proxy.outOfOrder = undefined;
    expect(await second).toMatchObject({ status: 'SUCCEEDED', version: 5 });
  });

  test.each(['refuse', 'hang'] as const)(
    'asks where WebSockets do not pass (%s), and is answered as soon as something changes',
    async (webSockets) => {
      proxy.webSockets = webSockets;
      const seen = watch(clientOf().generateVideo(usualInput));
      await seen.next();
      const second = seen.next();
      await until(() => proxy.bodies.length === 2);
      expect(JSON.parse(proxy.bodies[1]!)).toMatchObject({
        variables: { waitMs: 20_000, sinceVersion: 3 },
      });
      await step(app);
      expect(await second).toMatchObject({ version: 4 });
      const third = seen.next();
      await step(app);
      expect(await third).toMatchObject({ status: 'SUCCEEDED' });
      expect(await seen.next()).toBeUndefined();
      expect(proxy.upgrades).toBe(1);
    },
  );

  test('works without any WebSocket', async () => {
    const result = clientOf({ webSocketImpl: null }).generateVideo(usualInput).result();
    await until(() => proxy.bodies.length === 2);
    await step(app);
    await until(() => proxy.bodies.length === 3);
    await step(app);
    expect(await result).toMatchObject({ status: 'SUCCEEDED' });
    expect(proxy.upgrades).toBe(0);
  });

  test.each([
    ['over WebSocket', WebSocket],
    ['by asking', null],
  ])(
    'ends with the reason when its signal is aborted, %s; the generation goes on',
    async (_, webSocketImpl) => {
      const left = new AbortController();
      const reason = new Error('The page was closed.');
      const seen = watch(
        clientOf({ webSocketImpl }).generateVideo(usualInput, { signal: left.signal }),
      );
      const { id } = (await seen.next())!;
      const next = errorOf(seen.next());
      await until(() => proxy.openWebSockets === 1 || proxy.bodies.length === 2);
      left.abort(reason);
      expect(await next).toBe(reason);
      await until(() => proxy.openWebSockets === 0);
      await step(app);
      await step(app);
      expect((await look(app, id)).status).toBe('SUCCEEDED');
    },
  );

  test('aborted before it begins, it sends nothing', async () => {
    const signal = AbortSignal.abort();
    expect(await errorOf(clientOf().generateVideo(usualInput, { signal }).result())).toBe(
      signal.reason,
    );
    expect(proxy.bodies).toEqual([]);
  });

  test.each([
    ['over WebSocket', WebSocket],
    ['by asking', null],
  ])('of an id that does not exist is NOT_FOUND, %s', async (_, webSocketImpl) => {
    const unknown = '01a20a96-2550-7661-bd8f-63b10abfa24d';
    const error = await errorOf(clientOf({ webSocketImpl }).followVideo(unknown).result());
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 'NOT_FOUND' });
  });

  test.each([
    ['over WebSocket', WebSocket],
    ['by asking', null],
  ])(
    'of one that has ended ends at once, whatever is known of it, %s',
    async (_, webSocketImpl) => {
      const { id } = (await app.create()).generation;
      await step(app);
      await step(app);
      const client = clientOf({ webSocketImpl });
      expect(await client.followVideo(id).result()).toMatchObject({ version: 5 });
      expect(await client.followVideo(id, { afterVersion: 5 }).result()).toMatchObject({
        status: 'SUCCEEDED',
      });
    },
  );

  test('many are followed over one WebSocket', async () => {
    const client = clientOf();
    const runs = Array.from({ length: 5 }, () => client.generateVideo(usualInput).result());
    let over = false;
    const all = Promise.all(runs).finally(() => (over = true));
    await app.upstream.received('submit', 5);
    while (!over) await step(app);
    const videos = await all;
    expect(new Set(videos.map(({ id }) => id)).size).toBe(5);
    expect(proxy.upgrades).toBeLessThanOrEqual(2);
  });
});

describe('with API keys', () => {
  test('the key goes with requests and WebSockets; one that is not valid is UNAUTHENTICATED', async () => {
    const keyOf = async (callerId: string) =>
      await keysOf(app).create(
        { callerId, name: callerId, role: 'CLIENT', tenant: null, expiresAt: null },
        null,
      );
    const { secret } = await keyOf('web-shop');
    const seen = watch(
      clientOf({ apiKey: () => Promise.resolve(secret) }).generateVideo(usualInput),
    );
    const { id } = (await seen.next())!;
    const second = seen.next();
    await until(() => proxy.openWebSockets === 1);
    await step(app);
    expect(await second).toMatchObject({ version: 4 });
    await seen.leave();
    expect(proxy.bodies).toHaveLength(1);

    const other = clientOf({ apiKey: (await keyOf('other')).secret });
    expect(await errorOf(other.followVideo(id).result())).toMatchObject({ code: 'NOT_FOUND' });
    const nobody = clientOf({ apiKey: 'rg_wrong' });
    expect(await errorOf(nobody.followVideo(id).result())).toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    expect(await errorOf(nobody.generateVideo(usualInput).result())).toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });
});

describe('request', () => {
  test('answers with the data of a typed document', async () => {
    const { id } = (await app.create()).generation;
    const { generations } = await clientOf().request(GenerationsDocument, { first: 1 });
    expect(generations.edges.map(({ node }) => node.id)).toEqual([id]);
  });

  test('throws what the API says', async () => {
    const error = await errorOf(clientOf().request(GenerationsDocument, { first: 0 }));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 'BAD_PAGE_SIZE', message: expect.any(String) });
  });

  test('is asked once: whether a change that got no answer was made, only its caller can know', async () => {
    proxy.loseAnswers = 1;
    const error = await errorOf(clientOf().request(GenerationsDocument, {}));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(proxy.bodies).toHaveLength(1);
  });
});

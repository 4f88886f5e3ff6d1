import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import {
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  getOperationAST,
  OperationTypeNode,
  parse,
  validate,
  type IntrospectionQuery,
} from 'graphql';
import type { Browser, FrameLocator, Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { loadPage, renderCard } from '../../../client/examples/gallery.ts';
import { inputFor, makeVideo, priceOf } from '../../../client/examples/video-with-sound.ts';
import { createReelgraphClient } from '../../../client/src/index.ts';
import { startApp, type App } from '../../../src/app.ts';
import { loadConfig } from '../../../src/config.ts';
import { createLogger } from '../../../src/logger.ts';
import { tour } from '../../../src/pages/tour.ts';
import {
  browserPath,
  openBrowser,
  watchPage,
  type Elsewhere,
  type WatchedPage,
} from '../../support/browser.ts';
import { openTestDatabase, testDataDirectory } from '../../support/database.ts';
import { aPng } from '../../support/images.ts';

if (!browserPath) {
  process.stderr.write(
    '\nNO BROWSER: the pages are NOT tested in a browser. Install Chromium or set CHROMIUM_PATH.\n\n',
  );
}
const inBrowser = browserPath ? describe : describe.skip;

const schemaText = await readFile(new URL('../../../schema.graphql', import.meta.url), 'utf8');

let app: App;
beforeAll(async () => {
  app = await start({});
});
afterAll(async () => {
  await app.stop();
});

async function start(env: Record<string, string>): Promise<App> {
  const config = loadConfig({
    PORT: '0',
    DATA_DIR: testDataDirectory,
    POLL_INTERVAL_MS: '100',
    SIMULATOR_RENDER_MS: '500',
    ...env,
  });
  return await startApp(config, createLogger('silent'), { database: await openTestDatabase() });
}

function clientOf({ url }: App) {
  return createReelgraphClient({ url: `${url}/graphql`, webSocketImpl: WebSocket });
}

const asBrowser = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('pages', () => {
  test.each(['/', '/graphiql'])('%s is a page in English that fits any screen', async (path) => {
    const response = await fetch(app.url + path, { headers: asBrowser });
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(html).toMatch(/<html lang="en">/);
    expect(html).toMatch(/<title>Reelgraph/);
    expect(html).toMatch(/<meta name="viewport"/);
    expect(html).not.toMatch(/(src|href)="http:/);
  });

  test('the first page says whether money is spent', async () => {
    const html = await (await fetch(app.url)).text();
    expect(html).toContain('MiniMax is simulated: nothing is paid');
  });

  test('GraphiQL comes from this service, compressed, and may be kept for good', async () => {
    const html = await (await fetch(`${app.url}/graphiql`)).text();
    const files = [...html.matchAll(/(?:src|href)="(\/graphiql\/[^"]+)"/g)].map(
      ([, file]) => file!,
    );
    expect(files).toHaveLength(2);
    for (const file of files) {
      const response = await fetch(app.url + file);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-encoding')).toBe('gzip');
      expect(response.headers.get('cache-control')).toContain('immutable');
      const plain = await fetch(app.url + file, { headers: { 'Accept-Encoding': 'identity' } });
      expect(plain.headers.get('content-encoding')).toBeNull();
      expect(await plain.text()).toBe(await response.text());
    }
  });

  test('an older or unknown file of GraphiQL is not found', async () => {
    const html = await (await fetch(`${app.url}/graphiql`)).text();
    const [, version] = /\/graphiql\/(\w+)\/graphiql\.js/.exec(html)!;
    for (const path of ['000000000000/graphiql.js', `${version}/other.js`, `${version}/..%2fx`]) {
      expect((await fetch(`${app.url}/graphiql/${path}`)).status).toBe(404);
    }
  });

  test('/schema.graphql is the committed schema as text', async () => {
    const response = await fetch(`${app.url}/schema.graphql`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await response.text()).toBe(schemaText);
  });

  test('the API opened in a browser leads to the first page; a client is answered', async () => {
    const opened = await fetch(`${app.url}/graphql`, { headers: asBrowser, redirect: 'manual' });
    expect(opened.status).toBe(302);
    expect(opened.headers.get('location')).toBe('/');

    const asked = await fetch(`${app.url}/graphql?query={__typename}`, {
      headers: { Accept: 'application/json', 'Apollo-Require-Preflight': '1' },
      redirect: 'manual',
    });
    expect(await asked.json()).toMatchObject({ data: { __typename: 'Query' } });
  });

  test('in production there are none', async () => {
    const production = await start({ NODE_ENV: 'production', SIMULATOR: 'on' });
    try {
      for (const path of ['/', '/graphiql', '/favicon.ico']) {
        const response = await fetch(production.url + path, { headers: asBrowser });
        expect([path, response.status]).toEqual([path, 404]);
      }
    } finally {
      await production.stop();
    }
  });
});

describe('the tour', () => {
  const schema = buildSchema(schemaText);

  test.each(
    tour.map((step) => [getOperationAST(parse(step.document))!.name!.value, step] as const),
  )('%s runs as it is', async (_name, { document, variables }) => {
    const parsed = parse(document);
    expect(validate(schema, parsed)).toEqual([]);
    // A subscription is followed in the browser, below.
    if (getOperationAST(parsed)!.operation === OperationTypeNode.SUBSCRIPTION) return;
    const { data, errors } = await post({ query: document, variables });
    expect(data).toEqual(expect.any(Object));
    expect(errors).toBeUndefined();
  });
});

async function post(body: object): Promise<{ data?: unknown; errors?: unknown }> {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as { data?: unknown; errors?: unknown };
}

/** What an MP4 has: its largest track and whether there is sound in it. */
async function describeVideo(url: string | null) {
  const bytes = Buffer.from(await (await fetch(url!)).arrayBuffer());
  const tracks = [...bytes.toString('latin1').matchAll(/tkhd/g)].map(({ index }) => [
    // Version 0: width and height are the last two of its 84 bytes, in 16.16.
    bytes.readUInt16BE(index + 80),
    bytes.readUInt16BE(index + 84),
  ]);
  const sizes = tracks.filter(([width]) => width! > 0);
  return { size: sizes[0], hasSound: bytes.includes('mp4a') };
}

test('the first step of the tour makes a 2K video with sound', async () => {
  const client = clientOf(app);
  const { createVideoGeneration } = (await post({ query: tour[0]!.document })).data as {
    createVideoGeneration: { generation: { id: string } };
  };
  const { videoUrl } = await client.followVideo(createVideoGeneration.generation.id).result();
  expect(await describeVideo(videoUrl)).toEqual({ size: [2560, 1440], hasSound: true });
});

test.each([
  ['text', []],
  ['pictures', [new Blob([aPng()]), 'https://example.com/boat.jpg']],
])(
  'the sample makes a 2K video with sound from %s, and tells the price before',
  async (_name, pictures) => {
    const client = clientOf(app);
    const input = await inputFor({ prompt: 'The boat of image 1 in the rain', pictures });
    expect(await priceOf(client, input)).toEqual({ usd: expect.any(String), remarks: [] });
    const { videoUrl, model } = await makeVideo(client, input).result();
    expect(model).toBe('MiniMax-H3');
    expect(await describeVideo(videoUrl)).toEqual({ size: [2560, 1440], hasSound: true });
  },
);

test('the sample front end lists videos and shows them', async () => {
  const client = clientOf(app);
  const input = { model: 'MiniMax-Hailuo-02', prompt: 'A <boat>' };
  const video = await client.generateVideo(input).result();
  const page = await loadPage(client, { first: 1, filter: { id: [video.id] } });
  expect(page).toMatchObject({ cards: [{ id: video.id, status: 'SUCCEEDED' }], total: '1' });
  expect(page.next).toBeNull();
  expect(renderCard(video)).toContain(`<video controls`);
  expect(renderCard(video)).toContain('A &#60;boat&#62;');
});

inBrowser('in a browser', () => {
  let browser: Browser;
  let watched: WatchedPage | undefined;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });
  afterEach(async () => {
    await watched?.close();
    watched = undefined;
  });

  async function open(options: Parameters<typeof watchPage>[2] = {}) {
    watched = await watchPage(browser, app.url, options);
    return watched;
  }

  const runButton = (place: Page | FrameLocator) =>
    place.getByRole('button', { name: 'Execute query' });
  const answerOf = (place: Page | FrameLocator) => place.locator('.result-window');
  const inFrame = (page: Page) => page.frameLocator('iframe[title="GraphiQL"]');

  test('without internet the first page shows GraphiQL, and the tour creates a video', async () => {
    const { page, complaints, foreign } = await open();
    await page.goto(app.url);
    const graphiql = inFrame(page);
    await runButton(graphiql).click();
    await answerOf(graphiql).getByText('"PROCESSING"').waitFor();

    expect(await page.title()).toBe('Reelgraph');
    expect(complaints).toEqual([]);
    expect(foreign).toEqual([expect.stringMatching(/^https:\/\/embeddable-sandbox\.cdn\./)]);
  });

  test('a step of the tour opens at the first click, and the subscription follows a video', async () => {
    const { page, complaints, foreign } = await open();
    await page.goto(`${app.url}/graphiql`);
    await runButton(page).click();
    await answerOf(page).getByText('"PROCESSING"').waitFor();
    const [id] = /[0-9a-f-]{36}/.exec(await answerOf(page).innerText())!;

    // GraphiQL's own opening animation made the first press miss.
    await page.getByRole('button', { name: 'Follow', exact: true }).click();
    const variables = page.locator('.graphiql-editor-tool .monaco-editor').first();
    await variables.getByText('put an id here').waitFor();
    await variables.click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(JSON.stringify({ id }));
    await page.keyboard.press('ControlOrMeta+Enter');
    await answerOf(page).getByText('"SUCCEEDED"', { exact: true }).waitFor();
    await answerOf(page).getByText('videoUrl').waitFor();

    expect(complaints).toEqual([]);
    expect(foreign).toEqual([]);
    expect(page.url()).toBe(`${app.url}/graphiql`);
  });

  test('what was edited is there after a reload', async () => {
    const { page } = await open();
    await page.goto(`${app.url}/graphiql`);
    await page.getByRole('button', { name: 'Models', exact: true }).click();
    const editor = page.locator('.graphiql-query-editor .monaco-editor').first();
    await editor.getByText('videoModels').waitFor();
    await editor.click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText('query Mine { __typename }');
    await page.getByRole('button', { name: 'Mine', exact: true }).waitFor();
    // Not waitForFunction: it needs eval, which the page's policy forbids.
    const isSaved = `(localStorage['reelgraph:graphiql:tabState'] ?? '').includes('query Mine')`;
    while (!(await page.evaluate(isSaved))) await page.waitForTimeout(50);
    await page.reload();
    await editor.getByText('Mine').waitFor();
    expect(await page.locator('.graphiql-tab').count()).toBe(tour.length);
  });

  test('on a phone the answer stands below the operation', async () => {
    const { page } = await open({ viewport: { width: 390, height: 844 } });
    await page.goto(app.url);
    const graphiql = inFrame(page);
    await runButton(graphiql).click();
    await answerOf(graphiql).getByText('"PROCESSING"').waitFor();
    const editor = (await graphiql.locator('.graphiql-query-editor').boundingBox())!;
    const answer = (await answerOf(graphiql).boundingBox())!;
    expect(answer.y).toBeGreaterThan(editor.y + editor.height);
    expect(answer.width).toBeGreaterThan(250);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  });

  describe('with internet, Apollo Sandbox', () => {
    /**
     * Apollo's own code for the page around Sandbox, which sends each request. The editor itself is
     * served by Apollo only, in a frame: here the tests say what it asks of the page.
     */
    let script: string;
    beforeAll(async () => {
      const { outputFiles } = await build({
        stdin: {
          contents: `
            import { ApolloSandbox } from '@apollo/sandbox';
            window.EmbeddedSandbox = ApolloSandbox;`,
          resolveDir: import.meta.dirname,
        },
        bundle: true,
        write: false,
      });
      script = outputFiles[0]!.text;
    });

    const allSteps = tour.map(({ document }) => document).join('\n');

    interface Answer {
      name: string;
      operationId: string;
      schema?: IntrospectionQuery;
      response?: any; // eslint-disable-line @typescript-eslint/no-explicit-any
    }

    async function openSandbox() {
      const editor = `<!doctype html><title>Editor</title>
        <script>
          const answers = [];
          onmessage = ({ data }) => answers.push(data);
        </script>`;
      const { page, complaints } = await open({ elsewhere: { script, page: editor } });
      await page.goto(app.url);
      await page
        .frameLocator('#explorer > iframe')
        .locator('script')
        .waitFor({ state: 'attached' });
      const frame = page.frames().find((each) => each.url().includes('sandbox.embed'))!;
      return {
        frame,
        complaints,
        /** What the page answers to a message of the editor, up to the answer that `isLast` accepts. */
        ask: async (
          message: { name: string; operationId: string; [more: string]: unknown },
          isLast: (answer: Answer) => boolean = () => true,
        ): Promise<Answer[]> => {
          await frame.evaluate(`parent.postMessage(${JSON.stringify(message)}, '*')`);
          for (;;) {
            // Not all of them each time: that with the schema is large.
            const answers = await frame.evaluate<Answer[]>(
              `answers.filter(({ operationId }) => operationId === '${message.operationId}')`,
            );
            if (answers.some(isLast)) return answers;
            await page.waitForTimeout(50);
          }
        },
      };
    }

    test('opens with the tour on this API', async () => {
      const { frame, complaints } = await openSandbox();
      const { origin, pathname, searchParams: asked } = new URL(frame.url());
      expect(origin + pathname).toBe('https://sandbox.embed.apollographql.com/sandbox/explorer');
      expect(Object.fromEntries(asked)).toMatchObject({
        endpoint: `${app.url}/graphql`,
        subscriptionEndpoint: `${app.url.replace('http', 'ws')}/graphql`,
        endpointIsEditable: 'false',
        defaultDocument: allSteps,
        defaultIncludeCookies: 'false',
        shouldDefaultAutoupdateSchema: 'false',
        runTelemetry: 'false',
      });
      expect(JSON.parse(asked.get('defaultVariables')!)).toEqual({ id: expect.any(String) });
      // Many servers refuse a longer address.
      expect(frame.url().length).toBeLessThan(8000);
      expect(complaints).toEqual([]);
    });

    test('reads the schema, creates a video and follows it until it plays', async () => {
      const { ask, complaints } = await openSandbox();
      const [schemaAnswer] = await ask({
        name: 'IntrospectionQueryWithHeaders',
        operationId: 'schema',
        sandboxEndpointUrl: `${app.url}/graphql`,
        introspectionRequestBody: JSON.stringify({ query: getIntrospectionQuery() }),
        introspectionRequestHeaders: {},
      });
      expect(schemaAnswer!.name).toBe('SchemaResponse');
      expect(validate(buildClientSchema(schemaAnswer!.schema!), parse(allSteps))).toEqual([]);

      const [created] = await ask({
        name: 'ExplorerRequest',
        operationId: 'create',
        endpointUrl: `${app.url}/graphql`,
        operation: allSteps,
        operationName: 'Create',
        variables: {},
        headers: {},
        includeCookies: false,
      });
      expect(created).toMatchObject({
        name: 'ExplorerResponse',
        response: { status: 200, data: { createVideoGeneration: { userErrors: [] } } },
      });
      const { generation } = created!.response!.data.createVideoGeneration;
      expect(generation).toMatchObject({ status: 'PROCESSING', taskId: expect.any(String) });

      const followed = await ask(
        {
          name: 'ExplorerSubscriptionRequest',
          operationId: 'follow',
          subscriptionUrl: `${app.url.replace('http', 'ws')}/graphql`,
          protocol: 'graphql-ws',
          operation: allSteps,
          operationName: 'Follow',
          variables: { id: generation.id },
          headers: {},
          httpMultipartParams: { includeCookies: false },
        },
        (answer) => answer.response?.data.data.generationUpdated.status === 'SUCCEEDED',
      );
      const { videoUrl } = followed.at(-1)!.response!.data.data.generationUpdated;
      const video = Buffer.from(await (await fetch(videoUrl)).arrayBuffer());
      expect(video.toString('latin1', 4, 8)).toBe('ftyp');
      expect(complaints).toEqual([]);
    });
  });

  test.each<[string, Elsewhere]>([
    [
      'that refuses its options',
      { script: 'window.EmbeddedSandbox = function () { throw new Error(); };' },
    ],
    ['that is something else', { script: 'window.Other = 1;' }],
    ['that never comes', 'silent'],
  ])('a Sandbox %s gives way to GraphiQL', async (_name, elsewhere) => {
    const { page, complaints } = await open({ elsewhere });
    await page.clock.install();
    await page.goto(app.url, { waitUntil: 'commit' });
    // What is in the frame works, see above.
    const frame = page.locator('iframe[title="GraphiQL"][src="/graphiql"]');
    if (elsewhere === 'silent') {
      await page.locator('head > script[src]').waitFor({ state: 'attached' });
      await page.clock.fastForward('00:05');
    }
    await frame.waitFor();
    expect(complaints).toEqual([]);
  });

  test('a finished video plays', async () => {
    const { page } = await open();
    const input = { model: 'MiniMax-Hailuo-02', prompt: 'A boat' };
    const video = await clientOf(app).generateVideo(input).result();

    await page.goto(`${app.url}/schema.graphql`);
    await page.setContent(renderCard(video));
    const played = await page.evaluate(`new Promise((resolve) => {
      const video = document.querySelector('video');
      const tell = () => resolve({
        error: video.error && video.error.message, readyState: video.readyState,
        duration: video.duration, width: video.videoWidth, height: video.videoHeight, at: video.currentTime,
      });
      video.muted = true;
      video.onerror = tell;
      video.ontimeupdate = () => { if (video.currentTime > 0.2) tell(); };
      video.play().catch(tell);
    })`);
    expect(played).toEqual({
      error: null,
      readyState: expect.any(Number),
      duration: expect.closeTo(6, 0),
      width: video.videoWidth,
      height: video.videoHeight,
      at: expect.any(Number),
    });
  });

  test('the client, as it is built, makes a video in a page on another origin', async () => {
    const shop = await openShop();
    watched = await watchPage(browser, shop.url, { also: app.url });
    const { page, complaints } = watched;
    try {
      const webSockets: string[] = [];
      page.on('websocket', (socket) => webSockets.push(socket.url()));
      await page.goto(shop.url);
      await page.waitForFunction("document.title === 'ready'");
      const states = await page.locator('li').allTextContents();
      expect([states[0], states.at(-1)]).toEqual(['PROCESSING', 'SUCCEEDED']);
      expect(await page.locator('video').getAttribute('src')).toMatch(/\.mp4\?/);
      expect(webSockets).toEqual([`${app.url.replace('http', 'ws')}/graphql`]);
      expect(complaints).toEqual([]);
    } finally {
      await shop.close();
    }
  });

  /** A site of its own: a page without a bundler, the built client, and what that imports. */
  async function openShop(): Promise<{ url: string; close: () => Promise<void> }> {
    const built = await mkdtemp(join(tmpdir(), 'reelgraph-client-'));
    const project = fileURLToPath(new URL('../../../client/tsconfig.build.json', import.meta.url));
    const compiler = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));
    // Types are checked where it is packed.
    const args = ['-p', project, '--outDir', built, '--noCheck'];
    await promisify(execFile)(process.execPath, [compiler, ...args]);
    const graphqlWs = dirname(fileURLToPath(import.meta.resolve('graphql-ws/client')));
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url!, 'http://localhost');
      const [, room, ...path] = pathname.split('/');
      if (room === '') {
        response.setHeader('content-type', 'text/html').end(shopPage(`${app.url}/graphql`));
        return;
      }
      response.setHeader('content-type', 'text/javascript');
      createReadStream(join(room === 'client' ? built : graphqlWs, ...path)).pipe(response);
    });
    await new Promise<void>((done) => server.listen(0, 'localhost', done));
    return {
      url: `http://localhost:${(server.address() as AddressInfo).port}`,
      close: async () => {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
        await rm(built, { recursive: true });
      },
    };
  }
});

function shopPage(url: string): string {
  return `<!doctype html>
<link rel="icon" href="data:,">
<script type="importmap">{ "imports": { "graphql-ws/client": "/graphql-ws/client.js" } }</script>
<ul></ul>
<video></video>
<script type="module">
  import { createReelgraphClient } from '/client/src/index.js';
  const client = createReelgraphClient({ url: '${url}' });
  const input = { model: 'MiniMax-Hailuo-02', prompt: 'A paper boat' };
  for await (const { status, videoUrl } of client.generateVideo(input)) {
    const line = document.querySelector('ul').appendChild(document.createElement('li'));
    line.textContent = status;
    if (videoUrl) document.querySelector('video').src = videoUrl;
  }
  document.title = 'ready';
</script>`;
}

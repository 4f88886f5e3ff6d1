import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { startApp, type App } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { createLogger } from '../../src/logger.ts';
import { openTestDatabase, testDataDirectory } from './database.ts';

/** Builds the console into `dist/console`, where the service looks for it; quickly when it is there. */
export async function buildConsole(): Promise<void> {
  const script = fileURLToPath(new URL('../../console/build.js', import.meta.url));
  await promisify(execFile)(process.execPath, [script]);
}

/** Where it is built. */
export const consoleFolder = new URL('../../dist/console/', import.meta.url);

/** What was built, by its sources. */
export async function readManifest() {
  const text = await readFile(new URL('.vite/manifest.json', consoleFolder), 'utf8');
  return JSON.parse(text) as Record<string, { file: string; imports?: string[] }>;
}

/** The service with the simulator, with videos that take a second. */
export async function startConsoleApp(env: Record<string, string> = {}): Promise<App> {
  const times = { POLL_INTERVAL_MS: '200', SIMULATOR_RENDER_MS: '800' };
  const config = loadConfig({ PORT: '0', DATA_DIR: testDataDirectory, ...times, ...env });
  return await startApp(config, createLogger('silent'), { database: await openTestDatabase() });
}

/** Asks the API; throws what it refuses. */
export async function ask(
  { url }: { url: string },
  query: string,
  variables: object = {},
  key?: string,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
): Promise<any> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: unknown; errors?: object[] };
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

export async function makeKey(
  app: { url: string },
  input: { callerId: string; role: 'CLIENT' | 'AUDITOR' | 'ADMIN' },
  by?: string,
): Promise<string> {
  const mutation = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }`;
  const { createApiKey } = await ask(app, mutation, { input }, by);
  return createApiKey.secret;
}

/** Has a video asked for; its id. */
export async function makeVideo(
  app: { url: string },
  input: object,
  key?: string,
): Promise<string> {
  const mutation = `mutation ($input: CreateVideoGenerationInput!) {
    createVideoGeneration(input: $input) { generation { id } userErrors { message } }
  }`;
  const given = { model: 'MiniMax-Hailuo-02', duration: 6, resolution: '768P', ...input };
  const { createVideoGeneration: made } = await ask(app, mutation, { input: given }, key);
  if (!made.generation) throw new Error(JSON.stringify(made.userErrors));
  return made.generation.id;
}

export async function signIn(page: Page, address: string, key: string): Promise<void> {
  await page.goto(address);
  await page.getByLabel('API key', { exact: true }).fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation').waitFor({ state: 'attached' });
}

let axe: string | undefined;

/** What axe finds on the page that a law or a rule of WCAG level A or AA is broken by. */
export async function barriersOn(page: Page): Promise<string[]> {
  axe ??= await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
  const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  // Of what passed one place each is told of. No rule of these levels reads the style sheets.
  const options = { runOnly: levels, resultTypes: ['violations'], preload: { assets: ['media'] } };
  // What comes or goes lies over its neighbours for a moment, which makes them too small to be hit.
  const isThere = await page.evaluate<boolean>(`Promise.allSettled(document.getAnimations()
    .filter(({ effect }) => effect.getComputedTiming().endTime < Infinity)
    .map(({ finished }) => finished)).then(() => 'axe' in window)`);
  // Made short there: what it tells of what passed is large.
  const { barriers, passed } = await page.evaluate<{ barriers: string[]; passed: number }>(
    `${isThere ? '' : axe};
    axe.run(document, ${JSON.stringify(options)}).then(({ violations, passes }) => ({
      barriers: violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')),
      passed: passes.length,
    }))`,
  );
  if (passed === 0) throw new Error('axe has looked at nothing');
  return barriers;
}

/** What strangers may write: markup, marks that turn the direction of writing, and far too much. */
export const hostileText = [
  `<img src=x onerror="document.title='owned'"><b>bold</b>`,
  `<script>document.title='owned'</script> javascript:alert(1) \u202Egnp.exe\u2066`,
  '🙂'.repeat(2000),
].join(' ');

/** Fields of the API that hold what callers, persons, receivers of webhooks, or MiniMax wrote. */
const strangersFields = new Set([
  ...['prompt', 'enhancedPrompt', 'tags', 'callerId', 'tenant', 'idempotencyKey', 'webhookUrl'],
  ...['firstFrameImage', 'lastFrameImage', 'subjectImage', 'referenceImages', 'userAgent'],
  ...['message', 'upstreamMessage', 'statusMessage', 'upstreamStatus', 'taskId', 'traceId'],
  ...['url', 'description', 'error', 'answer', 'body', 'fingerprint', 'raw'],
]);

/** Has each answer that the page gets say `hostileText` wherever it says what strangers wrote. */
export async function showHostileAnswers(page: Page): Promise<void> {
  const spoil = (value: unknown, field: string): unknown => {
    // Three of a kind show what thirty do, and a browser takes seconds for so many emoji.
    if (Array.isArray(value)) return value.slice(0, 3).map((each) => spoil(each, field));
    if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value).map(([name, each]) => [name, spoil(each, name)]);
      return Object.fromEntries(entries) as object;
    }
    // The reason of a person stands in the JSON of an event's detail.
    if (field === 'detail') return JSON.stringify({ reason: hostileText });
    return typeof value === 'string' && strangersFields.has(field) ? hostileText : value;
  };
  await page.route('**/graphql', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: spoil(await response.json(), '') });
  });
}

/** What of `hostileText` the page shows in any way but as text of its own direction. */
export async function harmOn(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>(`(() => {
    const harm = [...document.querySelectorAll('#page img[src="x"], #page b, #page script')]
      .map(({ outerHTML }) => outerHTML);
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      if (!texts.currentNode.data.includes('\\u202E')) continue;
      const around = texts.currentNode.parentElement.closest('bdi, .foreign, code, pre');
      if (!around || getComputedStyle(around).unicodeBidi !== 'isolate')
        harm.push('not isolated: ' + texts.currentNode.parentElement.outerHTML.slice(0, 200));
    }
    if (document.title.includes('owned')) harm.push('a script has run');
    return harm;
  })()`);
}

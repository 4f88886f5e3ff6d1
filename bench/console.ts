/**
 * What somebody at the console waits for, in headless Chromium, with 1,000,000 generations (`--generations`)
 * in a PostgreSQL database of their own: the first page, the list, a change of one row among a hundred,
 * and finding one of last month by its prompt and by its trace id.
 *
 * Exits with 1 when a row's change takes longer than 50 ms, or the layout shifts by more than 0.1.
 */
import { parseArgs } from 'node:util';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { startApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { openDatabase } from '../src/database/database.ts';
import { createLogger } from '../src/logger.ts';
import { openBrowser, watchPage } from '../test/support/browser.ts';
import { ask, buildConsole } from '../test/support/console.ts';
import { createServerDatabase } from '../test/support/database.ts';
import { fill } from './plans/fill.ts';

const { values: options } = parseArgs({
  options: { generations: { type: 'string', default: '1000000' } },
});
const generations = Number(options.generations);
const server = process.env['TEST_DATABASE_URL'] || 'postgres://postgres@127.0.0.1:5432/postgres';
const changes = 20;
const changeLimitMs = 50;
const shiftLimit = 0.1;
const wanted = {
  prompt: 'a zebra that nobody else asked for',
  traceId: 'bench-trace-of-last-month',
};

/** Notes in the page how far the layout shifted, and from each message of a change until it is painted. */
const watchScript = `
  window.shift = 0;
  window.changesMs = [];
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) window.shift += value;
  }).observe({ type: 'layout-shift', buffered: true });
  const Real = window.WebSocket;
  window.WebSocket = class extends Real {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ data }) => {
        if (!data.includes('"next"')) return;
        const at = performance.now();
        const watcher = new MutationObserver(() => {
          watcher.disconnect();
          requestAnimationFrame(() => setTimeout(() => window.changesMs.push(performance.now() - at)));
        });
        watcher.observe(document.querySelector('tbody'), {
          subtree: true, childList: true, characterData: true, attributes: true,
        });
      });
    }
  };`;

const { url, drop } = await createServerDatabase({ migrated: true, server });
const client = new pg.Client(url);
await client.connect();
await fill(client, { generations, events: generations });
await hideOne();
await client.end();

await buildConsole();
const log = createLogger('silent');
const database = await openDatabase({ url, dataDir: '', logger: log });
const config = loadConfig({ PORT: '0', MEDIA_KEEP_VIDEOS: 'off' });
const app = await startApp(config, log, { database, runWorker: false });
const browser = await openBrowser();
let failed: boolean;
try {
  const { page } = await watchPage(browser, app.url);
  page.setDefaultTimeout(20_000);
  await page.addInitScript(watchScript);
  const figures = {
    'first page, just started': await timed(() => openFirst(page)),
    'first page': await timed(() => openFirst(page)),
    'list, its first 50': await timed(() => openList(page)),
    'the next 50': await timed(async () => {
      await page.getByRole('button', { name: 'Show more' }).click();
      await page.locator('tbody tr').nth(99).waitFor();
    }),
    'found by its prompt': await timed(() => find(page, `prompt=${wanted.prompt}`)),
    'found by its trace id': await timed(() => find(page, `trace=${wanted.traceId}`)),
  };
  const shifts = await page.evaluate<number>('window.shift');
  const changesMs = await measureChanges(page);
  const middle = changesMs[Math.floor(changesMs.length / 2)]!;
  console.log(`\n${generations.toLocaleString('en')} generations; ms unless told otherwise`);
  for (const [name, ms] of Object.entries(figures)) console.log(name.padEnd(40), Math.round(ms));
  console.log('a change of one row, 100 shown, median'.padEnd(40), middle.toFixed(1));
  console.log('the slowest of them'.padEnd(40), changesMs.at(-1)!.toFixed(1));
  console.log('layout shift (CLS) of a page with a list'.padEnd(40), shifts.toFixed(3));
  failed = middle > changeLimitMs || shifts > shiftLimit;
} finally {
  await browser.close();
  await app.stop();
  await drop();
}
process.exit(failed ? 1 : 0);

/** Gives one of a month ago a prompt and a trace id that no other has. */
async function hideOne(): Promise<void> {
  await client.query(
    `UPDATE video_generation SET prompt = $1, trace_id = $2 WHERE id = (
       SELECT id FROM video_generation
       WHERE created_at < now() - interval '30 days' AND status = 'SUCCEEDED'
       ORDER BY created_at DESC LIMIT 1)`,
    [wanted.prompt, wanted.traceId],
  );
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}

/** Until its menu can be used. */
async function openFirst(page: Page): Promise<void> {
  await page.goto(`${app.url}/console`);
  await page.getByRole('link', { name: 'Generations' }).click({ trial: true });
}

async function openList(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Generations' }).click();
  await page.locator('tbody tr').nth(49).waitFor();
}

/** As from an address that somebody sent, with loading the page. */
async function find(page: Page, search: string): Promise<void> {
  await page.goto(`${app.url}/console/generations?${search}`);
  await page.getByRole('link', { name: wanted.prompt }).waitFor();
}

/** Has rows that are shown cancelled, one after the other. */
async function measureChanges(page: Page): Promise<number[]> {
  await openFirst(page);
  await openList(page);
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.locator('tbody tr').nth(99).waitFor();
  const queued = `{ generations(first: ${changes}, filter: { status: QUEUED }) { nodes { id } } }`;
  const { nodes } = (await ask(app, queued)).generations as { nodes: { id: string }[] };
  const cancel = `mutation ($id: ID!) { cancelVideoGeneration(id: $id) { userErrors { code } } }`;
  for (const [index, { id }] of nodes.entries()) {
    await ask(app, cancel, { id });
    // Its content security policy forbids what waitForFunction does.
    for (let tries = 0; tries < 200; tries += 1) {
      if (await page.evaluate<boolean>(`window.changesMs.length > ${index}`)) break;
      await page.waitForTimeout(20);
    }
  }
  return (await page.evaluate<number[]>('window.changesMs')).sort((a, b) => a - b);
}

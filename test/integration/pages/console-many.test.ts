import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApp, type App } from '../../../src/app.ts';
import { loadConfig } from '../../../src/config.ts';
import { openDatabase } from '../../../src/database/database.ts';
import { createLogger } from '../../../src/logger.ts';
import { buildConsole } from '../../support/console.ts';
import { inBrowser, startBrowser } from '../../support/console-pages.ts';
import { createServerDatabase, silent, testDataDirectory } from '../../support/database.ts';
import { fillWithGenerations } from '../../support/many-generations.ts';

const wanted = { prompt: 'A zebra that nobody else asked for', traceId: 'trace-of-last-month' };

/**
 * So many that the one of last month lies beyond what is read in order or counted; bench:console has ten
 * times as many. The embedded database is for fewer.
 */
const onServer = globalThis.databaseUrl === undefined ? describe.skip : inBrowser;

onServer('of 100,000 generations', () => {
  const openPage = startBrowser();
  let app: App;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    const made = await createServerDatabase({ migrated: true });
    drop = made.drop;
    await Promise.all([buildConsole(), fillWithGenerations(made.url, 100_000, wanted)]);
    const database = await openDatabase({ url: made.url, dataDir: '', logger: silent });
    app = await startApp(
      loadConfig({ PORT: '0', DATA_DIR: testDataDirectory }),
      createLogger('silent'),
      {
        database,
        runWorker: false,
      },
    );
  });
  afterAll(async () => {
    await app.stop();
    await drop();
  });

  test.each([
    ['its prompt', { prompt: 'zebra that nobody' }],
    ['its trace id', { trace: wanted.traceId }],
  ])('one of last month is found by %s', async (_by, search) => {
    const { page, complaints } = await openPage(app.url);
    await page.goto(`${app.url}/console/generations?${new URLSearchParams(search).toString()}`);
    await page.getByText('1 generation', { exact: true }).waitFor();
    await page.getByRole('link', { name: wanted.prompt }).click();
    await page.getByRole('heading', { name: 'What happened' }).waitFor();
    await page.getByText(wanted.traceId).first().waitFor();
    expect(complaints).toEqual([]);
  });

  test('all are listed, the newest first, and the next ones after them', async () => {
    const { page, complaints } = await openPage(app.url);
    await page.goto(`${app.url}/console/generations`);
    await page.locator('tbody tr').nth(49).waitFor();
    await page.getByText(/^More than [\d,]+ generations$/).waitFor();
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.locator('tbody tr').nth(99).waitFor();
    expect(complaints).toEqual([]);
  });
});

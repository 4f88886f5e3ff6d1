import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { ask, barriersOn, makeVideo, readManifest, signIn } from '../../support/console.ts';
import { ServerProxy } from '../../support/server-proxy.ts';
import { until } from '../../support/until.ts';
import { inBrowser, startBrowser, startConsoles } from '../../support/console-pages.ts';

const consoles = startConsoles();

inBrowser('in a browser', () => {
  const openPage = startBrowser();

  test('an uncertain one is settled after a dialog that says what it comes to, once', async () => {
    const ids = [
      await makeVideo(consoles.closed, { prompt: 'Lost #sim:submit-reset' }, consoles.keys.admin),
      await makeVideo(
        consoles.closed,
        { prompt: 'Lost too #sim:submit-reset' },
        consoles.keys.admin,
      ),
    ];
    const { page } = await openPage(consoles.closed.url);
    const dialog = page.getByRole('dialog');
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.postData() ?? ''));
    // One is sent once more, and lost again: both may have to be paid.
    const ofOne = `query ($id: ID!) { generation(id: $id) { version status attempts } }`;
    const stateOf = async (id?: string) =>
      (await ask(consoles.closed, ofOne, { id }, consoles.keys.admin)).generation;
    const isLost = (attempts: number) =>
      until(async () => {
        const now = await stateOf(ids[0]);
        return now.status === 'UNCERTAIN' && now.attempts === attempts;
      });
    await isLost(1);
    const { version } = await stateOf(ids[0]);
    const resubmit = `mutation ($id: ID!, $version: Int!) {
      resubmitVideoGeneration(id: $id, version: $version) { userErrors { message } }
    }`;
    await ask(consoles.closed, resubmit, { id: ids[0], version }, consoles.keys.admin);
    await isLost(2);
    const uncertain = `${consoles.closed.url}/console/generations?status=UNCERTAIN`;
    await signIn(page, uncertain, consoles.keys.admin);
    await page.getByText('2 generations').waitFor();
    await page.getByLabel('Choose all that are shown').check();
    await page.getByRole('button', { name: 'Retry (2)' }).click();
    await dialog.getByText('at worst $1.40 together, for 5 that were sent').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Uncertain', exact: true }).click();
    await page.getByText('2 wait for a decision').waitFor();
    await page.getByText('$0.56', { exact: true }).waitFor();
    await page.getByText('Costs $0.28; at worst $0.84, for 3 that were sent.').waitFor();
    await page.getByRole('button', { name: 'It was not created' }).click();
    await dialog.getByText('Costs nothing by itself.').waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'It was not created' }).dblclick();
    await page.getByText('1 waits for a decision').waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('page');
    await page.getByText(/^Declared not created .* by chief/).waitFor();
    expect(sent.filter((body) => body.includes('declareVideoGenerationNotCreated')).length).toBe(1);

    // Meanwhile somebody else decides: what was seen is not decided about any more.
    await page.getByRole('link', { name: 'Lost too' }).click();
    await page.getByRole('button', { name: 'Retry' }).click();
    await dialog
      .getByText('accepted before is paid as well. Costs $0.28; at worst $0.56')
      .waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Send again, perhaps pay twice' }).click();
    await dialog.getByText('Costs $0.28; at worst $0.56').waitFor();
    const settle = `mutation ($id: ID!, $version: Int!) {
      declareVideoGenerationNotCreated(id: $id, version: $version) { userErrors { message } }
    }`;
    const seen = await stateOf(ids[1]);
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('mutation Resubmit')) {
        const variables = { id: ids[1], version: seen.version };
        await ask(consoles.closed, settle, variables, consoles.keys.admin);
      }
      await route.continue();
    });
    await dialog.getByRole('button', { name: 'Send it again' }).click();
    await page.getByText(/This was settled at .* by chief/).waitFor();
    await page.unroute('**/graphql');

    // It was created after all: its task is attached.
    await page.getByRole('button', { name: 'Follow the task at MiniMax' }).click();
    await dialog.getByLabel('MiniMax’s id of the task').fill('no id!');
    await dialog.getByRole('button', { name: 'Follow it' }).click();
    await dialog.getByText('A task id is the number that MiniMax shows').waitFor();
    await page.keyboard.press('Escape');
    const states = await Promise.all(ids.map(stateOf));
    expect(states.map(({ status, attempts }) => [status, attempts])).toEqual([
      ['FAILED', 2],
      ['FAILED', 1],
    ]);
  });

  test('what becomes of an uncertain one is shown, whoever decides, and what comes after its end', async () => {
    const id = await makeVideo(consoles.open, { prompt: 'Lost and found #sim:submit-reset' });
    const { page, complaints } = await openPage(consoles.open.url);
    await page.goto(`${consoles.open.url}/console/generations/${id}`);
    await page.getByRole('button', { name: 'It was not created' }).waitFor();
    const asked = await ask(consoles.open, `query ($id: ID!) { generation(id: $id) { version } }`, {
      id,
    });
    await ask(
      consoles.open,
      `mutation ($id: ID!, $version: Int!) {
        declareVideoGenerationNotCreated(id: $id, version: $version) { userErrors { message } }
      }`,
      { id, version: asked.generation.version },
    );
    await page.getByText('Failed', { exact: true }).first().waitFor();
    expect(await page.getByRole('button', { name: 'It was not created' }).count()).toBe(0);
    await ask(
      consoles.open,
      `mutation ($id: ID!) { redactVideoGeneration(id: $id, reason: "asked for") { userErrors { message } } }`,
      { id },
    );
    await page.getByText('(removed for good)').first().waitFor();
    expect(await page.getByText('Lost and found').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('what fails in passing is told and asked again, also behind a proxy with a page of its own', async () => {
    const id = await makeVideo(consoles.open, { prompt: 'Asked again' });
    const { page } = await openPage(consoles.open.url);
    const starting = {
      message: 'The service is starting.',
      extensions: { code: 'SERVICE_UNAVAILABLE' },
    };
    let answer: object | null = { status: 503, json: { errors: [starting] } };
    await page.route('**/graphql', async (route) => {
      const isMe = /query Me\b/.test(route.request().postData() ?? '');
      await (answer === null || isMe ? route.continue() : route.fulfill(answer));
    });
    await page.clock.install();
    const answerAgain = async () => {
      answer = null;
      await page.clock.fastForward('00:02');
    };
    for (const [path, shows] of [
      ['/generations', 'Asked again'],
      [`/generations/${id}`, 'What happened'],
      ['/keys', 'There is no key yet'],
    ] as const) {
      answer = { status: 503, json: { errors: [starting] } };
      await page.goto(`${consoles.open.url}/console${path}`);
      await page.getByText('It is being tried again.').first().waitFor();
      await answerAgain();
      await page.getByText(shows).first().waitFor();
      await page.getByText('It is being tried again.').first().waitFor({ state: 'detached' });
    }
    answer = { status: 503, contentType: 'text/html', body: '<h1>Bad</h1>' };
    await page.goto(`${consoles.open.url}/console/keys`);
    await page.getByText('The service has not answered since').waitFor();
    await answerAgain();
    await page.getByText('There is no key yet').waitFor();
    await page.getByText('The service has not answered since').waitFor({ state: 'hidden' });
  });

  test('a browser whose clock is wrong is told of what is new and of what changes', async () => {
    await makeVideo(consoles.open, { prompt: 'Here before the hour' });
    const proxy = await ServerProxy.start(consoles.open.url);
    const { origin } = new URL(proxy.url);
    const { page } = await openPage(origin);
    await page.clock.install({ time: Date.now() + 3_600_000 });
    await page.goto(`${origin}/console/generations`);
    const first = page.locator('tbody tr').first();
    await first.getByText('Here before the hour').waitFor();
    const id = await makeVideo(consoles.open, { prompt: 'An hour early #sim:submit-1002' });
    const bar = page.getByRole('button', { name: '1 new: show it' });
    await bar.waitFor();
    await bar.click();
    await first.getByText('An hour early').waitFor();
    // What happens while the line is cut is not missed either.
    proxy.cut();
    await ask(
      consoles.open,
      `mutation ($id: ID!) { cancelVideoGeneration(id: $id) { userErrors { code } } }`,
      { id },
    );
    await first.getByText('Cancelled').waitFor();
    await proxy.close();
  });

  test('an auditor filters the log, exports what is shown, and has the chain verified', async () => {
    const { page } = await openPage(consoles.closed.url);
    await signIn(
      page,
      `${consoles.closed.url}/console/audit?action=API_KEY_CREATED`,
      consoles.keys.auditor,
    );
    await page.locator('tbody tr').nth(2).waitFor();
    const rows = await page.locator('tbody tr').count();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export NDJSON' }).click(),
    ]);
    const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { action: string }).action)).toEqual(
      Array.from({ length: rows }, () => 'API_KEY_CREATED'),
    );
    await page.getByRole('button', { name: 'Verify now' }).click();
    await page.getByText('Nothing was altered.').waitFor();

    const id = await makeVideo(consoles.closed, { prompt: 'Altered' }, consoles.keys.admin);
    await page.route('**/graphql', async (route) => {
      if (!route.request().postData()?.includes('query VerifyAudit')) return await route.continue();
      const response = await route.fetch();
      const json = await response.json();
      const where = { generationId: id, sequence: 5, eventId: null, detail: null };
      const firstBad = { reason: 'EVENTS_MISSING_AT_END', ...where };
      Object.assign(json.data.verifyAuditLog, { ok: false, firstBad });
      await route.fulfill({ response, json });
    });
    await page.getByRole('button', { name: 'Verify now' }).click();
    const alarm = page.getByRole('status').filter({ hasText: 'Something was altered.' });
    await alarm.getByText('The event with this number, and any after it, were removed.').waitFor();
    await alarm
      .getByText('Number of the event')
      .locator('xpath=following::dd[1]/self::*[.="5"]')
      .waitFor();
    await alarm.getByText('docs/audit.md').waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await alarm.getByRole('link', { name: id }).click();
    await page.waitForURL(`**/console/generations/${id}`);
  });

  test('when the service goes away the page says so, and goes on by itself when it is back', async () => {
    await makeVideo(consoles.open, { prompt: 'Made before' });
    const proxy = await ServerProxy.start(consoles.open.url);
    const { port, origin } = new URL(proxy.url);
    const { page } = await openPage(origin);
    await page.goto(`${origin}/console/generations`);
    await page.locator('tbody tr').first().waitFor();
    // The other pages come when the first is there.
    const { file } = (await readManifest())['src/pages/accounts/page.tsx']!;
    const isThere = `performance.getEntriesByType('resource').some(({ name }) => name.endsWith('${file}'))`;
    while (!(await page.evaluate(isThere))) await page.waitForTimeout(50);
    const strip = page.getByText('The service has not answered since');
    await proxy.close();
    await strip.waitFor();
    await page.getByRole('link', { name: 'Accounts' }).click();
    await page.getByRole('heading', { name: 'Accounts' }).waitFor();
    await page.getByRole('link', { name: 'Generations' }).click();
    await makeVideo(consoles.open, { prompt: 'Made meanwhile' });
    const again = await new ServerProxy(consoles.open.url).listen(Number(port));
    try {
      await page.getByText('Made meanwhile').first().waitFor();
      await strip.waitFor({ state: 'hidden' });
    } finally {
      await again.close();
    }
  });
});

import { expect, test } from '@jest/globals';
import {
  ask,
  barriersOn,
  harmOn,
  makeVideo,
  showHostileAnswers,
  signIn,
  startConsoleApp,
} from '../../support/console.ts';
import { inBrowser, startBrowser, startConsoles } from '../../support/console-pages.ts';

const consoles = startConsoles();

inBrowser('in a browser', () => {
  const openPage = startBrowser();

  test('a filter stands in the address, holds after a reload, and keys lead through the list', async () => {
    const rare = `Rare ${Date.now()}`;
    const ids = [
      await makeVideo(consoles.open, { prompt: `${rare} first` }),
      await makeVideo(consoles.open, { prompt: `${rare} second` }),
    ];
    const { page } = await openPage(consoles.open.url);
    await page.goto(`${consoles.open.url}/console/generations`);
    await page.getByText('first').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type(rare);
    await page.keyboard.press('Enter');
    await page.getByText('2 generations').waitFor();
    expect(new URL(page.url()).searchParams.get('prompt')).toBe(rare);

    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('checkbox', { name: 'Attempts' }).check();
    expect(await barriersOn(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('checkbox', { name: 'Attempts' }).waitFor({ state: 'hidden' });
    await page.getByRole('columnheader', { name: 'Attempts' }).waitFor();
    await page.getByRole('button', { name: /^More filters/ }).click();
    await page.getByLabel('MiniMax’s code').fill('abc');
    await page.keyboard.press('Enter');
    await page.getByText('A whole number, such as 1026').waitFor();
    expect(new URL(page.url()).searchParams.has('code')).toBe(false);
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole('button', { name: 'Views' }).click();
    await page.getByRole('menuitem', { name: 'Save this view …' }).waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.keyboard.press('Escape');

    await page.reload();
    await page.getByText('2 generations').waitFor();
    await page.locator('tbody tr').nth(1).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.locator('tbody tr[aria-current]').getByText('first').waitFor();
    await page.keyboard.press('k');
    await page.locator('tbody tr[aria-current]').getByText('second').waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/console/generations/${ids[1]}`);
  });

  test('of a filter that is refused no rows are shown, not those before', async () => {
    await makeVideo(consoles.open, { prompt: 'Of no filter' });
    const { page } = await openPage(consoles.open.url);
    await page.goto(`${consoles.open.url}/console/generations`);
    await page.getByText('Of no filter').first().waitFor();
    const refusal = { message: 'Not so.', extensions: { code: 'BAD_USER_INPUT' } };
    await page.route('**/graphql', (route) => route.fulfill({ json: { errors: [refusal] } }));
    await page.keyboard.press('/');
    await page.keyboard.type('refused');
    await page.keyboard.press('Enter');
    await page.getByText('Not so.').waitFor();
    expect(await page.locator('tbody tr').count()).toBe(0);
    expect(await page.getByText(/\d generations?$/).count()).toBe(0);
  });

  test('new ones are announced and push no row away until they are asked for', async () => {
    const { page } = await openPage(consoles.open.url);
    await makeVideo(consoles.open, { prompt: 'Here before' });
    await page.goto(`${consoles.open.url}/console/generations`);
    const first = page.locator('tbody tr').first();
    await first.getByText('Here before').waitFor();
    await first.getByText('Succeeded').waitFor();
    await makeVideo(consoles.open, { prompt: 'Newly made' });
    const bar = page.getByRole('button', { name: '1 new: show it' });
    await bar.waitFor();
    expect(await first.innerText()).toContain('Here before');
    await page.keyboard.press('j');
    await bar.click();
    await first.getByText('Newly made').waitFor();
    // What a key does next is done to the row that was gone to.
    await page.locator('tbody tr[aria-current]').getByText('Here before').waitFor();
  });

  test('a kept video shows its first picture while its row is in view, and does not play', async () => {
    const id = await makeVideo(consoles.open, { prompt: 'Seen at a glance' });
    const { page, complaints, foreign } = await openPage(consoles.open.url);
    await page.goto(`${consoles.open.url}/console/generations?id=${id}`);
    const poster = page.locator('tbody video');
    await poster.waitFor();
    const isRead = `document.querySelector('tbody video').videoWidth > 0`;
    while (!(await page.evaluate(isRead))) await page.waitForTimeout(50);
    const seen = await page.evaluate(`(({ muted, autoplay, paused, preload, currentSrc }) => [
      muted, autoplay, paused, preload, currentSrc,
    ])(document.querySelector('tbody video'))`);
    const ours = expect.stringContaining(`${consoles.open.url}/media/videos/${id}.mp4?`);
    expect(seen).toEqual([true, false, true, 'metadata', ours]);
    await page.getByRole('img', { name: 'First picture of the video' }).waitFor();
    // As when its row is scrolled away.
    await page.setViewportSize({ width: 1280, height: 120 });
    await poster.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    expect(foreign).toEqual([]);
  });

  test('a video that was not to be kept is kept when it is asked for', async () => {
    const app = await startConsoleApp({ MEDIA_KEEP_VIDEOS: 'off' });
    try {
      const id = await makeVideo(app, { prompt: 'Wanted after all' });
      const { page, complaints } = await openPage(app.url);
      await page.goto(`${app.url}/console/generations/${id}`);
      await page.getByText('Was not to be kept').waitFor();
      await page.getByRole('button', { name: 'Keep video' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText('The video is fetched from MiniMax').waitFor();
      expect(await barriersOn(page)).toEqual([]);
      await dialog.getByRole('button', { name: 'Keep video' }).click();
      await page.getByText('Kept', { exact: true }).waitFor();
      await page.getByText('Video keeping requested').waitFor();
      expect(await page.getByRole('button', { name: 'Keep video' }).count()).toBe(0);
      expect(complaints).toEqual([]);
    } finally {
      await app.stop();
    }
  });

  test('many are chosen, what it costs is said first, and each is done or says why not', async () => {
    const tag = `many, or ${Date.now()}`;
    const ids = [
      await makeVideo(consoles.open, { prompt: 'One #sim:submit-1026', tags: [tag] }),
      await makeVideo(consoles.open, { prompt: 'Two #sim:submit-1026', tags: [tag] }),
    ];
    const { page } = await openPage(consoles.open.url);
    await page.goto(`${consoles.open.url}/console/generations`);
    await page.getByRole('button', { name: /^More filters/ }).click();
    await page.getByRole('combobox', { name: 'Tag' }).fill(tag);
    await page.keyboard.press('Enter');
    await page.getByText('2 generations').waitFor();
    await page.getByRole('button', { name: 'Clear', exact: true }).hover();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByLabel('Choose all that are shown').check();
    // Meanwhile somebody else has retried one: it is not made twice.
    await ask(
      consoles.open,
      `mutation ($id: ID!) { retryVideoGeneration(id: $id) { userErrors { message } } }`,
      { id: ids[0] },
    );
    const retry = page.getByRole('button', { name: 'Retry (2)' });
    await retry.click();
    await page.getByText('each paid for anew. List price together: $0.56.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Retry (2)');
    await retry.click();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
    await page.getByText('2 done, 0 refused').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
    await page.getByText('4 generations').waitFor();

    await page.getByLabel('Choose all that are shown').check();
    await page.getByRole('button', { name: 'Redact (4)' }).click();
    await page.getByLabel('Reason, for the audit log').fill('asked for');
    await page.getByRole('dialog').getByRole('button', { name: 'Redact' }).click();
    await page.getByText('4 done, 0 refused').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
    // Their tags are gone with their prompts.
    await page.getByText('Nothing matches these filters').waitFor();
  });

  test('what is done with many can be stopped, and ends by itself when nothing answers', async () => {
    const tag = `stopped-${Date.now()}`;
    for (const name of ['One', 'Two', 'Three'])
      await makeVideo(consoles.open, { prompt: `${name} #sim:submit-1026`, tags: [tag] });
    const { page } = await openPage(consoles.open.url);
    let answer: 'late' | 'none' = 'late';
    let sent = 0;
    await page.route('**/graphql', async (route) => {
      if (!route.request().postData()?.includes('mutation Retry')) return await route.continue();
      sent += 1;
      if (answer === 'none') return await route.abort();
      await new Promise((resolve) => setTimeout(resolve, 500));
      await route.continue();
    });
    const dialog = page.getByRole('dialog');
    const begin = async () => {
      await page.goto(
        `${consoles.open.url}/console/generations?tag=${tag}&status=FAILED&order=oldest`,
      );
      await page.getByText('#sim:submit-1026').nth(2).waitFor();
      await page.getByLabel('Choose all that are shown').check();
      await page.getByRole('button', { name: /^Retry/ }).click();
      await dialog.getByRole('button', { name: 'Retry' }).click();
    };
    // Whoever presses Escape does not want it to go on unseen.
    await begin();
    await dialog.getByRole('button', { name: 'Stop' }).waitFor();
    await page.keyboard.press('Escape');
    await dialog.getByText('1 done, 0 refused, 2 not begun').waitFor();
    expect(sent).toBe(1);

    answer = 'none';
    await begin();
    await dialog.getByText(/^0 done, 0 refused, 1 not known, \d not begun$/).waitFor();
    await dialog.getByText('One #sim:submit-1026: Whether what you did came through').waitFor();
    expect(sent).toBe(2);
  });

  test('all that are old enough are redacted, after it was told how many and for good', async () => {
    const old = await makeVideo(
      consoles.closed,
      { prompt: 'Old #sim:submit-1026' },
      consoles.keys.client,
    );
    const { page } = await openPage(consoles.closed.url);
    await signIn(
      page,
      `${consoles.closed.url}/console/generations?caller=shop`,
      consoles.keys.admin,
    );
    await page.getByRole('button', { name: 'Redact old ones …' }).click();
    const dialog = page.getByRole('dialog');
    const confirm = dialog.getByRole('button', { name: 'Redact them for good' });
    await dialog.getByLabel('Only of this caller').fill('shop');
    await dialog.getByText('0 are so old').waitFor();
    await dialog.getByLabel('Older than so many days').fill('0');
    await dialog.getByText('1 is so old').waitFor();
    await dialog.getByText('this cannot be undone').waitFor();
    expect(await confirm.isDisabled()).toBe(true);
    await dialog.getByLabel('Reason, for the audit log').fill('their contract ended');
    expect(await barriersOn(page)).toEqual([]);
    await confirm.dblclick();
    await dialog.getByText('1 was redacted.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByText('(removed for good)').waitFor();
    const { generation } = await ask(
      consoles.closed,
      `query ($id: ID!) { generation(id: $id) { prompt events { action callerId detail } } }`,
      { id: old },
      consoles.keys.admin,
    );
    expect(generation.prompt).toBeNull();
    const redactions = generation.events.filter(
      ({ action }: { action: string }) => action === 'GENERATION_REDACTED',
    );
    expect(redactions).toHaveLength(1);
    expect(redactions[0]).toMatchObject({ callerId: 'chief' });
    expect(redactions[0].detail).toContain('their contract ended');
  });

  test('redacting old ones can be stopped, and says that there are more', async () => {
    const { page } = await openPage(consoles.open.url);
    let asked = 0;
    let answer = () => {};
    const asking = new Promise<void>((resolve) => {
      void page.route('**/graphql', async (route) => {
        if (!route.request().postData()?.includes('redactVideoGenerations('))
          return route.continue();
        asked++;
        resolve();
        await new Promise<void>((done) => (answer = done));
        const done = { redacted: 200, hasMore: true, userErrors: [] };
        await route.fulfill({ json: { data: { redactVideoGenerations: done } } });
      });
    });
    await page.goto(`${consoles.open.url}/console/generations`);
    await page.getByRole('button', { name: 'Redact old ones …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Older than so many days').fill('0');
    await dialog.getByLabel('Reason, for the audit log').fill('their contract ended');
    await dialog.getByRole('button', { name: 'Redact them for good' }).click();
    await asking;
    await dialog.getByRole('button', { name: 'Stop' }).click();
    answer();
    await dialog.getByText('200 were redacted.').waitFor();
    await dialog.getByText('Stopped: there are more.').waitFor();
    expect(asked).toBe(1);
  });

  test('what strangers wrote is shown as text everywhere', async () => {
    const endpoint = `mutation { createWebhookEndpoint(input: {
      url: "http://127.0.0.1:9/", events: [GENERATION_FAILED, GENERATION_UNCERTAIN] }) {
      webhookEndpoint { id } } }`;
    const { createWebhookEndpoint: made } = await ask(consoles.open, endpoint);
    const failed = await makeVideo(consoles.open, { prompt: '#sim:submit-1026', tags: ['one'] });
    await makeVideo(consoles.open, { prompt: '#sim:submit-reset' });
    const { page, complaints, foreign } = await openPage(consoles.open.url, {
      viewport: { width: 375, height: 780 },
    });
    await showHostileAnswers(page);
    const everything = 'model,output,caller,tenant,tags,failure,attempts,task,changed';
    const paths = [
      ...['', `/generations?columns=${everything}&id=${failed}`, `/generations/${failed}`],
      ...['/uncertain', '/audit', '/webhooks', '/accounts'],
    ];
    for (const path of paths) {
      await page.goto(`${consoles.open.url}/console${path}`);
      await page.getByText('gnp.exe').first().waitFor({ state: 'attached' });
      await page.waitForLoadState('networkidle');
      // What is behind a click as well.
      for (const raw of await page.getByRole('button', { name: /JSON|Body|as input/ }).all())
        await raw.click();
      expect([path, await harmOn(page)]).toEqual([path, []]);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect([path, width]).toEqual([path, 375]);
    }
    await page.goto(`${consoles.open.url}/console/uncertain`);
    await page.getByRole('button', { name: 'Send again, perhaps pay twice' }).click();
    await page.getByRole('dialog').getByText('gnp.exe').first().waitFor();
    expect(await harmOn(page)).toEqual([]);
    expect(complaints).toEqual([]);
    expect(foreign).toEqual([]);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    const remove = `mutation ($id: ID!) { deleteWebhookEndpoint(id: $id) }`;
    await ask(consoles.open, remove, { id: made.webhookEndpoint.id });
  });
});

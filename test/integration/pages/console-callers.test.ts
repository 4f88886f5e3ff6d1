import { expect, test } from '@jest/globals';
import { ask, barriersOn, makeVideo, signIn, startConsoleApp } from '../../support/console.ts';
import { startIssuer } from '../../support/issuer.ts';
import { until } from '../../support/until.ts';
import { inBrowser, startBrowser, startConsoles } from '../../support/console-pages.ts';

const consoles = startConsoles();

inBrowser('in a browser', () => {
  const openPage = startBrowser();

  test('open mode is told on every page, nobody else is asked, and axe finds no barrier', async () => {
    const ids = {
      done: await makeVideo(consoles.open, { prompt: 'A paper boat' }),
      failed: await makeVideo(consoles.open, { prompt: 'Too much #sim:submit-1026' }),
      uncertain: await makeVideo(consoles.open, { prompt: 'Lost #sim:submit-reset' }),
    };
    // The page of what is stored asks once.
    const kept = `{ generation(id: "${ids.done}") { archive { state } } }`;
    await until(
      async () => (await ask(consoles.open, kept)).generation.archive?.state === 'STORED',
      60_000,
    );
    const { page, complaints, foreign } = await openPage(consoles.open.url, {
      viewport: { width: 375, height: 780 },
    });
    const pages: [path: string, shows: string][] = [
      ['?days=abc', 'Spend by day (UTC)'],
      ['/generations?status=FAILED,UNCERTAIN', 'Too much #sim:submit-1026'],
      [`/generations/${ids.done}`, 'What happened'],
      [`/generations/${ids.failed}`, 'MiniMax says:'],
      [`/generations/${ids.uncertain}`, 'Nobody knows whether MiniMax accepted it'],
      ['/make', 'What becomes of it'],
      ['/uncertain', 'Send it again'],
      ['/audit', 'Generation created'],
      ['/webhooks', 'No endpoint yet'],
      ['/keys', 'There is no key yet'],
      ['/accounts', 'Balance at MiniMax'],
      ['/media', 'Their size together'],
      ['/settings', 'MINIMAX_RPM'],
      ['/nothing/here', 'There is no such page'],
    ];
    for (const [index, [path, shows]] of pages.entries()) {
      // One in light, one in dark colours.
      await page.emulateMedia({ colorScheme: index % 2 ? 'dark' : 'light' });
      await page.goto(`${consoles.open.url}/console${path}`);
      await page.getByText(shows).first().waitFor();
      await page.getByRole('note').getByText('Open mode').waitFor();
      expect([path, await barriersOn(page)]).toEqual([path, []]);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect([path, width]).toEqual([path, 375]);
    }

    // As with a thousand callers, and more: few at first, and what is left out is said.
    await page.route('**/graphql', async (route) => {
      const response = await route.fetch();
      const json = await response.json();
      const stats = json.data?.generationStats;
      const [one] = stats?.groups ?? [];
      if (one?.callerId) {
        const callers = Array.from({ length: 1_000 }, (_, n) => ({ ...one, callerId: `c${n}` }));
        Object.assign(stats, { groups: callers, hasMoreGroups: true });
      }
      await route.fulfill({ response, json });
    });
    await page.goto(`${consoles.open.url}/console`);
    await page.getByText('Only the 1,000 largest are told').waitFor();
    const callers = page.getByRole('table', { name: 'By caller' }).locator('tbody tr');
    expect(await callers.count()).toBe(50);
    await page.getByRole('button', { name: 'Show more' }).click();
    await callers.nth(99).waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    expect(complaints).toEqual([]);
    expect(foreign).toEqual([]);
  });

  test('each role sees its pages and its buttons; the key is nowhere but in memory', async () => {
    const id = await makeVideo(
      consoles.closed,
      { prompt: 'The boat of the chief' },
      consoles.keys.admin,
    );
    const seen: Record<string, unknown> = {};
    for (const role of ['client', 'auditor', 'admin'] as const) {
      const opened = await openPage(consoles.closed.url);
      const { page } = opened;
      await signIn(page, `${consoles.closed.url}/console/generations`, consoles.keys[role]);
      await page.getByText(/generations?$/).waitFor();
      const links = await page.getByRole('navigation').getByRole('link').allInnerTexts();
      await page.goto(`${consoles.closed.url}/console/generations/${id}`);
      // A load forgets the key.
      await signIn(page, page.url(), consoles.keys[role]);
      await page.getByText(/What happened|does not exist/).waitFor();
      seen[role] = {
        links,
        isFound: await page.getByText('The boat of the chief').isVisible(),
        mayMake: await page.getByRole('button', { name: 'Redact' }).isVisible(),
      };
      const kept = await page.evaluate(`JSON.stringify([
        { ...localStorage }, { ...sessionStorage }, document.cookie, location.href,
      ])`);
      expect(kept).not.toContain(consoles.keys[role]);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'Reelgraph' }).waitFor();
      expect(await page.getByText('The boat of the chief').count()).toBe(0);
      await opened.close();
    }
    const everybodys = ['Overview', 'Generations'];
    const readers = ['Uncertain', 'Audit log', 'Webhooks'];
    expect(seen).toEqual({
      client: {
        links: [...everybodys, 'Make a video', 'Webhooks', 'Media'],
        isFound: false,
        mayMake: false,
      },
      auditor: {
        links: [...everybodys, ...readers, 'Accounts', 'Media'],
        isFound: true,
        mayMake: false,
      },
      admin: {
        links: [
          ...everybodys,
          'Make a video',
          ...readers,
          'API keys',
          'Accounts',
          'Media',
          'Settings',
        ],
        isFound: true,
        mayMake: expect.any(Boolean),
      },
    });
  });

  test('a page that the role may not see says so, and offers nothing', async () => {
    const { page } = await openPage(consoles.closed.url);
    for (const [role, path] of [
      ['client', 'keys'],
      ['client', 'audit'],
      ['auditor', 'make'],
    ] as const) {
      await signIn(page, `${consoles.closed.url}/console/${path}`, consoles.keys[role]);
      await page.getByText('Your role does not allow this.').waitFor();
      expect([path, await page.locator('#page').getByRole('button').count()]).toEqual([path, 0]);
    }
  });

  test('somebody signs in at an issuer and comes back to the page that was asked for', async () => {
    const issuer = await startIssuer();
    const client = { OIDC_CONSOLE_CLIENT_ID: 'console' };
    const oidc = { OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: 'reelgraph', ...client };
    const app = await startConsoleApp(oidc);
    try {
      const { page, complaints } = await openPage(app.url, { also: issuer.url });
      await page.goto(`${app.url}/console/generations?status=FAILED`);
      await page.getByRole('button', { name: `Sign in at ${new URL(issuer.url).host}` }).click();
      await page.getByText('alice · Client').waitFor();
      await page.getByText('Nothing matches these filters').waitFor();
      expect(page.url()).toBe(`${app.url}/console/generations?status=FAILED`);
      const kept = await page.evaluate('JSON.stringify({ ...sessionStorage, ...localStorage })');
      expect(kept).not.toMatch(/verifier|eyJ/);
      expect(complaints).toEqual([]);

      // A token that ends is exchanged for the next; where none is given, one signs in again and comes
      // back to the same page.
      const signInAgain = async () => {
        await page.getByRole('button', { name: /^Sign in at/ }).click();
        await page.getByText('alice · Client').waitFor();
        expect(page.url()).toBe(`${app.url}/console/generations?status=FAILED`);
      };
      issuer.refresh.given = true;
      await page.clock.install();
      await page.reload();
      await signInAgain();
      const [renewal] = await Promise.all([
        page.waitForResponse(`${app.url}/console/token`),
        page.clock.fastForward('04:45'),
      ]);
      expect(renewal.status()).toBe(200);
      expect(issuer.refresh.used).toBe(1);
      await page.getByRole('link', { name: 'Overview' }).waitFor();
      expect(page.url()).toBe(`${app.url}/console/generations?status=FAILED`);
      const held = await page.evaluate('JSON.stringify({ ...sessionStorage, ...localStorage })');
      expect(held).not.toContain('token');
      issuer.refresh.given = false;
      const refusal = { message: 'No.', extensions: { code: 'UNAUTHENTICATED' } };
      await page.route('**/graphql', (route) =>
        route.fulfill({ status: 401, json: { errors: [refusal] } }),
      );
      // What the page asks from time to time it asks when the answer before has come.
      await until(async () => {
        await page.clock.fastForward('00:30');
        return await page.getByText('Your key is not accepted any more.').isVisible();
      });
      // The browser's own word about it.
      for (const complaint of complaints.splice(0)) expect(complaint).toContain('401');
      await page.unroute('**/graphql');
      await signInAgain();
      expect(complaints).toEqual([]);

      // Somebody else's answer is not taken.
      await page.goto(`${app.url}/console/signed-in?code=stolen&state=other`);
      await page.getByText('The sign-in at the identity provider did not work.').waitFor();
      const response = await fetch(`${app.url}/console/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ code: 'stolen', verifier: 'x', redirectUri: app.url }),
      });
      expect(response.status).toBe(401);
    } finally {
      await app.stop();
      await issuer.close();
    }
  });

  test('a key that is no key is refused with what to do, and the page has no barrier', async () => {
    const { page } = await openPage(consoles.closed.url);
    await page.goto(`${consoles.closed.url}/console`);
    await page.getByLabel('API key', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This key is not valid').waitFor();
    expect(await barriersOn(page)).toEqual([]);
  });

  test('a key is made, used, revoked and refused', async () => {
    const { page } = await openPage(consoles.closed.url);
    await signIn(page, `${consoles.closed.url}/console/keys`, consoles.keys.admin);
    await page.getByRole('button', { name: 'Make a key' }).click();
    await page.getByLabel('Caller').fill('partner');
    expect(await barriersOn(page)).toEqual([]);
    // Whoever goes on pressing Enter opens nothing beside the secret.
    const dialog = page.getByRole('dialog');
    while (!(await dialog.locator('pre').isVisible())) await page.keyboard.press('Enter');
    for (let more = 0; more < 5; more++) await page.keyboard.press('Enter');
    expect(await dialog.count()).toBe(1);
    const secret = await dialog.locator('pre').innerText();
    await dialog.getByRole('button', { name: 'I have kept it' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Make a key');

    const other = await openPage(consoles.closed.url);
    await signIn(other.page, `${consoles.closed.url}/console/generations`, secret);
    await other.page.getByText('partner · Client').waitFor();

    // The secret of one whose dialog was left meanwhile is shown all the same, and alone.
    let answer = () => {};
    await page.route('**/graphql', async (route) => {
      const isMade = route.request().postData()?.includes('mutation CreateKey');
      if (isMade) await new Promise<void>((done) => (answer = done));
      await route.continue();
    });
    await page.getByRole('button', { name: 'Make a key' }).click();
    await dialog.getByLabel('Caller').fill('late');
    await Promise.all([
      page.waitForRequest((request) => request.postData()?.includes('mutation CreateKey') === true),
      page.keyboard.press('Enter'),
    ]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Revoke: partner' }).click();
    answer();
    await dialog.getByText('The new key').waitFor();
    expect(await dialog.count()).toBe(1);
    await dialog.getByRole('button', { name: 'I have kept it' }).click();
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('Revoked').waitFor();
    // Whatever is asked next, by whichever part of the page.
    await other.page.keyboard.press('/');
    await other.page.keyboard.type('anything');
    await other.page.keyboard.press('Enter');
    await other.page.getByText('Your key is not accepted any more.').waitFor();
    await other.page.getByLabel('API key', { exact: true }).fill(secret);
    await other.page.getByRole('button', { name: 'Sign in' }).click();
    await other.page.getByText('This key is not valid').waitFor();
  });

  test('the first key ends open mode, and the page that made it goes on with it', async () => {
    const app = await startConsoleApp();
    try {
      const { page } = await openPage(app.url);
      await page.goto(`${app.url}/console/keys`);
      await page.getByRole('button', { name: 'Make a key' }).click();
      await page.getByLabel('Caller').fill('boss');
      await page.getByRole('dialog').getByRole('button', { name: 'Make a key' }).click();
      const secret = await page.getByRole('dialog').locator('pre').innerText();
      await page.getByRole('button', { name: 'I have kept it' }).click();
      await page.getByText('boss · Admin').waitFor();
      expect(await page.getByRole('note').count()).toBe(0);
      await page.reload();
      await signIn(page, page.url(), secret);
      await page.getByRole('button', { name: 'Revoke: boss' }).waitFor();
    } finally {
      await app.stop();
    }
  });
});

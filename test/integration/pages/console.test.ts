import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { App } from '../../../src/app.ts';
import { browserPath, openBrowser, watchPage, type WatchedPage } from '../../support/browser.ts';
import {
  ask,
  barriersOn,
  buildConsole,
  harmOn,
  makeKey,
  makeVideo,
  showHostileAnswers,
  signIn,
  startConsoleApp,
} from '../../support/console.ts';
import { aPng } from '../../support/images.ts';
import { startIssuer } from '../../support/issuer.ts';
import { ServerProxy } from '../../support/server-proxy.ts';
import { until } from '../../support/until.ts';

if (!browserPath) {
  process.stderr.write(
    '\nNO BROWSER: the console is NOT tested in one. Install Chromium or set CHROMIUM_PATH.\n\n',
  );
}
const inBrowser = browserPath ? describe : describe.skip;

/** Everybody is let in; and one that has keys. */
let open: App;
let closed: App;
let keys: Record<'admin' | 'auditor' | 'client', string>;
beforeAll(async () => {
  await buildConsole();
  [open, closed] = await Promise.all([
    startConsoleApp({ WEBHOOK_ALLOW_PRIVATE: 'on' }),
    startConsoleApp(),
  ]);
  const admin = await makeKey(closed, { callerId: 'chief', role: 'ADMIN' });
  keys = {
    admin,
    auditor: await makeKey(closed, { callerId: 'reader', role: 'AUDITOR' }, admin),
    client: await makeKey(closed, { callerId: 'shop', role: 'CLIENT' }, admin),
  };
});
afterAll(async () => {
  await Promise.all([open.stop(), closed.stop()]);
});

const folder = new URL('../../../dist/console/', import.meta.url);

/** What was built, by its sources. */
async function readManifest() {
  const text = await readFile(new URL('.vite/manifest.json', folder), 'utf8');
  return JSON.parse(text) as Record<string, { file: string; imports?: string[] }>;
}

const asBrowser = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('what is served', () => {
  test('a page for each address below /console, with a policy that lets no inline script run', async () => {
    for (const path of ['/console', '/console/', '/console/generations/some-id']) {
      const response = await fetch(open.url + path, { headers: asBrowser });
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('no-cache');
      const policy = response.headers.get('content-security-policy')!;
      expect(policy).toContain("default-src 'none'; script-src 'self';");
      expect(policy).toContain("connect-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      const html = await response.text();
      expect(html).toContain('<html lang="en">');
      expect(html).not.toMatch(/<script(?![^>]* src="\/console\/assets\/)/);
    }
  });

  test('scripts that browsers may keep for good, and nothing for a name that is none of them', async () => {
    const html = await (await fetch(`${open.url}/console`)).text();
    const [, script] = /src="([^"]+)"/.exec(html)!;
    const response = await fetch(open.url + script!);
    expect(response.headers.get('content-type')).toMatch(/javascript/);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    for (const path of ['nothing.js', '..%2Findex.html', '..%2F..%2Fmain.js']) {
      expect((await fetch(`${open.url}/console/assets/${path}`)).status).toBe(404);
    }
  });

  test('at most 350 KB of JavaScript for the first page', async () => {
    const manifest = await readManifest();
    const wanted = new Set<string>();
    const add = (name: string) => {
      if (wanted.has(name)) return;
      wanted.add(name);
      manifest[name]!.imports?.forEach(add);
    };
    // The start and the page that it opens with; its picture comes later.
    ['index.html', 'src/pages/overview/page.tsx'].forEach(add);
    const sizes = await Promise.all(
      [...wanted].map(async (name) => {
        return gzipSync(await readFile(new URL(manifest[name]!.file, folder))).length;
      }),
    );
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(350 * 1024);
  });

  test('videos may come from the bucket that their addresses lead on to', async () => {
    const bucket = { MEDIA_BUCKET: 'videos', MEDIA_ENDPOINT: 'http://127.0.0.1:9' };
    const keyPair = { MEDIA_ACCESS_KEY_ID: 'id', MEDIA_SECRET_ACCESS_KEY: 'secret' };
    const app = await startConsoleApp({ ...bucket, ...keyPair, MEDIA_REDIRECT: 'on' });
    try {
      const response = await fetch(`${app.url}/console`, { headers: asBrowser });
      const policy = response.headers.get('content-security-policy');
      expect(policy).toMatch(/media-src 'self' https: [^;]*http:\/\/127\.0\.0\.1:9;/);
    } finally {
      await app.stop();
    }
  });

  test('nothing where CONSOLE is off', async () => {
    const app = await startConsoleApp({ CONSOLE: 'off' });
    try {
      expect((await fetch(`${app.url}/console`, { headers: asBrowser })).status).toBe(404);
    } finally {
      await app.stop();
    }
  });
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

  async function openPage(origin: string, options: Parameters<typeof watchPage>[2] = {}) {
    watched = await watchPage(browser, origin, options);
    watched.page.setDefaultTimeout(20_000);
    return watched;
  }

  test('open mode is told on every page, nobody else is asked, and axe finds no barrier', async () => {
    const ids = {
      done: await makeVideo(open, { prompt: 'A paper boat' }),
      failed: await makeVideo(open, { prompt: 'Too much #sim:submit-1026' }),
      uncertain: await makeVideo(open, { prompt: 'Lost #sim:submit-reset' }),
    };
    const { page, complaints, foreign } = await openPage(open.url, {
      viewport: { width: 375, height: 780 },
    });
    const pages: [path: string, shows: string][] = [
      ['', 'Spend by day (UTC)'],
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
      await page.goto(`${open.url}/console${path}`);
      await page.getByText(shows).first().waitFor();
      await page.getByRole('note').getByText('Open mode').waitFor();
      expect([path, await barriersOn(page)]).toEqual([path, []]);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect([path, width]).toEqual([path, 375]);
    }
    expect(complaints).toEqual([]);
    expect(foreign).toEqual([]);
  });

  test('each role sees its pages and its buttons; the key is nowhere but in memory', async () => {
    const id = await makeVideo(closed, { prompt: 'The boat of the chief' }, keys.admin);
    const seen: Record<string, unknown> = {};
    for (const role of ['client', 'auditor', 'admin'] as const) {
      const opened = await openPage(closed.url);
      const { page } = opened;
      await signIn(page, `${closed.url}/console/generations`, keys[role]);
      await page.getByText(/generations?$/).waitFor();
      const links = await page.getByRole('navigation').getByRole('link').allInnerTexts();
      await page.goto(`${closed.url}/console/generations/${id}`);
      // A load forgets the key.
      await signIn(page, page.url(), keys[role]);
      await page.getByText(/What happened|does not exist/).waitFor();
      seen[role] = {
        links,
        isFound: await page.getByText('The boat of the chief').isVisible(),
        mayMake: await page.getByRole('button', { name: 'Redact' }).isVisible(),
      };
      const kept = await page.evaluate(`JSON.stringify([
        { ...localStorage }, { ...sessionStorage }, document.cookie, location.href,
      ])`);
      expect(kept).not.toContain(keys[role]);
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
    const { page } = await openPage(closed.url);
    for (const [role, path] of [
      ['client', 'keys'],
      ['client', 'audit'],
      ['auditor', 'make'],
    ] as const) {
      await signIn(page, `${closed.url}/console/${path}`, keys[role]);
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
      await page.route('**/graphql', (route) => route.fulfill({ json: { errors: [refusal] } }));
      // What the page asks from time to time it asks when the answer before has come.
      await until(async () => {
        await page.clock.fastForward('00:30');
        return await page.getByText('Your key is not accepted any more.').isVisible();
      });
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
    const { page } = await openPage(closed.url);
    await page.goto(`${closed.url}/console`);
    await page.getByLabel('API key', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This key is not valid').waitFor();
    expect(await barriersOn(page)).toEqual([]);
  });

  test('a video is made, priced before and checked while typing, and seen to finish without a reload', async () => {
    const { page, complaints } = await openPage(open.url);
    await page.goto(`${open.url}/console/make?model=MiniMax-Hailuo-02`);
    const button = page.getByRole('button', { name: 'Make the video' });
    await page.getByLabel('Prompt', { exact: true }).fill('x'.repeat(2001));
    await page.getByText(/2001 characters/).waitFor();
    // It has a price: only not as it stands.
    await page.getByText('The price is shown here when').waitFor();
    expect(await button.isDisabled()).toBe(true);

    await page.getByLabel('Prompt', { exact: true }).fill('A boat ');
    await page.getByRole('button', { name: 'Push in' }).click();
    await page.getByText('List price: $0.28').waitFor();
    await button.click();
    await page.getByText('MiniMax is working on it').waitFor();
    await page.locator('video[src*=".mp4"]').waitFor();
    await page.getByRole('link', { name: 'All about it' }).click();
    await page.getByText('Generation succeeded').waitFor();
    await page.getByText('Kept since').waitFor();
    await page.getByText('A boat [Push in]').first().waitFor();
    // What is copied as a command asks for what the page shows.
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'as curl' }).click();
    await page.getByText('Copied').waitFor();
    const command = await page.evaluate<string>('navigator.clipboard.readText()');
    const body = JSON.parse(/--data '([^]*)'$/.exec(command)![1]!) as {
      query: string;
      variables: object;
    };
    const { generation } = await ask(open, body.query, body.variables);
    expect(generation).toMatchObject({ prompt: 'A boat [Push in]', status: 'SUCCEEDED' });
    expect(complaints).toEqual([]);
  });

  test('an image is dropped on the form, shown and checked; one that is too large is told of', async () => {
    const { page, complaints } = await openPage(open.url);
    await page.goto(`${open.url}/console/make?model=MiniMax-Hailuo-02`);
    const file = page.getByLabel('Choose files: First frame');
    const image = { name: 'boat.png', mimeType: 'image/png' };
    await file.setInputFiles({ ...image, buffer: Buffer.alloc(21 * 1024 * 1024) });
    await page.getByText('“boat.png” is larger than 20 MB.').waitFor();
    await file.setInputFiles({ ...image, buffer: Buffer.from('no image') });
    await page
      .getByText(/JPEG, PNG/)
      .last()
      .waitFor();
    await page.getByRole('button', { name: 'Remove First frame 1' }).click();
    /** Whether the browser is kept from opening them instead of the page. */
    const drop = (where: string, names: string[]) =>
      page.evaluate<boolean>(`(() => {
        const data = new DataTransfer();
        const bytes = Uint8Array.from(atob('${aPng().toString('base64')}'), (c) => c.charCodeAt(0));
        for (const name of ${JSON.stringify(names)})
          data.items.add(new File([bytes], name, { type: 'image/png' }));
        const event = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
        document.querySelector('${where}').dispatchEvent(event);
        return event.defaultPrevented;
      })()`);
    expect(await drop('h1', ['boat.png'])).toBe(true);
    await drop('.drop', ['boat.png', 'other.png']);
    await page.getByRole('img', { name: 'First frame 1' }).waitFor();
    await page.getByText('Only 1 file fits here').waitFor();
    await page.getByText('List price: $0.28').waitFor();
    await page.getByRole('button', { name: 'Make the video' }).click();
    await page.getByRole('link', { name: 'All about it' }).click();
    await page.getByText(/^urn:sha256:/).waitFor();
    expect(complaints).toEqual([]);
  });

  test('a prompt is improved, for a price that is told before, and taken over', async () => {
    const { page, complaints } = await openPage(open.url);
    await page.goto(`${open.url}/console/make?model=MiniMax-H3`);
    const prompt = page.getByLabel('Prompt', { exact: true });
    await prompt.fill('A boat');
    await page.getByText(/Paid by tokens: \$\d/).waitFor();
    const improve = page.getByRole('button', { name: 'Have MiniMax improve the prompt' });
    await improve.click();
    await page.getByText('MiniMax-H3 needs an aspectRatio').first().waitFor();
    await page.getByLabel('Aspect ratio').first().click();
    await page.getByRole('option', { name: '16:9' }).click();
    await improve.click();
    const use = page.getByRole('button', { name: 'Use this prompt' });
    await use.waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await use.click();
    expect((await prompt.inputValue()).length).toBeGreaterThan('A boat'.length);
    expect(complaints).toEqual([]);
  });

  test('a filter stands in the address, holds after a reload, and keys lead through the list', async () => {
    const rare = `Rare ${Date.now()}`;
    const ids = [
      await makeVideo(open, { prompt: `${rare} first` }),
      await makeVideo(open, { prompt: `${rare} second` }),
    ];
    const { page } = await openPage(open.url);
    await page.goto(`${open.url}/console/generations`);
    await page.getByText('first').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type(rare);
    await page.keyboard.press('Enter');
    await page.getByText('2 generations').waitFor();
    expect(new URL(page.url()).searchParams.get('prompt')).toBe(rare);

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

  test('new ones are announced and push no row away until they are asked for', async () => {
    const { page } = await openPage(open.url);
    await makeVideo(open, { prompt: 'Here before' });
    await page.goto(`${open.url}/console/generations`);
    const first = page.locator('tbody tr').first();
    await first.getByText('Here before').waitFor();
    await first.getByText('Succeeded').waitFor();
    await makeVideo(open, { prompt: 'Newly made' });
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
    const id = await makeVideo(open, { prompt: 'Seen at a glance' });
    const { page, complaints, foreign } = await openPage(open.url);
    await page.goto(`${open.url}/console/generations?id=${id}`);
    const poster = page.locator('tbody video');
    await poster.waitFor();
    const isRead = `document.querySelector('tbody video').videoWidth > 0`;
    while (!(await page.evaluate(isRead))) await page.waitForTimeout(50);
    const seen = await page.evaluate(`(({ muted, autoplay, paused, preload, currentSrc }) => [
      muted, autoplay, paused, preload, currentSrc,
    ])(document.querySelector('tbody video'))`);
    const ours = expect.stringContaining(`${open.url}/media/videos/${id}.mp4?`);
    expect(seen).toEqual([true, false, true, 'metadata', ours]);
    await page.getByRole('img', { name: 'First picture of the video' }).waitFor();
    // As when its row is scrolled away.
    await page.setViewportSize({ width: 1280, height: 120 });
    await poster.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    expect(foreign).toEqual([]);
  });

  test('many are chosen, what it costs is said first, and each is done or says why not', async () => {
    const tag = `many-${Date.now()}`;
    const ids = [
      await makeVideo(open, { prompt: 'One #sim:submit-1026', tags: [tag] }),
      await makeVideo(open, { prompt: 'Two #sim:submit-1026', tags: [tag] }),
    ];
    const { page } = await openPage(open.url);
    await page.goto(`${open.url}/console/generations?tag=${tag}`);
    await page.getByText('2 generations').waitFor();
    await page.getByLabel('Choose all that are shown').check();
    // Meanwhile somebody else has retried one: it is not made twice.
    await ask(
      open,
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
      await makeVideo(open, { prompt: `${name} #sim:submit-1026`, tags: [tag] });
    const { page } = await openPage(open.url);
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
      await page.goto(`${open.url}/console/generations?tag=${tag}&status=FAILED&order=oldest`);
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
    const old = await makeVideo(closed, { prompt: 'Old #sim:submit-1026' }, keys.client);
    const { page } = await openPage(closed.url);
    await signIn(page, `${closed.url}/console/generations?caller=shop`, keys.admin);
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
      closed,
      `query ($id: ID!) { generation(id: $id) { prompt events { action callerId detail } } }`,
      { id: old },
      keys.admin,
    );
    expect(generation.prompt).toBeNull();
    const redactions = generation.events.filter(
      ({ action }: { action: string }) => action === 'GENERATION_REDACTED',
    );
    expect(redactions).toHaveLength(1);
    expect(redactions[0]).toMatchObject({ callerId: 'chief' });
    expect(redactions[0].detail).toContain('their contract ended');
  });

  test('what strangers wrote is shown as text everywhere', async () => {
    const endpoint = `mutation { createWebhookEndpoint(input: {
      url: "http://127.0.0.1:9/", events: [GENERATION_FAILED, GENERATION_UNCERTAIN] }) {
      webhookEndpoint { id } } }`;
    const { createWebhookEndpoint: made } = await ask(open, endpoint);
    const failed = await makeVideo(open, { prompt: '#sim:submit-1026', tags: ['one'] });
    await makeVideo(open, { prompt: '#sim:submit-reset' });
    const { page, complaints, foreign } = await openPage(open.url, {
      viewport: { width: 375, height: 780 },
    });
    await showHostileAnswers(page);
    const everything = 'model,output,caller,tenant,tags,failure,attempts,task,changed';
    const paths = [
      ...['', `/generations?columns=${everything}&id=${failed}`, `/generations/${failed}`],
      ...['/uncertain', '/audit', '/webhooks', '/accounts'],
    ];
    for (const path of paths) {
      await page.goto(`${open.url}/console${path}`);
      await page.getByText('gnp.exe').first().waitFor({ state: 'attached' });
      await page.waitForLoadState('networkidle');
      // What is behind a click as well.
      for (const raw of await page.getByRole('button', { name: /JSON|Body|as input/ }).all())
        await raw.click();
      expect([path, await harmOn(page)]).toEqual([path, []]);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      expect([path, width]).toEqual([path, 375]);
    }
    await page.goto(`${open.url}/console/uncertain`);
    await page.getByRole('button', { name: 'Send again, perhaps pay twice' }).click();
    await page.getByRole('dialog').getByText('gnp.exe').first().waitFor();
    expect(await harmOn(page)).toEqual([]);
    expect(complaints).toEqual([]);
    expect(foreign).toEqual([]);
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    const remove = `mutation ($id: ID!) { deleteWebhookEndpoint(id: $id) }`;
    await ask(open, remove, { id: made.webhookEndpoint.id });
  });

  test('a key is made, used, revoked and refused', async () => {
    const { page } = await openPage(closed.url);
    await signIn(page, `${closed.url}/console/keys`, keys.admin);
    await page.getByRole('button', { name: 'Make a key' }).click();
    await page.getByLabel('Caller').fill('partner');
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Make a key' }).click();
    const secret = await page.getByRole('dialog').locator('pre').innerText();
    await page.getByRole('button', { name: 'I have kept it' }).click();

    const other = await watchPage(browser, closed.url);
    try {
      await signIn(other.page, `${closed.url}/console/generations`, secret);
      await other.page.getByText('partner · Client').waitFor();
      await page.getByRole('button', { name: 'Revoke: partner' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
      await page.getByText('Revoked').waitFor();
      await other.page.getByRole('link', { name: 'Webhooks' }).click();
      await other.page.getByText('Your key is not accepted any more.').waitFor();
      await other.page.getByLabel('API key', { exact: true }).fill(secret);
      await other.page.getByRole('button', { name: 'Sign in' }).click();
      await other.page.getByText('This key is not valid').waitFor();
    } finally {
      await other.close();
    }
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

  test('an uncertain one is settled after a dialog that says what it comes to, once', async () => {
    const ids = [
      await makeVideo(closed, { prompt: 'Lost #sim:submit-reset' }, keys.admin),
      await makeVideo(closed, { prompt: 'Lost too #sim:submit-reset' }, keys.admin),
    ];
    const { page } = await openPage(closed.url);
    const dialog = page.getByRole('dialog');
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.postData() ?? ''));
    await signIn(page, `${closed.url}/console/uncertain`, keys.admin);
    await page.getByText('2 wait for a decision').waitFor();
    await page.getByText('it is paid for twice: $0.28 each').waitFor();
    await page.getByRole('button', { name: 'It was not created' }).click();
    await dialog.getByText('Costs nothing by itself.').waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'It was not created' }).dblclick();
    await page.getByText('1 waits for a decision').waitFor();
    await page.getByText('Declared not created').waitFor();
    await page.getByText('by chief').waitFor();
    expect(sent.filter((body) => body.includes('declareVideoGenerationNotCreated')).length).toBe(1);

    // Meanwhile somebody else decides: what was seen is not decided about any more.
    await page.getByRole('link', { name: 'Lost too' }).click();
    await page.getByRole('button', { name: 'Send again, perhaps pay twice' }).click();
    await dialog.getByText('Costs $0.28; at worst $0.56').waitFor();
    const settle = `mutation ($id: ID!, $version: Int!) {
      declareVideoGenerationNotCreated(id: $id, version: $version) { userErrors { message } }
    }`;
    const ofOne = `query ($id: ID!) { generation(id: $id) { version status attempts } }`;
    const seen = await ask(closed, ofOne, { id: ids[1] }, keys.admin);
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('mutation Resubmit')) {
        const { version } = seen.generation;
        await ask(closed, settle, { id: ids[1], version }, keys.admin);
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
    const states = await Promise.all(ids.map((id) => ask(closed, ofOne, { id }, keys.admin)));
    expect(states.map(({ generation: { status, attempts } }) => [status, attempts])).toEqual([
      ['FAILED', 1],
      ['FAILED', 1],
    ]);
  });

  test('an auditor filters the log, exports what is shown, and has the chain verified', async () => {
    const { page } = await openPage(closed.url);
    await signIn(page, `${closed.url}/console/audit?action=API_KEY_CREATED`, keys.auditor);
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
  });

  test('when the service goes away the page says so, and goes on by itself when it is back', async () => {
    await makeVideo(open, { prompt: 'Made before' });
    const proxy = await ServerProxy.start(open.url);
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
    await makeVideo(open, { prompt: 'Made meanwhile' });
    const again = await new ServerProxy(open.url).listen(Number(port));
    try {
      await page.getByText('Made meanwhile').first().waitFor();
      await strip.waitFor({ state: 'hidden' });
    } finally {
      await again.close();
    }
  });
});

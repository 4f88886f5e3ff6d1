import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import type { Browser } from 'playwright-core';
import type { App } from '../../src/app.ts';
import { browserPath, openBrowser, watchPage, type WatchedPage } from './browser.ts';
import { buildConsole, makeKey, startConsoleApp } from './console.ts';

if (!browserPath) {
  process.stderr.write(
    '\nNO BROWSER: the console is NOT tested in one. Install Chromium or set CHROMIUM_PATH.\n\n',
  );
}
export const inBrowser = browserPath ? describe : describe.skip;

export interface Consoles {
  /** Everybody is let in. */
  open: App;
  /** Has a key of each role. */
  closed: App;
  keys: Record<'admin' | 'auditor' | 'client', string>;
}

const startOpen = () => startConsoleApp({ WEBHOOK_ALLOW_PRIVATE: 'on' });

/** Two services with the console, as long as the tests of a file run. */
export function startConsoles(): Consoles {
  const consoles = {} as Consoles;
  beforeAll(async () => {
    await buildConsole();
    const [open, closed] = await Promise.all([startOpen(), startConsoleApp()]);
    const admin = await makeKey(closed, { callerId: 'chief', role: 'ADMIN' });
    const keys = {
      admin,
      auditor: await makeKey(closed, { callerId: 'reader', role: 'AUDITOR' }, admin),
      client: await makeKey(closed, { callerId: 'shop', role: 'CLIENT' }, admin),
    };
    Object.assign(consoles, { open, closed, keys });
  });
  afterAll(async () => {
    await Promise.all([consoles.open.stop(), consoles.closed.stop()]);
  });
  return consoles;
}

/** Of these the one without keys alone. */
export function startOpenConsole(): Pick<Consoles, 'open'> {
  const consoles = {} as Consoles;
  beforeAll(async () => {
    await buildConsole();
    consoles.open = await startOpen();
  });
  afterAll(async () => {
    await consoles.open.stop();
  });
  return consoles;
}

/** A browser for the tests of a `describe`; the pages that it opens, each with a profile of its own, are closed after the test. */
export function startBrowser() {
  let browser: Browser;
  const watched: WatchedPage[] = [];
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });
  afterEach(async () => {
    await Promise.all(watched.splice(0).map((each) => each.close()));
  });
  return async (origin: string, options: Parameters<typeof watchPage>[2] = {}) => {
    const page = await watchPage(browser, origin, options);
    watched.push(page);
    page.page.setDefaultTimeout(20_000);
    return page;
  };
}

import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const { CHROMIUM_PATH } = process.env;

/**
 * The browser on this machine, `CHROMIUM_PATH` or Debian's; undefined where there is none. The shell is
 * the same browser without its own windows, for two thirds of the work.
 */
export const browserPath = (
  CHROMIUM_PATH ? [CHROMIUM_PATH] : ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium']
).find(existsSync);

/** A headless Chromium to which only this machine is there; ask `browserPath` first whether there is one. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: browserPath!,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
    ],
  });
}

export interface WatchedPage {
  page: Page;
  /** What a developer would see in red in the browser's console. */
  complaints: string[];
  /** Addresses outside `origin` that the page asked for; each gets `elsewhere`'s answer. */
  foreign: string[];
  close(): Promise<void>;
}

/** How the rest of the internet behaves: not there, there but silent, or answering with a script or, for a frame, a page. */
export type Elsewhere = 'unreachable' | 'silent' | { script: string; page?: string };

/** A new page in a fresh profile that sees `origin` for real and everything else as `elsewhere` says. */
export async function watchPage(
  browser: Browser,
  origin: string,
  {
    elsewhere = 'unreachable',
    viewport = { width: 1280, height: 800 },
    also,
  }: {
    elsewhere?: Elsewhere;
    viewport?: { width: number; height: number };
    /** Another origin that is there for real. */
    also?: string;
  } = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  const complaints: string[] = [];
  const foreign: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    // The browser's own line about what `elsewhere` let fail.
    if (foreign.includes(message.location().url)) return;
    complaints.push(`${message.text()} (${message.location().url})`);
  });
  const isForeign = (url: URL) =>
    ![origin, also].includes(url.origin) && /^https?:$/.test(url.protocol);
  page.on('request', (request) => {
    if (isForeign(new URL(request.url()))) foreign.push(request.url());
  });
  // Not where the browser does it by itself: one that asks about each request keeps no file, and reads
  // and compiles all scripts anew for each page.
  if (elsewhere !== 'unreachable') {
    await context.route(isForeign, async (route) => {
      if (elsewhere === 'silent') return;
      const { script, page = '' } = elsewhere;
      await route.fulfill(
        route.request().resourceType() === 'document'
          ? { contentType: 'text/html', body: page }
          : { contentType: 'text/javascript', body: script },
      );
    });
  }
  return { page, complaints, foreign, close: () => context.close() };
}

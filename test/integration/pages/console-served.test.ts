import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { consoleFolder, readManifest, startConsoleApp } from '../../support/console.ts';
import { startOpenConsole } from '../../support/console-pages.ts';

const consoles = startOpenConsole();

const asBrowser = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('what is served', () => {
  test('a page for each address below /console, with a policy that lets no inline script run', async () => {
    for (const path of ['/console', '/console/', '/console/generations/some-id']) {
      const response = await fetch(consoles.open.url + path, { headers: asBrowser });
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
    const html = await (await fetch(`${consoles.open.url}/console`)).text();
    const [, script] = /src="([^"]+)"/.exec(html)!;
    const response = await fetch(consoles.open.url + script!);
    expect(response.headers.get('content-type')).toMatch(/javascript/);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    for (const path of ['nothing.js', '..%2Findex.html', '..%2F..%2Fmain.js']) {
      expect((await fetch(`${consoles.open.url}/console/assets/${path}`)).status).toBe(404);
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
        return gzipSync(await readFile(new URL(manifest[name]!.file, consoleFolder))).length;
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

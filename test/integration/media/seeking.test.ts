import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { browserPath, openBrowser } from '../../support/browser.ts';
import { startBucketServer, type BucketServer } from '../../support/bucket-server.ts';
import { aFinishedVideo, startMediaApp } from '../../support/media-app.ts';
import { startVideoServer, type VideoServer } from '../../support/video-server.ts';

if (!browserPath) {
  process.stderr.write(
    '\nNO BROWSER: seeking in kept videos is NOT tested. Install Chromium or set CHROMIUM_PATH.\n\n',
  );
}
const inBrowser = browserPath ? describe : describe.skip;

const video = await readFile(new URL('../../../assets/simulator/768P-6.mp4', import.meta.url));

let folder: string;
let files: VideoServer;
let bucketServer: BucketServer;
let browser: Browser;
let page: { url: string; close(): Promise<unknown> };

inBrowser('a browser', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reelgraph-seeking-'));
    files = await startVideoServer(video);
    bucketServer = await startBucketServer();
    browser = await openBrowser();
    page = await aPageElsewhere();
  });
  afterAll(async () => {
    await browser.close();
    await page.close();
    await files.close();
    await bucketServer.close();
    await rm(folder, { recursive: true });
  });

  test.each([
    ['from a directory', () => ({ MEDIA_DIR: join(folder, 'media') }), undefined],
    ['from a bucket through this service', () => bucketServer.env(), undefined],
    [
      'from a bucket that it is led to',
      () => ({ ...bucketServer.env(), MEDIA_REDIRECT: 'on' }),
      302,
    ],
  ])('seeks in a kept video %s', async (_where, env, status) => {
    const app = await startMediaApp(files, env());
    const id = await aFinishedVideo(app);
    await app.archive.runOnce();
    const query = 'query ($id: ID!) { generation(id: $id) { videoUrl } }';
    const { videoUrl } = (await app.graphql(query, { id })).data.generation;
    const tab = await browser.newPage();
    await tab.goto(page.url);
    const answers: { status: number; range: string | undefined }[] = [];
    tab.on('response', (response) => {
      if (response.url() !== videoUrl) return;
      answers.push({ status: response.status(), range: response.request().headers()['range'] });
    });
    const seen = await tab.evaluate(seekIn(videoUrl));
    expect(seen).toEqual({
      ...{ duration: 6, width: 1366, canSeekTo: 6 },
      at: [5, 1, 3].map((seconds) => ({ seconds, isReadable: true })),
    });
    // A browser that may not ask for parts cannot seek in what it has not loaded.
    expect(answers.map(({ range }) => range)).not.toContain(undefined);
    expect(answers[0]!.status).toBe(status ?? 206);
    await tab.close();
    await app.stop();
  });
});

/** What a page does: loads a video, goes to and fro, and waits for a picture each time. */
const seekIn = (url: string) => `(async () => {
  const element = document.createElement('video');
  element.muted = true;
  element.preload = 'metadata';
  const happens = (name) =>
    new Promise((resolve, reject) => {
      element.addEventListener(name, resolve, { once: true });
      element.addEventListener('error', () => reject(new Error(element.error.message)));
    });
  document.body.append(element);
  const loaded = happens('loadedmetadata');
  element.src = ${JSON.stringify(url)};
  await loaded;
  const at = [];
  for (const seconds of [5, 1, 3]) {
    const sought = happens('seeked');
    element.currentTime = seconds;
    await sought;
    at.push({ seconds: element.currentTime, isReadable: element.readyState >= 2 });
  }
  const { duration, videoWidth: width, seekable } = element;
  return { duration, width, canSeekTo: seekable.end(0), at };
})()`;

/** A page of another origin, as a customer's is. */
async function aPageElsewhere() {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>Player</title>');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/`,
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { startBucketServer, type BucketServer } from '../../support/bucket-server.ts';
import { browserPath, openBrowser } from '../../support/browser.ts';
import { aFinishedVideo, startMediaApp } from '../../support/media-app.ts';
import { startVideoServer, type VideoServer } from '../../support/video-server.ts';

interface Seen {
  at: number;
  end: number;
  seekable: number;
  duration: number;
}

/** In the page: jumps near the end, and plays to it. */
const seek = `(async () => {
  const video = document.querySelector('video');
  const heard = (event) => new Promise((done, fail) => {
    video.addEventListener(event, done, { once: true });
    video.addEventListener('error', () => fail(new Error(video.error.message)));
  });
  if (video.readyState < 1) await heard('loadedmetadata');
  const seeked = heard('seeked');
  video.currentTime = 4.5;
  await seeked;
  const at = video.currentTime;
  await video.play();
  await heard('ended');
  return { at, end: video.currentTime, seekable: video.seekable.end(0), duration: video.duration };
})()`;

const inBrowser = browserPath === undefined ? describe.skip : describe;

inBrowser('a <video> in a browser', () => {
  let folder: string;
  let files: VideoServer;
  let bucketServer: BucketServer;
  let browser: Browser;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reelgraph-seeking-'));
    const video = new URL('../../../assets/simulator/1080P-6.mp4', import.meta.url);
    files = await startVideoServer(await readFile(video));
    bucketServer = await startBucketServer();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await files.close();
    await bucketServer.close();
    await rm(folder, { recursive: true });
  });

  test.each([
    { from: 'a directory', env: () => ({ MEDIA_DIR: folder }) },
    { from: 'a bucket', env: () => bucketServer.env() },
    {
      from: 'a bucket, by its own address',
      env: () => ({ ...bucketServer.env(), MEDIA_REDIRECT: 'on' }),
    },
  ])('plays and seeks in what is kept in $from', async ({ env }) => {
    const app = await startMediaApp(files, env());
    const id = await aFinishedVideo(app);
    await app.archive.runOnce();
    const { data } = await app.graphql(`{ generation(id: "${id}") { videoUrl } }`);
    const page = await browser.newPage();
    await page.setContent(`<video muted preload="metadata" src="${data.generation.videoUrl}">`);
    const seen = await page.evaluate<Seen>(seek);
    await page.close();
    await app.stop();
    expect(seen).toEqual({ at: 4.5, end: seen.duration, seekable: seen.duration, duration: 6 });
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { startTestApp, step, type TestApp, type TestAppOptions } from './app.ts';
import { startVideoServer, video, type VideoServer } from './video-server.ts';

export interface TestMedia {
  /** Where the app keeps media, empty before each test. */
  folder: string;
  files: VideoServer;
  /** Once it is started. */
  app: TestApp;
  start(env?: Record<string, string>): Promise<TestApp>;
}

/** What the tests of a file need that are about media; the app ends with each test. */
export function useMedia(): TestMedia {
  const media = {
    async start(env = {}) {
      return (media.app = await startMediaApp(media.files, { MEDIA_DIR: media.folder, ...env }));
    },
  } as TestMedia;
  beforeAll(async () => {
    media.files = await startVideoServer(video);
  });
  beforeEach(async () => {
    media.folder = await mkdtemp(join(tmpdir(), 'reelgraph-media-'));
    media.files.requests.length = 0;
    media.files.each = undefined;
    media.files.next();
  });
  afterEach(async () => {
    await media.app.stop();
    await rm(media.folder, { recursive: true });
  });
  afterAll(() => media.files.close());
  return media;
}

/** An app whose MiniMax is done at once, and whose links, each another one, lead to `files`. */
export async function startMediaApp(
  files: VideoServer,
  env: Record<string, string>,
  options: TestAppOptions = {},
): Promise<TestApp> {
  const app = await startTestApp({ ...options, env, upstream: { processingAnswers: 0 } });
  let links = 0;
  app.upstream.onRetrieve(({ query }) => {
    links += 1;
    const download_url = `${files.url}/v.mp4?link=${links}`;
    const file = { file_id: Number(query['file_id']), download_url };
    return { json: { file, base_resp: { status_code: 0, status_msg: 'success' } } };
  });
  return app;
}

/** A finished video that nothing has been done about yet. */
export async function aFinishedVideo(app: TestApp, input: object = {}): Promise<string> {
  const { generation } = await app.create(input);
  await step(app);
  return generation.id as string;
}

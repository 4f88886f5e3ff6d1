import { startTestApp, step, type TestApp, type TestAppOptions } from './app.ts';
import type { VideoServer } from './video-server.ts';

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

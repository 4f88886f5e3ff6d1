import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createMiniMax } from '@ai-sdk/minimax';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { experimental_generateVideo as generateVideo } from 'ai';
import { Agent, request } from 'undici';
import { keysOf, startTestApp, step, type TestApp } from '../../support/app.ts';
import { startTlsFront } from '../../support/tls-front.ts';
import { until } from '../../support/until.ts';

const run = promisify(execFile);
const mmx = fileURLToPath(new URL('../../../node_modules/mmx-cli/dist/mmx.mjs', import.meta.url));

let app: TestApp;
let front: Awaited<ReturnType<typeof startTlsFront>>;
let apiKey: string;
let folder: string;
beforeAll(async () => {
  front = await startTlsFront();
  app = await startTestApp({
    env: {
      SIMULATOR: 'on',
      MINIMAX_BASE_URL: '',
      MINIMAX_API_KEY: '',
      PUBLIC_URL: front.url,
      POLL_INTERVAL_MS: '1000',
    },
  });
  front.leadTo(app.url);
  const grant = { callerId: 'studio', name: 's', role: 'CLIENT', tenant: null, expiresAt: null };
  apiKey = (await keysOf(app).create(grant as never, null)).secret;
  folder = await mkdtemp(join(tmpdir(), 'reelgraph-mmx-'));
});
afterAll(async () => {
  await app.stop();
  await front.close();
  await rm(folder, { recursive: true });
});

/** Lets the task that a client asks for come to its end, while the client looks. */
async function finishOne(): Promise<void> {
  const { videoGeneration } = app.database.prisma;
  await until(async () => (await videoGeneration.count({ where: { status: 'PROCESSING' } })) === 1);
  for (let i = 0; i < 2; i++) await step(app);
}

const isVideo = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1', 4, 8) === 'ftyp';

test('the AI SDK creates, follows and downloads a video', async () => {
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  const minimax = createMiniMax({ videoBaseURL: `${app.url}/minimax`, apiKey });
  const made = generateVideo({
    model: minimax.video('MiniMax-H3'),
    prompt: 'A paper boat crosses a puddle',
    aspectRatio: '9:16',
    duration: 4,
    providerOptions: { minimax: { resolution: '768P' } },
    poll: { intervalMs: 50 },
    // Its own refuses addresses of this machine.
    async download({ url }) {
      const { body, headers } = await request(url, { dispatcher });
      const mediaType = String(headers['content-type']);
      return { data: new Uint8Array(await body.arrayBuffer()), mediaType };
    },
  });
  await finishOne();
  const { video, warnings, providerMetadata } = await made;
  expect(isVideo(video.uint8Array)).toBe(true);
  expect(warnings).toEqual([]);
  expect(providerMetadata['minimax']).toMatchObject({
    ...{ resolution: '768P', ratio: '9:16', duration: 4 },
    usage: { totalSeconds: 4, outputSeconds: 4 },
  });
  await dispatcher.close();
});

test('the AI SDK is told what is wrong, once', async () => {
  const minimax = createMiniMax({ videoBaseURL: `${app.url}/minimax`, apiKey });
  const before = await app.database.prisma.videoGeneration.count();
  const made = generateVideo({ model: minimax.video('MiniMax-H3'), prompt: '', maxRetries: 2 });
  await expect(made).rejects.toThrow(/content must include a non-empty text item/);
  expect(await app.database.prisma.videoGeneration.count()).toBe(before);
});

/** Runs MiniMax's own command line; what it writes, as JSON. */
async function runMmx(...words: string[]) {
  const flags = ['--base-url', `${front.url}/minimax`, '--region', 'global', '--api-key', apiKey];
  const env = {
    ...{ PATH: process.env['PATH'], CI: 'true', HOME: folder, MMX_CONFIG_DIR: folder },
    // The certificate is nobody's.
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
  };
  const all = [mmx, ...words, ...flags, '--output', 'json', '--non-interactive'];
  const { stdout } = await run(process.execPath, all, { env: env });
  return JSON.parse(stdout) as Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
}

test('the mmx command line uploads, creates from that, follows and downloads a video', async () => {
  const clip = join(folder, 'boat.mp4');
  await writeFile(clip, Buffer.from('\0\0\0\x18ftypmp42 and a boat'));
  const upload = ['file', 'upload', '--file', clip, '--purpose', 'video_generation_input'];
  const uploaded = await runMmx(...upload);
  const fileId = String(uploaded['file_id'] ?? uploaded['file']?.file_id);
  expect(fileId).toMatch(/^\d{16}$/);

  const video = join(folder, 'video.mp4');
  const made = runMmx(
    ...['video', 'generate', '--model', 'MiniMax-H3', '--prompt', 'A paper boat #sim:fast'],
    ...['--reference-video', `mm_file://${fileId}`, '--ratio', '1:1', '--duration', '4'],
    ...['--poll-interval', '1', '--download', video],
  );
  await finishOne();
  await made;
  expect(isVideo(await readFile(video))).toBe(true);
  const [latest] = await app.database.prisma.videoGeneration.findMany({
    ...{ orderBy: { id: 'desc' }, take: 1 },
  });
  expect(latest).toMatchObject({
    ...{ status: 'SUCCEEDED', callerId: 'studio', resolution: '2K', aspectRatio: '1:1' },
    referenceVideos: [`mm_file://${fileId}`],
  });
});

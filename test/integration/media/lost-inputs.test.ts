import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded } from '../../support/fake-upstream.ts';
import { aPng, asDataUrl } from '../../support/images.ts';

let folder: string;
let app: TestApp;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelgraph-lost-'));
  app = await startTestApp({ env: { MEDIA_DIR: folder } });
});
afterEach(async () => {
  await app.stop();
  await rm(folder, { recursive: true });
});

/** One that waits to be sent again, and where its image is. */
async function waiting(): Promise<{ id: string; path: string }> {
  app.upstream.onSubmit(coded(1002));
  const { generation } = await app.create({ firstFrameImage: asDataUrl(aPng()) });
  const [name, ...others] = (await readdir(folder, { recursive: true })).filter((each) =>
    /inputs\/.*[\da-f]{12}$/.test(each),
  );
  expect(others).toEqual([]);
  return { id: generation.id, path: join(folder, name!) };
}

test.each([
  ['gone', (path: string) => rm(path), 'not stored any more'],
  [
    'other than it was',
    async (path: string) => {
      const bytes = await readFile(path);
      bytes[bytes.length - 20]! ^= 1;
      await writeFile(path, bytes);
    },
    'not stored as it was given',
  ],
])(
  'a request whose file is %s is not sent, and ends with the reason',
  async (_what, harm, said) => {
    const { id, path } = await waiting();
    await harm(path);
    for (let attempt = 2; attempt <= 5; attempt++) {
      expect((await look(app, id)).status).toBe('QUEUED');
      await step(app, 60 * 60_000);
    }
    expect(await look(app, id)).toMatchObject({
      status: 'FAILED',
      failure: { kind: 'INPUT_INVALID' },
      statusMessage: expect.stringContaining(said),
    });
    expect(app.upstream.submits).toHaveLength(1);
    // As it says: what is sent again takes its place.
    await app.create({ firstFrameImage: asDataUrl(aPng()) });
    expect(app.upstream.submits).toHaveLength(2);
  },
);

test('a file that is back in time is sent', async () => {
  const { id, path } = await waiting();
  const bytes = await readFile(path);
  await rm(path);
  await step(app, 60 * 60_000);
  await writeFile(path, bytes);
  await step(app, 60 * 60_000);
  expect((await look(app, id)).taskId).not.toBeNull();
  expect(app.upstream.submits).toHaveLength(2);
});

test('a request whose file is being removed with another one is neither stored nor sent', async () => {
  const { pool, prisma } = app.database;
  await pool.query(`
    CREATE FUNCTION remove_inputs() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN UPDATE stored_object SET deleted_at = now(); RETURN NEW; END $$;
    CREATE TRIGGER remove_inputs BEFORE INSERT ON video_generation
      FOR EACH ROW EXECUTE FUNCTION remove_inputs()`);
  const ask = () =>
    app.graphql(
      `mutation ($input: CreateVideoGenerationInput!) {
        createVideoGeneration(input: $input) { generation { id } } }`,
      { input: { model: 'MiniMax-Hailuo-02', firstFrameImage: asDataUrl(aPng()) } },
    );
  try {
    const { errors } = await ask();
    expect(errors).toMatchObject([{ extensions: { code: 'SERVICE_BUSY', retryAfterSeconds: 1 } }]);
    expect(await prisma.videoGeneration.count()).toBe(0);
  } finally {
    await pool.query('DROP FUNCTION remove_inputs CASCADE');
  }
  expect((await ask()).errors).toBeUndefined();
  expect(app.upstream.submits).toHaveLength(1);
});

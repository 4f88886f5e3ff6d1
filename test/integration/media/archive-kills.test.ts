import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { request } from 'undici';
import { coded } from '../../support/fake-upstream.ts';
import { aFakeUpstream, aPlace, start, undo } from '../../support/process.ts';
import { randomFrom } from '../../support/random-operations.ts';
import { until } from '../../support/until.ts';
import { startVideoServer, video, type Mishap } from '../../support/video-server.ts';

/**
 * Real processes that store videos and are killed, while links die before, during and after the
 * download.
 */
const onServer = globalThis.databaseUrl === undefined ? describe.skip : describe;

const sha256 = createHash('sha256').update(video).digest('hex');
// Of each fate there are some; most of the time goes into making videos to be stored.
const count = 60;
const kills = 4;
const atOnce = 4;
const random = randomFrom(Number(process.env['RANDOM_SEED'] || 5));

interface Fate {
  /** Of the links of one video, one after the other; those after these work. */
  mishaps: Mishap[];
  /** MiniMax says that it does not have it, and its links are dead. */
  isGone: boolean;
}

function drawFate(): Fate {
  const dead: Mishap = { status: 403 };
  const cut = (): Mishap => ({ cutAfter: Math.ceil(random() * (video.length - 1)) });
  const kinds: (() => Mishap[])[] = [
    () => [],
    () => [],
    () => [dead],
    () => [dead, dead, dead, dead],
    () => [cut(), dead],
    () => [cut(), cut(), dead],
    () => [{ status: 503 }, dead],
  ];
  return { mishaps: kinds[Math.floor(random() * kinds.length)]!(), isGone: random() < 0.05 };
}

onServer('servers that store videos and are killed', () => {
  test('store each once, whole, whatever becomes of the links', async () => {
    const files = await startVideoServer(video);
    undo.push(() => files.close());
    const { upstream, env } = await aFakeUpstream();
    upstream.processingAnswers = 0;
    const fates = new Map<string, Fate>();
    const fateOf = (id: string) => {
      if (!fates.has(id)) fates.set(id, drawFate());
      return fates.get(id)!;
    };
    const asked = new Set<string>();
    upstream.onRetrieve(({ query }) => {
      const id = query['file_id']!;
      // The first link was given with the success.
      if (fateOf(id).isGone && asked.has(id)) return coded(2013, 'invalid params, file not found');
      asked.add(id);
      const download_url = `${files.url}/v.mp4?file=${id}`;
      const file = { file_id: Number(id), download_url };
      return { json: { file, base_resp: { status_code: 0, status_msg: 'success' } } };
    });
    files.each = ({ url }) => {
      const { isGone, mishaps } = fateOf(url!.split('=')[1]!);
      return isGone ? { status: 404 } : mishaps.shift();
    };
    const folder = await mkdtemp(join(tmpdir(), 'reelgraph-kills-'));
    undo.push(() => rm(folder, { recursive: true }));
    const place = await aPlace();
    const settings = {
      ...{ ...env, MINIMAX_RPM: '6000', POLL_INTERVAL_MS: '100' },
      ...{ MEDIA_DIR: folder, MEDIA_CONCURRENCY: String(atOnce) },
    };
    const database = new pg.Client({ connectionString: place.env['DATABASE_URL']! });
    await database.connect();
    undo.push(() => database.end());

    let service = await start(place, settings);
    await database.query(retriedSoon);
    await Promise.all(Array.from({ length: count }, () => service.create()));
    // Who is killed while it submits leaves what nobody knows of, which other tests are about.
    await until(() => areAll(database, `video_generation WHERE task_id IS NOT NULL`));
    for (let kill = 0; kill < kills; kill++) {
      // While they are being stored, however fast that goes: each is asked for at least once.
      const asks = ((kill + random()) * count) / (kills + 1);
      await until(() => files.requests.length >= asks);
      await sleep(random() * 50);
      service.child.kill('SIGKILL');
      await service.ended;
      // A claim that its last connection still commits would be waited for.
      await until(() => isAlone(database));
      await database.query(
        `UPDATE video_archive SET next_attempt_at = now() WHERE next_attempt_at > now()`,
      );
      service = await start(place, settings);
    }
    // Of a file that is gone the killed one may have had the only link, and not yet stored it.
    const isOver = `state <> 'PENDING' OR status = 'FAILED'`;
    const all = `video_generation LEFT JOIN video_archive ON generation_id = id WHERE ${isOver}`;
    await until(() => areAll(database, all), 90_000);
    const gone = [...fates.values()].filter(({ isGone }) => isGone).length;
    const { rows } = await database.query<Archived>(
      `SELECT generation_id::text AS id, object_id::text AS "objectId", state::text, sha256, error
       FROM video_archive`,
    );
    const stored = rows.filter(({ state }) => state === 'STORED');
    const expired = rows.filter(({ state }) => state === 'EXPIRED');
    expect(stored).toHaveLength(count - gone);
    const { rows: failed } = await database.query<{ kind: string }>(
      `SELECT failure_kind AS kind FROM video_generation WHERE status = 'FAILED'`,
    );
    expect(expired.length + failed.length).toBe(gone);
    for (const { kind } of failed) expect(kind).toBe('RESULT_MISSING');
    for (const { error } of expired) expect(error).toContain('RESULT_MISSING');
    await expectWhole(stored, folder);
    // Fetched again is only what a kill threw away: at most so many each time.
    expect(files.sentBytes).toBeLessThan((count + kills * atOnce) * video.length);
    const { generation } = await service.graphql(
      `{ generation(id: "${stored[0]!.id}") { videoUrl archive { state bytes sha256 } } }`,
    );
    expect(generation.archive).toEqual({ state: 'STORED', bytes: video.length, sha256 });
    const answer = await request(generation.videoUrl);
    expect(Buffer.from(await answer.body.arrayBuffer()).equals(video)).toBe(true);
  });
});

/** What failed is due at once, and waits neither for minutes nor for the next tick; leases stay as they are. */
const retriedSoon = `
  CREATE FUNCTION soon() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN NEW.next_attempt_at := now() - interval '1 second'; RETURN NEW; END $$;
  CREATE TRIGGER soon BEFORE UPDATE OF error ON video_archive
    FOR EACH ROW WHEN (NEW.state = 'PENDING') EXECUTE FUNCTION soon();`;

async function isAlone(database: pg.Client): Promise<boolean> {
  const { rows } = await database.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  return rows.length === 0;
}

interface Archived {
  id: string;
  objectId: string;
  state: string;
  sha256: string;
  error: string | null;
}

async function areAll(database: pg.Client, which: string): Promise<boolean> {
  const { rows } = await database.query<{ found: number }>(
    `SELECT count(*)::int AS found FROM ${which}`,
  );
  return rows[0]!.found === count;
}

/** Each file is the video, and there is no other one than these. */
async function expectWhole(stored: readonly Archived[], folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  for (const { objectId, sha256: seen } of stored) {
    expect(seen).toBe(sha256);
    const [name, ...others] = names.filter((each) => each.includes(objectId));
    expect(others).toEqual([]);
    expect((await readFile(join(folder, name!))).equals(video)).toBe(true);
  }
}

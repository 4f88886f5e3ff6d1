import { afterEach, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { framesOf } from '../../../src/minimax/v2/video-length.ts';
import { SUBMIT_SCENARIOS, TASK_SCENARIOS } from '../../../src/simulator/v2/scenarios.ts';
import {
  decodeTaskId,
  encodeTaskId,
  RATIOS,
  RESOLUTIONS,
} from '../../../src/simulator/v2/task-ids.ts';
import { readVideo } from '../../../src/simulator/v2/videos.ts';
import { closeAll, startOfTest, startSimulator, type Json } from './helpers.ts';

afterEach(closeAll);

const facts = {
  ...{ startedAtSeconds: Math.floor(startOfTest / 1000), sequence: 999, scenario: 27, model: 1 },
  ...{ resolution: 2, ratio: 6, seconds: 15, images: 9, inputSeconds: 15 },
};

test('an id holds everything there is to know', () => {
  const id = encodeTaskId(facts);
  expect(id).toMatch(/^\d{19}$/);
  expect(decodeTaskId(id)).toEqual(facts);
  for (const other of ['424010985738629', '1'.repeat(19), '9'.repeat(19), 'a']) {
    expect(decodeTaskId(other)).toBeUndefined();
  }
});

test('docs/simulator-v2.md lists every tag once, and none that does not exist', () => {
  const page = readFileSync(new URL('../../../docs/simulator-v2.md', import.meta.url), 'utf8');
  const listed = [...page.matchAll(/^\| `#sim:([\w-]+)`/gm)].map(([, tag]) => tag);
  const tags = [...SUBMIT_SCENARIOS, ...TASK_SCENARIOS].map(({ tag }) => tag);
  expect(listed.sort()).toEqual(tags.sort());
});

test.each([
  [4, 107],
  [5, 124],
  [7, 175],
  [15, 362],
])('a video of %i s has %i frames', (seconds, frames) => {
  expect(framesOf(seconds)).toBe(frames);
});

test('there is a video of every resolution and ratio, in its size and with sound', async () => {
  for (const [resolution] of RESOLUTIONS.entries()) {
    for (const [ratio, name] of RATIOS.entries()) {
      const video = await readVideo({ ...facts, resolution, ratio, seconds: 4 });
      const [width, height] = sizeOf(video);
      const [wide, high] = (name === 'adaptive' ? '16:9' : name).split(':').map(Number);
      // As with MiniMax's own, the sides are not exactly the ratio.
      expect(Math.abs(width! / height! - wide! / high!)).toBeLessThan(0.03);
      expect(video.includes('soun')).toBe(true);
      const samples = video.indexOf('stsz');
      expect(video.readUInt32BE(samples + 12)).toBe(107);
    }
  }
});

/** Of the first track's header, in 16.16. */
function sizeOf(video: Buffer): number[] {
  const header = video.indexOf('tkhd') + 4;
  return [76, 80].map((at) => video.readUInt32BE(header + at) / 65_536);
}

const aCreate = (fields: object = {}) => ({
  model: 'MiniMax-H3',
  content: [{ type: 'text', text: 'A cat' }],
  ...{ resolution: '768P', duration: 5, ratio: '16:9' },
  ...fields,
});

async function start() {
  const simulator = await startSimulator();
  const { url, get } = simulator;
  const headers = { Authorization: 'Bearer any-key', 'Content-Type': 'application/json' };
  const read = async (answer: Promise<Response>): Promise<Json> => {
    const response = await answer;
    return { status: response.status, ...((await response.json()) as object) };
  };
  const post = (path: string, body: object) =>
    read(fetch(`${url}/v2/${path}`, { method: 'POST', headers, body: JSON.stringify(body) }));
  return {
    ...simulator,
    create: (fields?: object) => post('video_generation', aCreate(fields)),
    regenerate: (body: object) => post('video_regeneration', body),
    enhance: (body: object) => post('h3_context_ir', body),
    task: (id: string) => read(get(`/v2/query/video_generation/${id}`)),
    list: (query = '') => read(get(`/v2/query/video_generation${query}`)),
    remove: (id: string) => read(get(`/v2/video_generation/${id}`, { method: 'DELETE', headers })),
  };
}

describe('the second generation', () => {
  test('makes a task, which is queued, runs and succeeds', async () => {
    const { create, task, clock } = await start();
    const { task_id: id, status } = await create();
    expect(status).toBe(200);
    expect((await task(id)).task).toMatchObject({
      ...{ id, status: 'queued', usage: {}, duration: 5, task_type: 'generation' },
    });
    clock.ms += 300;
    expect((await task(id)).task.status).toBe('running');
    clock.ms += 700;
    expect((await task(id)).task).toMatchObject({
      ...{ status: 'succeeded', content: { url: expect.stringMatching(/\.mp4$/) } },
      usage: { total_seconds: 5, input_seconds: 0, output_seconds: 5, input_image_count: 0 },
    });
  });

  test.each<[object, string]>([
    [{ model: 'MiniMax-Hailuo-02' }, 'this model is not supported by /v2/video_generation'],
    [{ duration: null }, 'expr_path=duration, cause=missing required parameter'],
    [{ content: [] }, 'content must include a non-empty text item (prompt is required)'],
    [{ ratio: 'adaptive' }, 'ratio is required'],
    [{ resolution: '480P' }, 'resolution'],
    [{ duration: '5' }, 'duration'],
    [{ extra: { prompt_expansion_mode: 'quality' } }, 'extra'],
  ])('refuses %j', async (fields, what) => {
    const { create } = await start();
    const { error, ...answer } = await create(fields);
    expect(answer).toMatchObject({ status: 400, type: 'error', request_id: expect.any(String) });
    expect(error).toMatchObject({ type: 'bad_request_error', http_code: '400' });
    expect(error.message).toContain(what);
    expect(error.message).toMatch(/^invalid params, .*\(2013\)$/);
  });

  test('takes uploads, to which creates may refer for seven days', async () => {
    const { url, create, clock } = await start();
    const upload = async (
      content: string,
      purpose = 'video_generation_input',
      key = 'Bearer k',
    ) => {
      const body = new FormData();
      body.append('file', new Blob([content]), 'boat.mp4');
      body.append('purpose', purpose);
      const headers = { Authorization: key };
      const answer = await fetch(`${url}/v1/files/upload`, { method: 'POST', headers, body });
      return [answer.status, await answer.json()] as [number, Json];
    };
    const [status, { file, base_resp }] = await upload('....ftyp');
    expect([status, base_resp.status_code]).toEqual([200, 0]);
    expect(file).toEqual({
      ...{ file_id: expect.any(Number), bytes: 8, created_at: Math.floor(clock.ms / 1000) },
      ...{ filename: 'boat.mp4', purpose: 'video_generation_input' },
    });
    expect(Number.isSafeInteger(file.file_id)).toBe(true);
    for (const refused of [upload('a text'), upload('....ftyp', 'retrieval')]) {
      expect(await refused).toEqual([
        400,
        { base_resp: expect.objectContaining({ status_code: 2013 }) },
      ]);
    }
    const [ofStranger, { base_resp: refusal }] = await upload('....ftyp', undefined, '');
    expect([ofStranger, refusal.status_code]).toEqual([200, 1004]);
    const video_url = { url: `mm_file://${file.file_id}` };
    const content = [
      ...aCreate().content,
      { type: 'video_url', video_url, role: 'reference_video' },
    ];
    expect((await create({ content })).status).toBe(200);
    clock.ms += 7 * 24 * 3_600_000 + 1_000;
    const { error } = await create({ content });
    expect(error.message).toContain('the file of reference_video has expired');
  });

  test('lists the newest first, a page at a time, also those whose answer was lost', async () => {
    const { create, list, clock } = await start();
    const { task_id: first } = await create();
    await create({ content: [{ type: 'text', text: 'A cat #sim:submit-504' }] });
    expect(await list()).toMatchObject({ total: 1, items: [{ id: first }] });
    clock.ms += 2_000;
    const { items, total } = await list('?page_size=1');
    expect([total, items.length]).toEqual([2, 1]);
    expect(items[0].id).not.toBe(first);
    expect(await list('?page_size=1&page_num=2')).toMatchObject({ items: [{ id: first }] });
    expect(await list(`?filter.task_ids=${first}`)).toMatchObject({ total: 1 });
  });

  test('cancels what is queued, removes what has ended, and stops nothing that runs', async () => {
    const { create, remove, task, clock } = await start();
    const { task_id: id } = await create();
    const { task_id: other } = await create();
    expect(await remove(id)).toMatchObject({ action: 'cancelled', status: 'cancelled' });
    expect((await task(id)).task.status).toBe('cancelled');
    clock.ms += 500;
    expect(await remove(other)).toMatchObject({ status: 400 });
    clock.ms += 500;
    expect(await remove(other)).toMatchObject({ action: 'deleted', status: 'deleted' });
    expect((await task(other)).error.message).toContain('invalid task_id (2013)');
    expect((await task('424010985738629')).error).toMatchObject({
      ...{ http_code: '500', message: 'record not found (1000)' },
    });
  });

  test('makes a video anew in 2K, from its task or from its inputs', async () => {
    const { create, regenerate, task, list, clock } = await start();
    const { task_id: source } = await create();
    const anew = { model: 'MiniMax-H3', resolution: '2K' };
    const text = { type: 'text', text: 'A cat' };
    const video = {
      ...{ type: 'video_url', role: 'base_video' },
      video_url: { url: 'https://example.com/v.mp4' },
    };
    const refusal = async (fields: object) =>
      (await regenerate({ ...anew, ...fields })).error.message;
    expect(await refusal({ source_task_id: source })).toContain('invalid source_task_id');
    clock.ms += 1_000;
    expect(await refusal({})).toContain('exactly one of');
    expect(await refusal({ source_task_id: source, content: [text, video] })).toContain('exactly');
    expect(await refusal({ content: [text] })).toContain('exactly one base_video');
    expect(await refusal({ source_task_id: source, resolution: '768P' })).toContain('must be 2K');
    for (const from of [{ source_task_id: source }, { content: [text, video] }]) {
      const { task_id: id } = await regenerate({ ...anew, ...from });
      clock.ms += 1_000;
      expect((await task(id)).task).toMatchObject({
        ...{ model: 'MiniMax-H3', status: 'succeeded', resolution: '2K', ratio: '' },
        ...{ task_type: 'regeneration', usage: { output_seconds: 6 } },
      });
      expect(await refusal({ source_task_id: id })).toContain('invalid source_task_id');
    }
    expect(await list('?filter.task_type=regeneration')).toMatchObject({ total: 2 });
  });

  test('makes a prompt better, and no video of it', async () => {
    const { enhance, task, list, get, clock } = await start();
    const wish = aCreate({ resolution: undefined });
    const refusal = async (fields: object) => (await enhance({ ...wish, ...fields })).error.message;
    expect(await refusal({ model: 'MiniMax-H3-Max' })).toContain('not supported by /v2/h3_');
    expect(await refusal({ duration: 3 })).toContain('from 4 to 15');
    expect(await refusal({ ratio: 'adaptive' })).toContain('ratio is required');
    expect(await refusal({ content: [] })).toContain('non-empty text item');
    const { task_id: id } = await enhance(wish);
    expect((await task(id)).task).toMatchObject({ status: 'queued', usage: {} });
    clock.ms += 1_000;
    const { task: done } = await task(id);
    expect(done).toMatchObject({
      ...{ model: 'MiniMax-H3', status: 'succeeded', duration: 5, ratio: '16:9' },
      ...{ task_type: 'h3_context_ir', modality: 'text' },
      usage: { total_tokens: 9090, prompt_tokens: 5664, completion_tokens: 3426 },
    });
    expect(Object.keys(done)).not.toContain('resolution');
    expect(Object.keys(done.content)).toEqual(['prompt']);
    expect(done.content.prompt).toMatch(
      /^integrated_multimodal_description: .+\noverall_soundscape: .+\nnon_diegetic_music: /,
    );
    expect(await list('?filter.task_type=h3_context_ir')).toMatchObject({ total: 1 });
    expect((await get(`/download/${id}.mp4`)).status).toBe(404);
  });

  test('forgets a task after seven days', async () => {
    const { create, task, clock } = await start();
    const { task_id: id } = await create();
    clock.ms += 7 * 24 * 3_600_000 + 2_000;
    expect(await task(id)).toMatchObject({ status: 400 });
  });

  test('refuses a request without a key, and one to nowhere', async () => {
    const { url, get } = await start();
    const answer = await fetch(`${url}/v2/query/video_generation`);
    expect(answer.status).toBe(401);
    expect(((await answer.json()) as Json).error.message).toContain('(1004)');
    const nowhere = await get('/v2/query/video_generation/list/1');
    expect([nowhere.status, await nowhere.text()]).toEqual([404, '404 page not found']);
  });
});

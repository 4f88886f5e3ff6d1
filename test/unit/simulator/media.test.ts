import { afterEach, describe, expect, test } from '@jest/globals';
import { readRange } from '../../../src/simulator/media.ts';
import { OUTPUTS, readVideo } from '../../../src/simulator/v1/videos.ts';
import { closeAll, startSimulator } from './helpers.ts';

afterEach(closeAll);

/** The boxes of an MP4, one level deep. */
function boxesOf(bytes: Buffer): { type: string; content: Buffer }[] {
  const boxes = [];
  for (let at = 0; at < bytes.length;) {
    const size = bytes.readUInt32BE(at);
    expect(size).toBeGreaterThanOrEqual(8);
    boxes.push({
      type: bytes.toString('latin1', at + 4, at + 8),
      content: bytes.subarray(at + 8, at + size),
    });
    at += size;
  }
  return boxes;
}

function boxIn(bytes: Buffer, ...path: string[]): Buffer {
  return path.reduce(
    (content, type) => boxesOf(content).find((box) => box.type === type)!.content,
    bytes,
  );
}

/** A plain comparison: when two videos differ, jest would take minutes to show where. */
async function holds(answer: Response, bytes: Buffer): Promise<boolean> {
  return bytes.equals(Buffer.from(await answer.arrayBuffer()));
}

async function aFile(fields: Record<string, unknown> = {}) {
  const simulator = await startSimulator();
  const { task_id } = await simulator.submit({ prompt: '#sim:fast', ...fields });
  const { file_id } = await simulator.query(task_id);
  const { file } = await simulator.retrieve(file_id);
  return { ...simulator, file_id, link: new URL(file.download_url) };
}

describe('the sample videos', () => {
  test.each(OUTPUTS)(
    '$resolution for $durationSeconds s is a real MP4 of that size and length',
    async (output) => {
      const video = await readVideo(output);
      const boxes = boxesOf(video).map(({ type }) => type);
      expect(boxes[0]).toBe('ftyp');
      // The index comes first, so that playing starts before all is loaded.
      expect(boxes.indexOf('moov')).toBeLessThan(boxes.indexOf('mdat'));

      const track = boxIn(video, 'moov', 'trak', 'tkhd');
      expect(track.readUInt32BE(track.length - 8) / 65536).toBe(output.width);
      expect(track.readUInt32BE(track.length - 4) / 65536).toBe(output.height);
      const header = boxIn(video, 'moov', 'mvhd');
      expect(header.readUInt32BE(16) / header.readUInt32BE(12)).toBe(output.durationSeconds);
      const codec = boxIn(video, 'moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd');
      expect(codec.toString('latin1', 12, 16)).toBe('avc1');
      expect(boxesOf(boxIn(video, 'moov')).filter(({ type }) => type === 'trak')).toHaveLength(1);
    },
  );

  test('all of them together stay small', async () => {
    const videos = await Promise.all(OUTPUTS.map(readVideo));
    expect(videos.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(400_000);
  });

  test('a task id has one digit for them', () => {
    expect(OUTPUTS.length).toBeLessThanOrEqual(10);
  });
});

describe('downloads', () => {
  test('the link gives the whole video without a key', async () => {
    const { link } = await aFile();
    const answer = await fetch(link);
    expect(answer.headers.get('content-type')).toBe('video/mp4');
    expect(answer.headers.get('accept-ranges')).toBe('bytes');
    expect(await holds(answer, await readVideo(OUTPUTS[0]!))).toBe(true);
  });

  test('with the key, the bytes come without a link', async () => {
    const { get, file_id } = await aFile({ duration: 10 });
    const answer = await get(`/v1/files/retrieve_content?file_id=${file_id}`);
    expect(await holds(answer, await readVideo(OUTPUTS[1]!))).toBe(true);
  });

  test('a part is sent to who asks for a part', async () => {
    const { link } = await aFile();
    const video = await readVideo(OUTPUTS[0]!);
    const answer = await fetch(link, { headers: { range: 'bytes=100-199' } });
    expect(answer.status).toBe(206);
    expect(answer.headers.get('content-range')).toBe(`bytes 100-199/${video.length}`);
    expect(await holds(answer, video.subarray(100, 200))).toBe(true);
  });

  test('a part beyond the end is 416 with the real length', async () => {
    const { link } = await aFile();
    const { length } = await readVideo(OUTPUTS[0]!);
    const answer = await fetch(link, { headers: { range: `bytes=${length}-` } });
    expect(answer.status).toBe(416);
    expect(answer.headers.get('content-range')).toBe(`bytes */${length}`);
  });

  test('HEAD tells type and length', async () => {
    const { link } = await aFile();
    const answer = await fetch(link, { method: 'HEAD' });
    const { length } = await readVideo(OUTPUTS[0]!);
    expect(answer.headers.get('content-type')).toBe('video/mp4');
    expect(answer.headers.get('content-length')).toBe(String(length));
    expect((await answer.arrayBuffer()).byteLength).toBe(0);
  });

  test('a link works until its last second and then gives 403 and XML', async () => {
    const { link, clock, retrieve, file_id } = await aFile();
    const expires = Number(link.searchParams.get('Expires'));
    clock.ms = expires * 1000 - 1;
    expect((await fetch(link)).status).toBe(200);
    clock.ms = expires * 1000;
    const answer = await fetch(link);
    expect(answer.status).toBe(403);
    expect(answer.headers.get('content-type')).toBe('application/xml');
    expect(await answer.text()).toMatch(
      /<Code>AccessDenied<\/Code>\s*<Message>Request has expired/,
    );
    const renewed = await retrieve(file_id);
    expect((await fetch(renewed.file.download_url)).status).toBe(200);
  });

  test.each([
    ['a longer life', (link: URL) => link.searchParams.set('Expires', '99999999999')],
    ['another signature', (link: URL) => link.searchParams.set('Signature', 'x')],
    ['no signature', (link: URL) => link.searchParams.delete('Signature')],
    ['another file', (link: URL) => (link.pathname = '/download/512345678011001.mp4')],
  ])('a link changed to %s is refused', async (_what, change) => {
    const { link } = await aFile();
    change(link);
    expect((await fetch(link)).status).toBe(403);
  });
});

describe('reading a Range header', () => {
  test.each([
    ['bytes=0-', { first: 0, last: 99 }],
    ['bytes=10-19', { first: 10, last: 19 }],
    ['bytes=90-500', { first: 90, last: 99 }],
    ['bytes=-5', { first: 95, last: 99 }],
    ['bytes=-500', { first: 0, last: 99 }],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=20-10', undefined],
    ['bytes=0-1,5-6', undefined],
    ['bytes=-', undefined],
    ['lines=1-2', undefined],
    [undefined, undefined],
  ])('%s of 100 bytes', (header, range) => {
    expect(readRange(header, 100)).toEqual(range);
  });
});

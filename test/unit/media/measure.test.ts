import { describe, expect, test } from '@jest/globals';
import { measureFile } from '../../../src/media/measure.ts';
import { misfitOf } from '../../../src/minimax/measured-media.ts';
import { imageLimits } from '../../../src/minimax/v1/models.ts';
import { limitsOf } from '../../../src/minimax/v2/models.ts';
import { inMemory } from '../../support/file-bytes.ts';
import { anMp3, anMp4, aWav, mp4Of, table } from '../../support/clips.ts';
import {
  aHeic,
  aJpeg,
  aPng,
  aWebp,
  heifBox,
  pngChunk,
  webpChunk,
  webpOf,
} from '../../support/images.ts';

const measure = (bytes: Buffer) => measureFile(inMemory(bytes));

describe('a file is measured by its bytes', () => {
  const shape = { width: 640, height: 480 };
  const none = { seconds: null, framesPerSecond: null };
  test.each<[string, Buffer, object]>([
    ['image/png', aPng(), { kind: 'IMAGE', format: 'PNG', ...shape, ...none }],
    ['image/jpeg', aJpeg(), { kind: 'IMAGE', format: 'JPEG', ...shape, ...none }],
    ['image/webp', aWebp(), { kind: 'IMAGE', format: 'WEBP', ...shape, ...none }],
    ['image/heic', aHeic(), { kind: 'IMAGE', format: 'HEIC', ...shape, ...none }],
    [
      'video/mp4',
      anMp4(),
      { kind: 'VIDEO', format: 'MP4', width: 1366, height: 768, seconds: 6, framesPerSecond: 24 },
    ],
    ['audio/wav', aWav(3), { kind: 'AUDIO', format: 'WAV', seconds: 3, width: null }],
    ['audio/mpeg', anMp3(3), { kind: 'AUDIO', format: 'MP3', width: null }],
  ])('%s', async (mediaType, bytes, expected) => {
    const { media } = await measure(bytes);
    expect(media).toMatchObject({ mediaType, bytes: bytes.length, ...expected });
  });

  test('the length of an MP3 is that of its frames', async () => {
    const { media } = await measure(anMp3(3));
    expect(media!.seconds).toBeCloseTo(3, 1);
  });

  test('a QuickTime movie is told from an MP4 by its brand', async () => {
    const movie = Buffer.from(anMp4());
    movie.write('qt  ', 8, 'latin1');
    const { media } = await measure(movie);
    expect(media).toMatchObject({ format: 'MOV', mediaType: 'video/quicktime', width: 1366 });
  });
});

/** Each is refused with its own message, before anything is kept or paid. */
describe('a hostile or broken file', () => {
  const text = (value: string) => Buffer.from(value);
  const boxes = (...inner: Buffer[]) =>
    mp4Of(heifBox('moov', ...inner), heifBox('mdat', Buffer.alloc(64)));
  const deep = (depth: number): Buffer =>
    depth === 0 ? Buffer.alloc(0) : heifBox('moov', deep(depth - 1));
  const zip = Buffer.concat([text('PK\x05\x06'), Buffer.alloc(18)]);
  const hugePng = Buffer.from(aPng());
  hugePng.writeUInt32BE(60_000, 16);
  hugePng.writeUInt32BE(60_000, 20);
  const frames = (count: number) =>
    webpOf([
      webpChunk('VP8X', Buffer.from('02000000 7f0200 df0100'.replaceAll(' ', ''), 'hex')),
      ...Array.from({ length: count }, () => webpChunk('ANMF', Buffer.alloc(16))),
    ]);
  const cutWav = aWav(3).subarray(0, -1_000);

  test.each<[string, Buffer, string, RegExp]>([
    ['without a byte', Buffer.alloc(0), 'MEDIA_EMPTY', /is empty/],
    ['SVG', text('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'MEDIA_FORMAT_UNSUPPORTED', /SVG/],
    [
      'SVG behind comments',
      text('<?xml version="1.0"?><!-- x --><svg/>'),
      'MEDIA_FORMAT_UNSUPPORTED',
      /SVG/,
    ],
    ['a web page', text('<!doctype html><p>'), 'MEDIA_FORMAT_UNSUPPORTED', /a web page/],
    ['a program', text('MZ\x90\0'), 'MEDIA_FORMAT_UNSUPPORTED', /a program/],
    ['a GIF', text('GIF89a\x01\0\x01\0'), 'MEDIA_FORMAT_UNSUPPORTED', /a GIF/],
    ['an AVIF', mp4Of().fill('avif', 8, 12), 'MEDIA_FORMAT_UNSUPPORTED', /an AVIF/],
    ['words', text('hello'), 'MEDIA_FORMAT_UNSUPPORTED', /nothing that MiniMax takes/],
    ['a PNG that is cut off', aPng().subarray(0, -20), 'IMAGE_INVALID', /stops before/],
    ['a PNG and a ZIP', Buffer.concat([aPng(), zip]), 'IMAGE_INVALID', /a ZIP archive as well/],
    ['a JPEG and a PDF', withComment('%PDF-1.7'), 'IMAGE_INVALID', /a PDF as well/],
    ['a JPEG and a script', withComment('<script>'), 'IMAGE_INVALID', /a script as well/],
    ['a PNG of 3,600 million pixels', hugePng, 'IMAGE_DIMENSIONS_UNSUPPORTED', /60000×60000/],
    ['a WebP of 1,001 pictures', frames(1_001), 'IMAGE_INVALID', /animation of 1001/],
    ['a WebP of 60,000 parts', frames(60_000), 'IMAGE_INVALID', /far more parts/],
    [
      'a PNG of 60,000 chunks',
      aPng(
        {},
        Array.from({ length: 60_000 }, () => pngChunk('tEXt', Buffer.alloc(0))),
      ),
      'IMAGE_INVALID',
      /far more parts/,
    ],
    ['an MP4 that is cut off', anMp4().subarray(0, -1), 'REFERENCE_INVALID', /stops before/],
    ['an MP4 without content', mp4Of(heifBox('moov')), 'REFERENCE_INVALID', /stops before/],
    ['an MP4 nested deeply', boxes(deep(40)), 'REFERENCE_INVALID', /far more parts/],
    [
      'an MP4 of 30,000 boxes',
      boxes(...Array.from({ length: 30_000 }, () => heifBox('free'))),
      'REFERENCE_INVALID',
      /far more parts/,
    ],
    [
      'an MP4 of 4 billion samples',
      stbl(table('stsz', 1, 0xffffffff)),
      'REFERENCE_INVALID',
      /far more/,
    ],
    [
      'an MP4 of one time for 4 billion samples',
      stbl(table('stts', 1, 0xffffffff, 1)),
      'REFERENCE_INVALID',
      /far more/,
    ],
    [
      'an MP4 of 400,000 samples in several tables',
      stbl(Buffer.concat(Array.from({ length: 8 }, () => table('stts', 1, 50_000, 1)))),
      'REFERENCE_INVALID',
      /far more/,
    ],
    [
      'an MP4 of 4 billion samples in a chunk',
      stbl(table('stsc', 1, 1, 0xffffffff, 1)),
      'REFERENCE_INVALID',
      /far more/,
    ],
    [
      'a JPEG of nothing',
      Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(30_000_000)]),
      'IMAGE_INVALID',
      /size cannot be read/,
    ],
    [
      'an MP4 with a table that lies',
      stbl(table('stco', 1_000)),
      'REFERENCE_INVALID',
      /do not fit/,
    ],
    [
      'an MP4 with a box larger than the one around it',
      boxes(Buffer.from('7fffffff74726b00', 'hex')),
      'REFERENCE_INVALID',
      /do not fit/,
    ],
    ['an MP4 and a ZIP', Buffer.concat([anMp4(), zip]), 'REFERENCE_INVALID', /a ZIP archive/],
    [
      'an MP4 without tracks',
      boxes(table('mvhd', ...Array<number>(24).fill(0))),
      'REFERENCE_INVALID',
      /no picture|cannot be read/,
    ],
    ['a WAV that is cut off', cutWav, 'REFERENCE_INVALID', /stops before/],
    [
      'an MP3 of nothing',
      Buffer.alloc(5_000, 0xff),
      'REFERENCE_INVALID',
      /cannot be read|no sound/,
    ],
    ['a WAV of more than 15 MiB', aWav(2_000), 'REFERENCE_TOO_LARGE', /takes at most 15728640/],
  ])('%s is refused', async (_name, bytes, code, message) => {
    const { problem } = await measure(bytes);
    expect(problem).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  function stbl(inner: Buffer): Buffer {
    const { length } = inner;
    expect(length).toBeGreaterThan(0);
    return boxes(heifBox('trak', heifBox('mdia', heifBox('minf', heifBox('stbl', inner)))));
  }

  function withComment(comment: string): Buffer {
    const jpeg = aJpeg();
    const head = Buffer.from([0xff, 0xfe, 0, comment.length + 2]);
    return Buffer.concat([jpeg.subarray(0, 2), head, text(comment), jpeg.subarray(2)]);
  }
});

describe('what was measured is held against the limits of a field', () => {
  const video = limitsOf('VIDEO');
  const mp4 = {
    ...{ kind: 'VIDEO' as const, format: 'MP4', mediaType: 'video/mp4', bytes: 1_000 },
    ...{ width: 1366, height: 768, seconds: 6, framesPerSecond: 24 },
  };
  const png = {
    ...mp4,
    kind: 'IMAGE' as const,
    format: 'PNG',
    seconds: null,
    framesPerSecond: null,
  };

  test.each([
    ['a video', mp4, video],
    ['a video with the rate of films', { ...mp4, framesPerSecond: 23.976 }, video],
    ['an image', png, imageLimits],
  ])('%s fits', (_name, media, limits) => {
    expect(misfitOf(media, limits)).toBeNull();
  });

  test.each([
    ['an image for a video', png, video, 'REFERENCE_FORMAT_UNSUPPORTED'],
    ['a video for an image', mp4, imageLimits, 'IMAGE_FORMAT_UNSUPPORTED'],
    [
      'HEIC of the first generation',
      { ...png, format: 'HEIC' },
      imageLimits,
      'IMAGE_FORMAT_UNSUPPORTED',
    ],
    ['too many bytes', { ...mp4, bytes: 50 * 1024 * 1024 + 1 }, video, 'REFERENCE_TOO_LARGE'],
    [
      'too short a side',
      { ...mp4, height: 255, width: 300 },
      video,
      'REFERENCE_DIMENSIONS_UNSUPPORTED',
    ],
    ['too long a side', { ...mp4, width: 5761 }, video, 'REFERENCE_DIMENSIONS_UNSUPPORTED'],
    ['too wide', { ...mp4, width: 2000 }, video, 'REFERENCE_DIMENSIONS_UNSUPPORTED'],
    ['too short', { ...mp4, seconds: 1.8 }, video, 'REFERENCE_LENGTH_NOT_SUPPORTED'],
    ['too long', { ...mp4, seconds: 15.2 }, video, 'REFERENCE_LENGTH_NOT_SUPPORTED'],
    ['too slow', { ...mp4, framesPerSecond: 20 }, video, 'REFERENCE_FRAME_RATE_UNSUPPORTED'],
    ['too fast', { ...mp4, framesPerSecond: 61 }, video, 'REFERENCE_FRAME_RATE_UNSUPPORTED'],
  ])('%s is refused', (_name, media, limits, code) => {
    expect(misfitOf(media, limits)).toMatchObject({ code });
  });
});

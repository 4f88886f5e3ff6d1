import { describe, expect, test } from '@jest/globals';
import { readSubmitBody } from '../../../../src/drop-in/v1/read-body.ts';

const usual = { model: 'MiniMax-Hailuo-02', prompt: 'a boat' };

describe('a field that looks like an image', () => {
  test.each([
    ...['image', 'image_url', 'firstFrameImage', 'img', 'input_image', 'last_frame'],
    ...['start_frame', 'end_frame', 'frame', 'keyframes', 'media', 'init', 'input_urls', 'file'],
  ])('(%s) and is none of this API is refused by name', (key) => {
    const said = readSubmitBody({ ...usual, [key]: 'https://example.com/a' });
    expect(said).toContain(`"${key}" is no field of this API`);
    expect(said).toContain('first_frame_image');
  });

  test.each([
    { image: null },
    { image: '' },
    { image: false, images: [], image_url: {}, image_count: 0 },
    { images: [''], reference_videos: [null, ' '] },
    { frame_rate: 24 },
    { num_frames: 48 },
    { 'first_frame_image ': 'https://e.com/a.png' },
  ])('and says nothing, or is one but for a blank, is taken (%j)', (more) => {
    expect(readSubmitBody({ ...usual, ...more })).toMatchObject(usual);
  });
});

test.each([
  'data:image/png;base64,AAAA',
  ' data:image/png;base64,AAAA',
  'https://example.com/a.png',
  ['https://example.com/a.JPG?size=2'],
  { a: 'https://example.com/a.mp4#t=1' },
  ['data:image/png;base64,AAAA'],
  { a: 'data:image/png,A' },
  { settings: { image_url: 'https://example.com/a.png' } },
  'https://example.com/abc?id=1',
  { 'data:image/png;base64,AAAA': '' },
  [{ role: 'user', content: [{ image_url: { url: 'https://example.com/a' } }] }],
  'mm_file://123',
  '//example.com/a.png',
  'www.example.com/a',
  '/pictures/a.png',
  'abc.mp4',
  'file-123',
  { of: ['f_12345'] },
  'Qk02AAAAAAAAADYAAAAoAAAAAQAAAAEAAAABABgAAAAAAAAAAAA',
  `TU0AKg${'A'.repeat(100)}`,
  'asset://123',
  'media:0b9f7c1e-5a0e-4b6f-9d53-0c7a4f6f2f10',
  'data:application/octet-stream;base64,iVBORw0KGgo=',
  'data:;base64,iVBORw0KGgo=',
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ',
  '/9j/4AAQSkZJRgABAQEASABIAAD',
  'AAAAIGZ0eXBpc29tAAACAGlzb20=',
])('an image under any other name is refused (%j)', (input) => {
  expect(readSubmitBody({ ...usual, input })).toContain('"input" is no field of this API');
});

test.each([
  ['video', 'https://example.com/a'],
  ['content', [{ type: 'image_url', image_url: { url: 'mm_file://123' }, role: 'first_frame' }]],
  ['options', { images: ['https://example.com/a'] }],
  ['content', [{ type: 'image_url', image_url: { file_id: '123' } }]],
  ['file_id', '123'],
  ['file_id', 123],
  ['references', ['file-1']],
  ['reference_ids', [7]],
  ['mediaIds', ['1']],
  ['ref_images', ['1']],
  ['keyframes', [{ id: '1' }]],
  ['last_frame', { filename: 'a.png' }],
  ['base_video', '1'],
  ['source_task_id', '106916112212032'],
  ['image', 'my boat 2.png'],
])('%s of another API is refused by name', (key, value) => {
  expect(readSubmitBody({ ...usual, [key]: value })).toContain(`"${key}" is no field of this API`);
});

test('what stands beside the image of a subject is refused by name', () => {
  const subject = { image: ['https://example.com/a'], second: 'https://example.com/b' };
  expect(readSubmitBody({ ...usual, subject_reference: [subject] })).toContain('"second" is no');
});

test.each(['callback', 'webhookUrl', 'notify_url'])(
  'an address to be told at is none (%s)',
  (key) => {
    const said = readSubmitBody({ ...usual, [key]: 'https://me.example.com/done' });
    expect(said).toContain(`${key} is not supported: this service calls nobody back`);
  },
);

test.each([
  { user: 'me', metadata: { order: 'data: none', page: 'see https://example.com' } },
  { seed: 7, negative_prompt: 'video: blurred', callback: false, webhook: '' },
  { ratio: '16:9', path: '/9j/', sound: true },
  { user: 'https://example.com/me', metadata: { page: 'https://example.com', file_id: '123' } },
  { photorealistic: true, frames: 121, num_frames: '121', image_count: 1, media: 'video' },
  { image_size: '1024x1024', video_quality: '720p', input_type: 'text', references: 'none' },
  { settings: { 'image-1': 3, 'a.png': 1 } },
  { id: 'file-1', request_id: '123', task_id: '456', image_name: 'a boat 2', file_name: 'a.png' },
])('what names none is ignored, as MiniMax ignores it (%j)', (more) => {
  expect(readSubmitBody({ ...usual, ...more })).toMatchObject(usual);
});

test('a field that nobody knows may be nested deeper than the stack is', () => {
  const deep = (held: string) => JSON.parse('['.repeat(100_000) + held + ']'.repeat(100_000));
  expect(readSubmitBody({ ...usual, other: deep('1') })).toMatchObject(usual);
  expect(readSubmitBody({ ...usual, other: deep('"data:image/png;base64,AAAA"') })).toContain(
    '"other" is no field of this API',
  );
});

test.each(['first_frame_image', 'last_frame_image', 'duration', 'resolution', 'prompt'])(
  'an empty list is no way to leave %s out',
  (key) => {
    expect(readSubmitBody({ ...usual, [key]: [] })).toContain(`${key} must be`);
  },
);

test.each([
  'a '.repeat(500_000),
  '1'.repeat(1_000_000),
  'A'.repeat(1_000_000) + '.',
  ' '.repeat(1_000_000) + 'x',
])('a long text is looked through in no time', (long) => {
  const started = performance.now();
  readSubmitBody({ ...usual, image: long, [long]: 1, [`image_${long}`]: long });
  expect(performance.now() - started).toBeLessThan(1_000);
});

test('half a surrogate pair is refused', () => {
  expect(readSubmitBody({ ...usual, prompt: 'a \ud800' })).toContain('surrogate');
});

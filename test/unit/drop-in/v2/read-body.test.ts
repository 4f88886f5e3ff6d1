import { expect, test } from '@jest/globals';
import { readCreateBody } from '../../../../src/drop-in/v2/read-body.ts';

const usual = { model: 'MiniMax-H3', resolution: '768P', duration: 5, ratio: '16:9' };
const text = { type: 'text', text: 'a boat' };
const url = 'https://example.com/a.png';

test.each([
  [{ ...text, image_url: { url } }, 'image_url'],
  [{ ...text, image: url }, 'image'],
  [{ ...text, source: { data: 'data:image/png;base64,AAAA' } }, 'source'],
])('an image that hangs on the text is refused by name (%j)', (item, key) => {
  const said = readCreateBody({ ...usual, content: [item] });
  expect(said).toContain(`"${key}" is no field of this API`);
  expect(said).toContain('of type image_url');
});

test.each([
  ['subject_reference', [{ type: 'character', image: ['https://example.com/a'] }]],
  ['reference_videos', ['https://example.com/a']],
  ['reference_audios', ['123']],
  ['first_frame_image', 'https://example.com/a'],
  ['references', ['file-1']],
  ['character', 'file-abc123'],
  ['video', 'abc.mp4'],
  ['source_task_id', '1'],
  ['extra_body', { image: { url: 'https://example.com/a' } }],
])('%s of another API is refused by name', (key, value) => {
  const said = readCreateBody({ ...usual, content: [text], [key]: value });
  expect(said).toContain(`"${key}" is no field of this API`);
});

test('so is an address beside the one of an image', () => {
  const image = { type: 'image_url', image_url: { url, last: url } };
  expect(readCreateBody({ ...usual, content: [text, image] })).toContain('"last" is no field');
});

test('so is one beside a video or a sound', () => {
  const video = {
    type: 'video_url',
    video_url: { url },
    role: 'reference_video',
    image_url: { url },
  };
  expect(readCreateBody({ ...usual, content: [text, video] })).toContain('"image_url" is no field');
});

test('what is said of an image beside it is ignored', () => {
  const said = { url, detail: 'high', mime_type: 'image/png', filename: 'a.png', image_name: 'a' };
  const image = { type: 'image_url', id: 'file_1', image_url: said, role: 'first_frame' };
  expect(readCreateBody({ ...usual, content: [text, image] })).toMatchObject({
    firstFrameImage: url,
  });
});

test('one that says nothing is taken, and so is an item of its own', () => {
  const image = { type: 'image_url', image_url: { url }, role: 'first_frame' };
  const content = [{ ...text, image_url: null }, image];
  expect(readCreateBody({ ...usual, content })).toMatchObject({
    prompt: 'a boat',
    firstFrameImage: url,
  });
});

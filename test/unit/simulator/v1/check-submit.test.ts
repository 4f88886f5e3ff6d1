import { describe, expect, test } from '@jest/globals';
import { checkSubmit } from '../../../../src/simulator/v1/check-submit.ts';
import { OUTPUTS } from '../../../../src/simulator/v1/videos.ts';
import { aSubmit } from '../helpers.ts';

const png = `data:image/jpeg;base64,${Buffer.from('89504e470d0a1a0a0000', 'hex').toString('base64')}`;
const webp = `data:image/webp;base64,${Buffer.from('RIFF0000WEBPVP8 ').toString('base64')}`;
const jpg = `data:image/jpeg;base64,${Buffer.from('ffd8ffe000104a464946', 'hex').toString('base64')}`;
const first = { first_frame_image: 'https://example.com/first.jpg' };
const last = { last_frame_image: 'https://example.com/last.jpg' };
const subject = {
  subject_reference: [{ type: 'character', image: ['https://example.com/a.png'] }],
};

function sizeOf(fields: Record<string, unknown>) {
  const submit = checkSubmit(aSubmit(fields));
  if (typeof submit === 'string') return submit;
  const { resolution, durationSeconds } = OUTPUTS[submit.output]!;
  return `${resolution} ${durationSeconds}`;
}

describe('what a submit may ask for', () => {
  test.each([
    [{}, '768P 6'],
    [{ duration: 10 }, '768P 10'],
    [{ resolution: '1080P' }, '1080P 6'],
    [{ model: 'MiniMax-Hailuo-2.3', ...first, duration: 10 }, '768P 10'],
    [{ model: 'MiniMax-Hailuo-2.3-Fast', ...first, prompt: undefined }, '768P 6'],
    [{ model: 'MiniMax-Hailuo-02', ...first, resolution: '512P', duration: 10 }, '512P 10'],
    [{ model: 'MiniMax-Hailuo-02', ...first, ...last }, '768P 6'],
    [{ model: 'MiniMax-Hailuo-02', ...last }, '768P 6'],
    [{ model: 'T2V-01-Director' }, '720P 6'],
    [{ model: 'T2V-01' }, '720P 6'],
    [{ model: 'I2V-01', ...first }, '720P 6'],
    [{ model: 'I2V-01-live', ...first, duration: 6, resolution: '720P' }, '720P 6'],
    [{ model: 'I2V-01-Director', ...first }, '720P 6'],
    [{ model: 'S2V-01', ...subject }, '720P 6'],
    [{ model: 'S2V-01', ...subject, duration: 6, resolution: '1080P' }, '1080P 6'],
  ])('%j gives %s', (fields, size) => {
    expect(sizeOf(fields)).toBe(size);
  });

  test.each([
    ['no model', { model: undefined }, 'model is required'],
    ['an unknown model', { model: 'minimax-hailuo-2.3' }, 'model minimax-hailuo-2.3 is unknown'],
    ['a name every object has', { model: 'toString' }, 'model toString is unknown'],
    [
      'Fast without an image',
      { model: 'MiniMax-Hailuo-2.3-Fast' },
      /does not support text-to-video/,
    ],
    ['a last frame with 2.3', { ...first, ...last }, /does not support first-and-last-frame/],
    ['512P without an image', { model: 'MiniMax-Hailuo-02', resolution: '512P' }, /512P/],
    [
      '512P with a last frame',
      { model: 'MiniMax-Hailuo-02', resolution: '512P', ...first, ...last },
      /512P/,
    ],
    ['1080P for 10 s', { resolution: '1080P', duration: 10 }, /1080P with duration 10/],
    ['a resolution in lower case', { resolution: '768p' }, /768p/],
    ['a duration of 5 s', { duration: 5 }, /duration 5/],
    ['a duration of 0 s', { duration: 0 }, /duration 0/],
    ['a duration in words', { duration: '6' }, 'duration must be a number'],
    ['1080P with a 01 model', { model: 'T2V-01', resolution: '1080P' }, /1080P/],
    ['a frame with S2V-01', { model: 'S2V-01', ...subject, ...first }, /excludes frame images/],
    ['S2V-01 without a subject', { model: 'S2V-01' }, /does not support text-to-video/],
    ['a subject that is a text', { model: 'S2V-01', subject_reference: 'x' }, /subject_reference/],
    [
      'two subjects',
      {
        model: 'S2V-01',
        subject_reference: [subject.subject_reference[0], subject.subject_reference[0]],
      },
      /subject_reference/,
    ],
    ['no prompt', { prompt: ' ' }, 'prompt is required'],
    ['a prompt of 2001 characters', { prompt: 'x'.repeat(2001) }, /at most 2000/],
    ['an optimizer switch in words', { prompt_optimizer: 'false' }, /must be a boolean/],
    ['an image without the data: head', { first_frame_image: jpg.slice(23) }, /data URL/],
    ['an image from a disk', { first_frame_image: 'file:///etc/passwd' }, /http\(s\) URL/],
    ['an image that is none', { first_frame_image: 'data:image/png;base64,aGVsbG8=' }, /JPG, PNG/],
    [
      'an image over 20 MB',
      { first_frame_image: `${png}${'A'.repeat(28 * 1024 * 1024)}` },
      /under 20 MB/,
    ],
  ])('%s is refused', (_what, fields, message) => {
    expect(checkSubmit(aSubmit(fields))).toEqual(
      typeof message === 'string' ? message : expect.stringMatching(message),
    );
  });

  test.each([null, [], 'text', undefined])('a body that is %j is refused', (body) => {
    expect(checkSubmit(body)).toBe('the body must be a JSON object');
  });

  test('2000 characters beyond the basic plane are a prompt that fits', () => {
    expect(sizeOf({ prompt: '🐈'.repeat(2000) })).toBe('768P 6');
  });

  test.each([png, jpg, webp])('an image is known by its first bytes, not by its label', (image) => {
    expect(sizeOf({ first_frame_image: image })).toBe('768P 6');
  });

  test('unknown keys are ignored, the seed’s key with a trailing blank among them', () => {
    expect(sizeOf({ 'prompt_optimizer ': 'nonsense', aspect_ratio: '16:9' })).toBe('768P 6');
  });

  test('null counts as absent', () => {
    expect(sizeOf({ duration: null, resolution: null, callback_url: null })).toBe('768P 6');
  });
});

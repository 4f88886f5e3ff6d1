import { describe, expect, test } from '@jest/globals';
import { checkRequest, type RequestInput } from '../../../src/upstream/check-request.ts';
import { regenerationPriceOf, usageCostOf } from '../../../src/upstream/cost.ts';
import { apiGenerationOf, findVideoModel } from '../../../src/upstream/models.ts';
import { aPng, asDataUrl, bigPngDataUrl, pngDataUrl } from '../../support/images.ts';

const url = 'https://example.com/a.png';
const clip = (seconds?: number) => ({ url: 'https://example.com/a.mp4', seconds });
const images = (count: number) => Array.from({ length: count }, () => url);

const a = (input: Partial<RequestInput> = {}): RequestInput => ({
  ...{ model: 'MiniMax-H3', prompt: 'a cat', aspectRatio: '16:9' },
  ...input,
});
const refusals = (input: Partial<RequestInput>, extra?: string[]) =>
  checkRequest(a(input), extra).problems.map(({ field, code }) => `${field.join('.')} ${code}`);
const warnings = (input: Partial<RequestInput>) =>
  checkRequest(a(input)).warnings.map(({ field, code }) => `${field.join('.')} ${code}`);

const max = { model: 'MiniMax-H3-Max' };
const framed = { aspectRatio: null, firstFrameImage: url };

describe('a request to the second generation', () => {
  test('has the warnings and refusals of an image where the image stands', () => {
    const clear = aPng();
    // With an alpha channel.
    clear[25] = 6;
    const broken = asDataUrl(aPng().subarray(0, -12), 'application/octet-stream');
    const references = { referenceImages: [url, asDataUrl(clear, ''), broken] };
    expect(warnings(references)).toEqual(['referenceImages.1 IMAGE_TRANSPARENT']);
    expect(refusals(references)).toEqual(['referenceImages.2 IMAGE_INVALID']);
    expect(warnings({ firstFrameImage: asDataUrl(clear) })).toContain(
      'firstFrameImage IMAGE_TRANSPARENT',
    );
  });

  test.each<[string, Partial<RequestInput>]>([
    ['text', {}],
    ['a first frame', framed],
    ['a last frame alone', { aspectRatio: null, lastFrameImage: url }],
    ['both frames', { ...framed, lastFrameImage: url }],
    ['as many references as there may be', { ...max, referenceImages: images(9) }],
    ['a reference video', { referenceVideos: [clip(15)] }],
    ['an adaptive ratio', { aspectRatio: 'adaptive', referenceImages: [url] }],
    ['a file at MiniMax', { ...framed, firstFrameImage: 'mm_file://424010985738629' }],
    ['an image of bytes', { ...framed, firstFrameImage: pngDataUrl({ width: 256, height: 256 }) }],
    ['7000 characters', { prompt: '🐈'.repeat(7000) }],
    ['15 seconds in 2K', { duration: 15, resolution: '2K' }],
    ['480P of the fast model', { ...max, duration: 5, resolution: '480P' }],
    ['an expansion of the prompt', { ...max, promptExpansion: 'QUALITY' }],
    ['a watermark', { aigcWatermark: true }],
  ])('with %s is let through', (_name, input) => {
    expect(refusals(input)).toEqual([]);
  });

  test.each<[string, Partial<RequestInput>, string[]]>([
    ['no prompt', { prompt: null }, ['prompt PROMPT_REQUIRED']],
    ['no prompt beside a frame', { ...framed, prompt: null }, ['prompt PROMPT_REQUIRED']],
    ['a blank prompt', { prompt: ' \u200b' }, ['prompt PROMPT_REQUIRED']],
    ['7001 characters', { prompt: 'x'.repeat(7001) }, ['prompt PROMPT_TOO_LONG']],
    ['no ratio for text', { aspectRatio: null }, ['aspectRatio ASPECT_RATIO_REQUIRED']],
    ['adaptive text', { aspectRatio: 'adaptive' }, ['aspectRatio ASPECT_RATIO_NOT_SUPPORTED']],
    ['a strange ratio', { aspectRatio: '5:4' }, ['aspectRatio ASPECT_RATIO_NOT_SUPPORTED']],
    ['3 seconds', { duration: 3 }, ['duration DURATION_NOT_SUPPORTED']],
    ['16 seconds', { duration: 16 }, ['duration DURATION_NOT_SUPPORTED']],
    ['4 seconds of the fast model', { ...max, duration: 4 }, ['duration DURATION_NOT_SUPPORTED']],
    ['a small k', { resolution: '2k' }, ['resolution RESOLUTION_NOT_SUPPORTED']],
    ['1080P', { resolution: '1080P' }, ['resolution RESOLUTION_NOT_SUPPORTED']],
    ['480P', { resolution: '480P' }, ['resolution RESOLUTION_NOT_SUPPORTED']],
    ['2K of the fast model', { ...max, resolution: '2K' }, ['resolution RESOLUTION_NOT_SUPPORTED']],
    [
      'frames and references',
      { ...framed, referenceImages: [url] },
      ['referenceImages FRAMES_AND_REFERENCES'],
    ],
    ['10 images', { referenceImages: images(10) }, ['referenceImages TOO_MANY_REFERENCES']],
    [
      '4 videos',
      { referenceVideos: [clip(2), clip(2), clip(2), clip(2)] },
      ['referenceVideos TOO_MANY_REFERENCES'],
    ],
    [
      '13 files',
      {
        ...{ referenceImages: images(9), referenceVideos: [clip(2), clip(2)] },
        referenceAudios: [clip(2), clip(2)],
      },
      ['referenceImages TOO_MANY_REFERENCES'],
    ],
    ['sound alone', { referenceAudios: [clip(5)] }, ['referenceAudios REFERENCE_REQUIRED']],
    [
      'a short clip',
      { referenceVideos: [clip(1.9)] },
      ['referenceVideos.0.seconds REFERENCE_LENGTH_NOT_SUPPORTED'],
    ],
    [
      'clips that are too long together',
      { referenceVideos: [clip(8), clip(8)] },
      ['referenceVideos REFERENCE_LENGTH_NOT_SUPPORTED'],
    ],
    [
      'a clip of bytes',
      { referenceVideos: [{ url: 'data:video/mp4;base64,AAAA', seconds: 5 }] },
      ['referenceVideos.0.url REFERENCE_INVALID'],
    ],
    [
      'a clip at a private address',
      { referenceImages: [url], referenceAudios: [{ url: 'http://10.0.0.1/a.mp3' }] },
      ['referenceAudios.0.url REFERENCE_INVALID'],
    ],
    [
      'a small image',
      { ...framed, firstFrameImage: pngDataUrl({ width: 255, height: 300 }) },
      ['firstFrameImage IMAGE_DIMENSIONS_UNSUPPORTED'],
    ],
    [
      'a large side',
      { aspectRatio: null, referenceImages: [url, pngDataUrl({ width: 5761, height: 3000 })] },
      ['referenceImages.1 IMAGE_DIMENSIONS_UNSUPPORTED'],
    ],
    [
      'an image of more than 30 MiB',
      { ...framed, firstFrameImage: bigPngDataUrl(30 * 1024 * 1024 + 1) },
      ['firstFrameImage IMAGE_TOO_LARGE'],
    ],
    [
      'a subject',
      { subjectReference: [{ type: 'character', image: [url] }] },
      ['subjectReference SUBJECT_NOT_SUPPORTED'],
    ],
    [
      'fastPretreatment',
      { fastPretreatment: true },
      ['fastPretreatment FAST_PRETREATMENT_NOT_SUPPORTED'],
    ],
    [
      'an expansion that the model has not',
      { promptExpansion: 'BALANCED' },
      ['promptExpansion PROMPT_EXPANSION_NOT_SUPPORTED'],
    ],
  ])('with %s is refused', (_name, input, expected) => {
    expect(refusals(input)).toEqual(expected);
  });

  test.each<[Partial<RequestInput>, string]>([
    [{ firstFrameImage: url }, 'aspectRatio ASPECT_RATIO_IGNORED'],
    [{ promptOptimizer: false }, 'promptOptimizer PROMPT_OPTIMIZER_NOT_SUPPORTED'],
    [{ referenceVideos: [clip()] }, 'referenceVideos REFERENCE_LENGTH_UNKNOWN'],
  ])('with %j is odd', (input, expected) => {
    expect(refusals(input)).toEqual([]);
    expect(warnings(input)).toEqual([expected]);
  });

  test('has its defaults filled in', () => {
    expect(checkRequest(a()).effective).toEqual({
      ...{ mode: 'TEXT_TO_VIDEO', duration: 5, resolution: '768P', aspectRatio: '16:9' },
      sendsOutputFields: true,
    });
  });

  test('for a name that is no official one is refused, unless the operator lets it through', () => {
    const turbo = { model: 'MiniMax-H3-Max-Turbo' };
    expect(refusals(turbo)).toEqual(['model MODEL_UNKNOWN']);
    expect(refusals(turbo, [turbo.model])).toEqual([]);
    expect(apiGenerationOf(turbo.model)).toBe(2);
    expect(checkRequest(a(turbo), [turbo.model]).price).toBeNull();
  });
});

test('what only the second generation takes is refused for the first, with the field', () => {
  const old = { model: 'MiniMax-Hailuo-02', aspectRatio: null };
  expect(
    refusals({
      ...{ ...old, aspectRatio: '16:9', promptExpansion: 'BALANCED', referenceImages: [url] },
      ...{ referenceVideos: [clip(5)], referenceAudios: [clip(5)] },
    }),
  ).toEqual([
    'aspectRatio ASPECT_RATIO_NOT_SUPPORTED',
    'promptExpansion PROMPT_EXPANSION_NOT_SUPPORTED',
    'referenceImages REFERENCE_NOT_SUPPORTED',
    'referenceVideos REFERENCE_NOT_SUPPORTED',
    'referenceAudios REFERENCE_NOT_SUPPORTED',
  ]);
});

// The worked examples of V2 §10 that are about videos.
const worked: [string, Partial<RequestInput>, string, Record<string, number>][] = [
  ['H3, 768P, 5 s, text', {}, '0.40', { output_seconds: 5 }],
  [
    'H3, 2K, 10 s, both frames',
    { ...framed, resolution: '2K', duration: 10, lastFrameImage: url },
    '1.30',
    { output_seconds: 10, input_image_count: 2 },
  ],
  [
    'H3, 2K, 8 s, 7 images, 6 s of video, sound',
    {
      ...{ resolution: '2K', duration: 8, referenceImages: images(7) },
      ...{ referenceVideos: [clip(6)], referenceAudios: [clip(9)] },
    },
    '1.90',
    { output_seconds: 8, input_seconds: 6, input_image_count: 7, input_audio_seconds: 9 },
  ],
  [
    'H3-Max, 480P, 6 s, 3 images',
    { ...max, resolution: '480P', duration: 6, referenceImages: images(3) },
    '0.374',
    { output_seconds: 6, input_image_count: 3 },
  ],
  [
    'H3-Max, 768P, 5 s, 4 s of video',
    { ...max, duration: 5, referenceVideos: [clip(4)] },
    '0.972',
    { output_seconds: 5, input_seconds: 4 },
  ],
];

describe('the price', () => {
  test.each(worked)('of %s is exact', (_name, input, usd, usage) => {
    const { price, effective } = checkRequest(a(input));
    const listedOn = findVideoModel(a(input).model)!.priceListedOn;
    expect(price).toEqual({ usd, listedOn });
    const request = {
      ...({ kind: 'GENERATION', model: a(input).model, resolution: effective.resolution } as const),
      ...{ firstFrameImage: null, lastFrameImage: null, referenceImages: [], referenceVideos: [] },
    };
    expect(usageCostOf(request, usage)).toBe(usd);
  });

  test('by usage takes from the request what MiniMax leaves out', () => {
    const request = {
      kind: 'GENERATION' as const,
      ...{ model: 'MiniMax-H3', resolution: '768P', firstFrameImage: null, lastFrameImage: null },
      ...{ referenceImages: images(7), referenceVideos: [] },
    };
    expect(usageCostOf(request, { output_seconds: 5 })).toBe('0.48');
    expect(usageCostOf(request, { total_tokens: 9090 })).toBeNull();
    const withVideo = { ...request, referenceVideos: [url] };
    expect(usageCostOf(withVideo, { output_seconds: 5 })).toBeNull();
    // What can be no figure is not told.
    for (const seconds of [-5, 1e8, 1e300, Infinity, NaN])
      expect(usageCostOf(request, { output_seconds: seconds })).toBeNull();
    for (const images of [-3, 1.5, 3_000_000_000])
      expect(usageCostOf(request, { output_seconds: 5, input_image_count: images })).toBe('0.48');
    expect(
      usageCostOf(request, { output_seconds: 900_000, input_image_count: 2_000_000_000 }),
    ).toBeNull();
  });

  test('of several clips is that of their seconds together, however they are added', () => {
    const input = { duration: 5, resolution: '768P', aspectRatio: null };
    const ofClips = (...seconds: number[]) =>
      checkRequest(a({ ...input, referenceVideos: seconds.map(clip) }));
    expect(ofClips(2.1, 2.2, 2.7).price?.usd).toBe('0.96');
    expect(ofClips(2.2, 5.9, 6.9)).toMatchObject({ problems: [], price: { usd: '1.60' } });
    expect(ofClips(2.2, 5.9, 7).problems).toHaveLength(1);
  });

  test('of a better prompt is by its tokens alone', () => {
    const request = {
      ...({ kind: 'PROMPT_ENHANCEMENT', model: 'MiniMax-H3', resolution: null } as const),
      ...{
        firstFrameImage: null,
        lastFrameImage: null,
        referenceImages: [],
        referenceVideos: [url],
      },
    };
    const tokens = { total_tokens: 9090, prompt_tokens: 5664, completion_tokens: 3426 };
    expect(usageCostOf(request, tokens)).toBe('0.0174');
    expect(usageCostOf(request, { total_tokens: 9090, prompt_tokens: 5664 })).toBeNull();
    expect(usageCostOf({ ...request, model: 'MiniMax-H3-Max' }, tokens)).toBeNull();
  });

  // The clip of 5 s is really 5.167 s long (V2 §9).
  test.each<[string, object, Record<string, number> | null, string | null]>([
    ['5 s', {}, null, '0.30'],
    ['15 s', { duration: 15 }, null, '0.80'],
    ['7 images', { referenceImages: images(7) }, null, '0.35'],
    ['7 images, as metered', {}, { input_image_count: 7 }, '0.35'],
    ['4 s of video', { referenceVideos: [url] }, { input_seconds: 4 }, '0.50'],
    ['video of unknown length', { referenceVideos: [url] }, null, null],
    ['a model that makes none anew', { model: 'MiniMax-H3-Max' }, null, null],
  ])('of making %s anew is by the table for it', (_name, more, usage, usd) => {
    const request = {
      ...({ kind: 'GENERATION', model: 'MiniMax-H3', resolution: '768P', duration: 5 } as const),
      ...{ firstFrameImage: null, lastFrameImage: null, referenceImages: [], referenceVideos: [] },
    };
    expect(regenerationPriceOf({ ...request, ...more }, usage)).toBe(usd);
  });
});

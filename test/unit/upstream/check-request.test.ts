import { describe, expect, test } from '@jest/globals';
import { checkRequest, toSubmitRequest } from '../../../src/upstream/check-request.ts';
import type { RequestCheck, RequestInput } from '../../../src/upstream/check-request.ts';
import type { SubmitRequest } from '../../../src/minimax/answers.ts';
import { modeOf } from '../../../src/minimax/model.ts';
import {
  cameraCommands,
  firstGenerationModels as videoModels,
} from '../../../src/minimax/v1/models.ts';
import { toSubmitBody } from '../../../src/minimax/v1/wire.ts';
import { suggestVideoModelName, videoModelNames } from '../../../src/upstream/models.ts';
import { aJpeg, aPng, asDataUrl, pngDataUrl } from '../../support/images.ts';

/** What would be sent for a checked request. */
function submission(
  input: RequestInput,
  check: RequestCheck,
  callbackUrl: string | null = null,
): SubmitRequest {
  const imageOf = (field: string) => {
    const found = check.images.find((image) => image.field === field);
    return found && (found.image ? asDataUrl(found.image.bytes, found.image.mediaType) : found.url);
  };
  const { model, prompt, promptOptimizer, fastPretreatment, aigcWatermark } = input;
  return toSubmitRequest({
    model,
    prompt,
    promptOptimizer,
    fastPretreatment,
    aigcWatermark,
    duration: check.effective.duration,
    resolution: check.effective.resolution,
    firstFrameImage: imageOf('firstFrameImage'),
    lastFrameImage: imageOf('lastFrameImage'),
    subjectImage: imageOf('subjectReference'),
    callbackUrl,
  });
}

const image = 'https://example.com/a.png';
const images = {
  none: {},
  first: { firstFrameImage: image },
  last: { lastFrameImage: image },
  both: { firstFrameImage: image, lastFrameImage: image },
  subject: { subjectReference: [{ type: 'character', image: [image] }] },
} satisfies Record<string, Partial<RequestInput>>;
type Images = keyof typeof images;

const a = (input: Partial<RequestInput>): RequestInput => ({
  model: 'MiniMax-Hailuo-2.3',
  prompt: 'a cat',
  ...input,
});
const codes = (input: Partial<RequestInput>, extra?: string[]) =>
  checkRequest(a(input), extra).problems.map(({ code }) => code);
const warnings = (input: Partial<RequestInput>, extra?: string[]) =>
  checkRequest(a(input), extra).warnings.map(({ code }) => code);

describe('the images that a model takes', () => {
  const fast = 'MiniMax-Hailuo-2.3-Fast';
  const rows: [string, Record<Images, string>][] = [
    [
      'MiniMax-Hailuo-2.3',
      { none: '', first: '', last: 'LAST_NO', both: 'LAST_NO', subject: 'SUBJECT_NO' },
    ],
    [
      fast,
      {
        none: 'FIRST_NEEDED',
        first: '',
        last: 'LAST_NO FIRST_NEEDED',
        both: 'LAST_NO',
        subject: 'SUBJECT_NO FIRST_NEEDED',
      },
    ],
    ['MiniMax-Hailuo-02', { none: '', first: '', last: '', both: '', subject: 'SUBJECT_NO' }],
    ...['T2V-01', 'T2V-01-Director'].map((name): [string, Record<Images, string>] => [
      name,
      {
        none: '',
        first: 'FIRST_NO',
        last: 'LAST_NO',
        both: 'FIRST_NO LAST_NO',
        subject: 'SUBJECT_NO',
      },
    ]),
    ...['I2V-01', 'I2V-01-live', 'I2V-01-Director'].map(
      (name): [string, Record<Images, string>] => [
        name,
        {
          none: 'FIRST_NEEDED',
          first: '',
          last: 'LAST_NO FIRST_NEEDED',
          both: 'LAST_NO',
          subject: 'SUBJECT_NO FIRST_NEEDED',
        },
      ],
    ),
    [
      'S2V-01',
      {
        none: 'SUBJECT_NEEDED',
        first: 'SUBJECT_NEEDED FIRST_NO',
        last: 'SUBJECT_NEEDED LAST_NO',
        both: 'SUBJECT_NEEDED FIRST_NO LAST_NO',
        subject: '',
      },
    ],
  ];
  const full: Record<string, string> = {
    FIRST_NO: 'FIRST_FRAME_NOT_SUPPORTED',
    LAST_NO: 'LAST_FRAME_NOT_SUPPORTED',
    SUBJECT_NO: 'SUBJECT_NOT_SUPPORTED',
    FIRST_NEEDED: 'FIRST_FRAME_REQUIRED',
    SUBJECT_NEEDED: 'SUBJECT_REQUIRED',
  };

  test('are told for every model', () => {
    expect(rows.map(([name]) => name).sort()).toEqual(videoModels.map(({ name }) => name).sort());
  });

  const cases = rows.flatMap(([model, byImages]) =>
    Object.entries(byImages).map(
      ([given, expected]) => [model, given as Images, expected] as const,
    ),
  );
  test.each(cases)('%s given %s: %s', (model, given, expected) => {
    const wanted = expected
      .split(' ')
      .filter(Boolean)
      .map((word) => full[word]!);
    expect(codes({ model, ...images[given] })).toEqual(wanted);
  });

  test('a subject beside a frame is refused by name', () => {
    expect(codes({ model: 'S2V-01', ...images.first, ...images.subject })).toEqual([
      'FIRST_FRAME_NOT_SUPPORTED',
    ]);
    expect(codes({ model: 'MiniMax-Hailuo-02', ...images.both, ...images.subject })).toEqual([
      'SUBJECT_NOT_SUPPORTED',
    ]);
  });
});

describe('duration and resolution', () => {
  const resolutions = ['512P', '720P', '768P', '1080P'];
  const durations = [6, 10];
  const usual = ['768P 6', '768P 10', '1080P 6'];
  const legal: [string, Images, string[]][] = [
    ['MiniMax-Hailuo-2.3', 'none', usual],
    ['MiniMax-Hailuo-2.3', 'first', usual],
    ['MiniMax-Hailuo-2.3-Fast', 'first', usual],
    ['MiniMax-Hailuo-02', 'none', usual],
    ['MiniMax-Hailuo-02', 'first', ['512P 6', '512P 10', ...usual]],
    ['MiniMax-Hailuo-02', 'both', usual],
    ['MiniMax-Hailuo-02', 'last', usual],
    ['T2V-01', 'none', ['720P 6']],
    ['T2V-01-Director', 'none', ['720P 6']],
    ['I2V-01', 'first', ['720P 6']],
    ['I2V-01-live', 'first', ['720P 6']],
    ['I2V-01-Director', 'first', ['720P 6']],
    ['S2V-01', 'subject', []],
  ];
  const cases = legal.flatMap(([model, given, allowed]) =>
    resolutions.flatMap((resolution) =>
      durations.map(
        (duration) =>
          [
            model,
            given,
            resolution,
            duration,
            allowed.includes(`${resolution} ${duration}`) ? 'legal' : 'illegal',
          ] as const,
      ),
    ),
  );
  test.each(cases)(
    '%s given %s: %s and %i s are %s',
    (model, given, resolution, duration, says) => {
      const check = checkRequest(a({ model, ...images[given], resolution, duration }));
      expect(check.problems.length === 0 ? 'legal' : 'illegal').toBe(says);
      if (says === 'legal') expect(check.effective).toMatchObject({ resolution, duration });
    },
  );

  test('each fit and do not go together', () => {
    const { problems } = checkRequest(a({ resolution: '1080P', duration: 10 }));
    expect(problems).toEqual([
      {
        field: ['duration'],
        code: 'COMBINATION_NOT_SUPPORTED',
        message:
          'MiniMax-Hailuo-2.3 makes 1080P videos of 6 seconds only: choose that, or 768P for 10 seconds.',
      },
    ]);
  });

  test.each([5, 0, -6, 6.5, NaN, Infinity])('of %d seconds are refused', (duration) => {
    const { problems } = checkRequest(a({ duration }));
    expect(problems).toMatchObject([{ field: ['duration'], code: 'DURATION_NOT_SUPPORTED' }]);
    expect(problems[0]!.message).toContain('6 or 10');
  });

  test('spelled otherwise are refused with the right spelling', () => {
    const { problems } = checkRequest(a({ resolution: '768p' }));
    expect(problems).toMatchObject([{ field: ['resolution'], code: 'RESOLUTION_NOT_SUPPORTED' }]);
    expect(problems[0]!.message).toMatch(/768P or 1080P.*Write 768P\.$/);
  });

  test('of 512P without a first frame are refused, with the reason', () => {
    const { problems } = checkRequest(a({ model: 'MiniMax-Hailuo-02', resolution: '512P' }));
    expect(problems).toMatchObject([{ code: 'RESOLUTION_NOT_SUPPORTED' }]);
    expect(problems[0]!.message).toContain('firstFrameImage');
  });

  test('left out are filled in and sent for the Hailuo models', () => {
    const input = a({});
    const check = checkRequest(input);
    expect(check.effective).toEqual({
      mode: 'TEXT_TO_VIDEO',
      duration: 6,
      resolution: '768P',
      aspectRatio: null,
      sendsOutputFields: true,
    });
    expect(toSubmitBody(submission(input, check))).toEqual({
      model: 'MiniMax-Hailuo-2.3',
      prompt: 'a cat',
      duration: 6,
      resolution: '768P',
    });
  });

  test.each([
    ['T2V-01', 'none', 6, '720P'],
    ['I2V-01-live', 'first', 6, '720P'],
    ['S2V-01', 'subject', null, null],
  ] as const)('are never sent for %s', (model, given, duration, resolution) => {
    for (const asked of [{}, { duration, resolution }]) {
      const input = a({ model, ...images[given], ...asked });
      const check = checkRequest(input);
      expect(check.problems).toEqual([]);
      expect(check.effective).toMatchObject({ duration, resolution, sendsOutputFields: false });
      const body = toSubmitBody(submission(input, check));
      expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['duration']));
      expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['resolution']));
    }
  });
});

describe('the price', () => {
  test.each([
    ['MiniMax-Hailuo-2.3', '768P', 6, '0.28', '2.00'],
    ['MiniMax-Hailuo-2.3', '768P', 10, '0.56', '4.00'],
    ['MiniMax-Hailuo-2.3', '1080P', 6, '0.49', '3.50'],
    ['MiniMax-Hailuo-2.3-Fast', '768P', 6, '0.19', '1.35'],
    ['MiniMax-Hailuo-2.3-Fast', '768P', 10, '0.32', '2.25'],
    ['MiniMax-Hailuo-2.3-Fast', '1080P', 6, '0.33', '2.31'],
    ['MiniMax-Hailuo-02', '512P', 6, '0.10', '0.60'],
    ['MiniMax-Hailuo-02', '512P', 10, '0.15', '1.00'],
    ['MiniMax-Hailuo-02', '768P', 6, '0.28', '2.00'],
    ['MiniMax-Hailuo-02', '768P', 10, '0.56', '4.00'],
    ['MiniMax-Hailuo-02', '1080P', 6, '0.49', '3.50'],
  ])('of %s at %s for %i s is $%s', (model, resolution, duration, usd, cny) => {
    const check = checkRequest(a({ model, ...images.first, resolution, duration }));
    expect(check.price).toEqual({ usd, listedOn: '2026-08-18' });
    const known = videoModels.find(({ name }) => name === model)!;
    expect(known.prices).toContainEqual({ resolution, duration, usd, cny });
    expect(check.warnings).toEqual([]);
  });

  test('of every legal output of a priced model is known', () => {
    for (const model of videoModels.filter(({ prices }) => prices.length > 0)) {
      const outputs = model.modes.flatMap((rules) =>
        rules.outputs.flatMap(({ resolution, durations }) =>
          durations.map((duration) => `${resolution} ${duration}`),
        ),
      );
      const priced = model.prices.map(({ resolution, duration }) => `${resolution} ${duration}`);
      expect(new Set(priced)).toEqual(new Set(outputs));
    }
  });

  test('of the 01 family is unknown, never 0', () => {
    const check = checkRequest(a({ model: 'T2V-01' }));
    expect(check.price).toBeNull();
    expect(check.warnings).toMatchObject([{ field: ['model'], code: 'PRICE_UNKNOWN' }]);
  });
});

describe('the model', () => {
  test('that nobody knows is refused with the list of names', () => {
    const { problems } = checkRequest(a({ model: 'sora' }));
    expect(problems).toMatchObject([{ field: ['model'], code: 'MODEL_UNKNOWN' }]);
    for (const name of videoModelNames) expect(problems[0]!.message).toContain(name);
  });

  test.each([
    ['minimax-hailuo-2.3', 'MiniMax-Hailuo-2.3'],
    ['MINIMAX-HAILUO-02', 'MiniMax-Hailuo-02'],
    ['Hailuo-2.3-Fast', 'MiniMax-Hailuo-2.3-Fast'],
    ['MiniMax Hailuo 02', 'MiniMax-Hailuo-02'],
    ['t2v-01-director', 'T2V-01-Director'],
    ['MiniMax-Hailuo-2.3 ', 'MiniMax-Hailuo-2.3'],
  ])('%s is refused, with the spelling %s', (model, suggestion) => {
    expect(suggestVideoModelName(model)).toBe(suggestion);
    const { problems } = checkRequest(a({ model }));
    expect(problems[0]!.code).toBe('MODEL_UNKNOWN');
    expect(problems[0]!.message).toContain(`write ${suggestion}.`);
  });

  test('that the operator lets through has no matrix and no price, but images and prompt are checked', () => {
    const extra = ['video-01'];
    const free = { ...images.both, duration: 99, resolution: '8K', fastPretreatment: true };
    const input = a({ model: 'video-01', ...free });
    const check = checkRequest(input, extra);
    expect(check.problems).toEqual([]);
    expect(check.warnings.map(({ code }) => code)).toEqual(['PRICE_UNKNOWN']);
    expect(toSubmitBody(submission(input, check))).toMatchObject({
      duration: 99,
      resolution: '8K',
      fast_pretreatment: true,
    });
    expect(codes({ model: 'video-01', firstFrameImage: 'a.png', prompt: ' ' }, extra)).toEqual([
      'PROMPT_REQUIRED',
      'IMAGE_INVALID',
    ]);
    const bare = a({ model: 'video-01' });
    expect(toSubmitBody(submission(bare, checkRequest(bare, extra)))).toEqual({
      model: 'video-01',
      prompt: 'a cat',
    });
  });
});

describe('the prompt', () => {
  test('is needed for text to video alone', () => {
    expect(codes({ prompt: null })).toEqual(['PROMPT_REQUIRED']);
    expect(codes({ prompt: undefined })).toEqual(['PROMPT_REQUIRED']);
    expect(codes({ prompt: null, ...images.first })).toEqual([]);
    expect(codes({ prompt: null, model: 'MiniMax-Hailuo-02', ...images.last })).toEqual([]);
    expect(codes({ prompt: null, model: 'S2V-01', ...images.subject })).toEqual([]);
  });

  test.each(['', ' ', '\n\t', '\u200b\u2060', '\u3164 \u2800', '\u200d\ufe0f', '\u0007'])(
    'that is blank (%j) is refused in every mode',
    (prompt) => {
      expect(codes({ prompt })).toEqual(['PROMPT_REQUIRED']);
      expect(codes({ prompt, ...images.first })).toEqual(['PROMPT_REQUIRED']);
      expect(codes({ prompt, model: 'S2V-01', ...images.subject })).toEqual(['PROMPT_REQUIRED']);
    },
  );

  test('with more than ten invisible characters is odd, with the joints of emoji it is not', () => {
    expect(warnings({ prompt: `a${'\u200b'.repeat(10)}b` })).toEqual([]);
    expect(warnings({ prompt: `a${'\u200b'.repeat(11)}b` })).toEqual(['INVISIBLE_CHARACTERS']);
    expect(warnings({ prompt: '👩‍👩‍👧‍👦❤️'.repeat(20) })).toEqual([]);
    expect(warnings({ prompt: 'a line\n'.repeat(20) })).toEqual([]);
  });

  test('may have 2000 code points, and the message counts them', () => {
    expect(codes({ prompt: 'x'.repeat(2000) })).toEqual([]);
    expect(codes({ prompt: '🎬'.repeat(2000) })).toEqual([]);
    const { problems } = checkRequest(a({ prompt: '🎬'.repeat(2001) }));
    expect(problems).toMatchObject([{ field: ['prompt'], code: 'PROMPT_TOO_LONG' }]);
    expect(problems[0]!.message).toContain('2001');
    expect(problems[0]!.message).toContain('2000');
  });
});

describe('camera commands', () => {
  test('are documented ones in English, in Chinese and in any case', () => {
    for (const { name, chinaName } of cameraCommands) {
      const prompt = `a cat [${name}] then [${chinaName}], [${name.toLowerCase()}]`;
      expect(warnings({ prompt })).toEqual([]);
    }
    expect(cameraCommands).toHaveLength(15);
  });

  test('of the official sample that do not exist are met with the nearest that does', () => {
    const { problems, warnings: said } = checkRequest(a({ prompt: 'a cat [Push out]' }));
    expect(problems).toEqual([]);
    expect(said).toMatchObject([{ field: ['prompt'], code: 'UNKNOWN_CAMERA_COMMAND' }]);
    expect(said[0]!.message).toContain('Did you mean [Pull out]?');
  });

  test('that resemble nothing are listed without a guess', () => {
    const said = checkRequest(a({ prompt: '[a remark that is no command at all]' })).warnings;
    expect(said).toMatchObject([{ code: 'UNKNOWN_CAMERA_COMMAND' }]);
    expect(said[0]!.message).not.toContain('Did you mean');
  });

  test.each(['【Pan left】', '［左移，上升］', '〔Zoom in〕'])(
    'in the brackets of %s are not read',
    (prompt) => {
      expect(warnings({ prompt })).toEqual(['CAMERA_COMMANDS_IN_WIDE_BRACKETS']);
      expect(warnings({ prompt: '【第一章】' })).toEqual([]);
    },
  );

  test('run together three at most', () => {
    expect(warnings({ prompt: '[Pan left, Tilt up，Zoom in]' })).toEqual([]);
    expect(warnings({ prompt: '[Pan left,Tilt up,Zoom in,Shake]' })).toEqual([
      'TOO_MANY_CAMERA_COMMANDS',
    ]);
    expect(warnings({ prompt: '[Pan left][Tilt up][Zoom in][Shake]' })).toEqual([]);
  });

  test('are odd for a model that does not list them, and any other bracket is not', () => {
    const model = 'T2V-01';
    expect(warnings({ model, prompt: '[Pan left]' })).toEqual([
      'CAMERA_COMMANDS_NOT_SUPPORTED',
      'PRICE_UNKNOWN',
    ]);
    expect(warnings({ model, prompt: '[whatever]' })).toEqual(['PRICE_UNKNOWN']);
    expect(warnings({ model: 'T2V-01-Director', prompt: '[Pan left]' })).toEqual(['PRICE_UNKNOWN']);
  });

  test('give at most ten warnings, however many brackets there are', () => {
    const prompt = Array.from({ length: 200 }, (_, index) => `[x${index}]`).join('');
    expect(warnings({ prompt })).toHaveLength(10);
  });

  test('are read in linear time from brackets that never close', () => {
    expect(warnings({ prompt: '['.repeat(2000) })).toEqual([]);
  });
});

describe('fastPretreatment', () => {
  const cases: [string, Images, boolean][] = [
    ['MiniMax-Hailuo-2.3', 'none', true],
    ['MiniMax-Hailuo-2.3', 'first', true],
    ['MiniMax-Hailuo-2.3-Fast', 'first', true],
    ['MiniMax-Hailuo-02', 'none', true],
    ['MiniMax-Hailuo-02', 'first', true],
    ['MiniMax-Hailuo-02', 'both', false],
    ['T2V-01', 'none', false],
    ['I2V-01', 'first', false],
    ['S2V-01', 'subject', false],
  ];
  test.each(cases)('of %s given %s: %s', (model, given, supported) => {
    const asked = { model, ...images[given], fastPretreatment: true };
    expect(codes(asked)).toEqual(supported ? [] : ['FAST_PRETREATMENT_NOT_SUPPORTED']);
    const input = a({ ...asked, fastPretreatment: false });
    const check = checkRequest(input);
    expect(check.problems).toEqual([]);
    const body = toSubmitBody(submission(input, check));
    expect(body.fast_pretreatment).toBe(supported ? false : undefined);
  });

  test('does nothing without the optimizer, which is worth a warning', () => {
    expect(warnings({ fastPretreatment: true, promptOptimizer: false })).toEqual([
      'FAST_PRETREATMENT_WITHOUT_OPTIMIZER',
    ]);
    expect(warnings({ fastPretreatment: true, promptOptimizer: true })).toEqual([]);
    expect(warnings({ fastPretreatment: true })).toEqual([]);
  });
});

describe('images', () => {
  test('are checked each, with their place', () => {
    const { problems, images: good } = checkRequest(
      a({
        model: 'MiniMax-Hailuo-02',
        firstFrameImage: 'http://localhost/a.png',
        lastFrameImage: asDataUrl(aPng({ width: 100, height: 100 })),
      }),
    );
    expect(problems).toMatchObject([
      { field: ['firstFrameImage'], code: 'IMAGE_URL_NOT_PUBLIC' },
      { field: ['lastFrameImage'], code: 'IMAGE_DIMENSIONS_UNSUPPORTED' },
    ]);
    expect(good).toEqual([]);
    expect(codes({ firstFrameImage: '' })).toEqual(['IMAGE_INVALID']);
  });

  test.each([
    ['https://cdn.example.com/a b.png', 'write %20'],
    ['https://cdn.example.com\\a.png', 'backslash'],
    ['https://cdn.example.com/a\u200b.png', 'invisible'],
    ['https://cdn.example.com/a\u0007.png', 'invisible'],
    ['https://cdn.example.com/100%.png', 'write %25'],
    ['https://cdn.example.com/%zz.png', 'write %25'],
  ])('at %j are refused with what to do', (firstFrameImage, advice) => {
    const { problems } = checkRequest(a({ firstFrameImage }));
    expect(problems).toMatchObject([{ field: ['firstFrameImage'], code: 'IMAGE_INVALID' }]);
    expect(problems[0]!.message).toContain(advice);
  });

  test('are taken without the white space around them', () => {
    const padded = `\n ${image}\t`;
    expect(checkRequest(a({ firstFrameImage: padded })).images).toEqual([
      { field: 'firstFrameImage', index: 0, url: image },
    ]);
  });

  test('are handed back decoded, and submitted with their true label', () => {
    const jpeg = aJpeg();
    const input = a({
      model: 'MiniMax-Hailuo-02',
      firstFrameImage: asDataUrl(jpeg, 'image/png'),
      lastFrameImage: image,
    });
    const check = checkRequest(input);
    expect(check.images).toMatchObject([
      { field: 'firstFrameImage', image: { mediaType: 'image/jpeg', width: 640, height: 480 } },
      { field: 'lastFrameImage', url: image },
    ]);
    expect(submission(input, check, 'https://cb.example/x')).toMatchObject({
      firstFrameImage: asDataUrl(jpeg, 'image/jpeg'),
      lastFrameImage: image,
      callbackUrl: 'https://cb.example/x',
    });
  });

  test('of a subject may come as a data URL', () => {
    const face = pngDataUrl();
    const input = a({ model: 'S2V-01', subjectReference: [{ type: 'character', image: [face] }] });
    const check = checkRequest(input);
    expect(toSubmitBody(submission(input, check)).subject_reference).toEqual([
      { type: 'character', image: [face] },
    ]);
  });

  test.each([
    [[]],
    [[{ type: 'character', image: [] }]],
    [[{ type: 'character', image: [image, image] }]],
    [[{ type: 'dog', image: [image] }]],
    [
      [
        { type: 'character', image: [image] },
        { type: 'character', image: [image] },
      ],
    ],
  ])('of a subject like %j are refused', (subjectReference) => {
    expect(codes({ model: 'S2V-01', subjectReference })).toEqual(['SUBJECT_INVALID']);
  });

  test('of a subject are found by their path', () => {
    const subjectReference = [{ type: 'character', image: ['nonsense'] }];
    const { problems } = checkRequest(a({ model: 'S2V-01', subjectReference }));
    expect(problems).toMatchObject([
      { field: ['subjectReference', '0', 'image', '0'], code: 'IMAGE_INVALID' },
    ]);
  });

  test('choose the mode', () => {
    expect(modeOf(images.none)).toBe('TEXT_TO_VIDEO');
    expect(modeOf({ firstFrameImage: null, lastFrameImage: undefined })).toBe('TEXT_TO_VIDEO');
    expect(modeOf(images.first)).toBe('IMAGE_TO_VIDEO');
    expect(modeOf(images.last)).toBe('FIRST_AND_LAST_FRAME');
    expect(modeOf(images.both)).toBe('FIRST_AND_LAST_FRAME');
    expect(modeOf(images.subject)).toBe('SUBJECT_REFERENCE');
  });
});

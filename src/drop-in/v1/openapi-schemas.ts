import { firstGenerationModels } from '../../minimax/v1/models.ts';
import { ownCodes } from '../failures.ts';
import { noCallback, watermark } from '../openapi-parts.ts';

/** What each `base_resp.status_code` of this service means; MiniMax's own others are passed on as they are. */
const codes: readonly (readonly [number, string])[] = [
  [0, 'Success.'],
  [1000, 'Something broke in this service. Nothing was sent; ask again later.'],
  [
    1002,
    'More requests within a minute than this service allows its callers, with HTTP 429 and `Retry-After`.',
  ],
  [
    1004,
    'No valid key or token of this service, or its role may not do this. Where the message says that MiniMax refused the key of this service: nothing that a caller can mend.',
  ],
  [1008, 'The MiniMax account of this service has no money left.'],
  [1013, 'MiniMax gives no link to the file now; ask again later.'],
  [1026, "MiniMax's content check refused the prompt or an image."],
  [1027, "MiniMax's content check withheld the finished video."],
  [
    2013,
    'The request cannot be sent as it is; the message says what to change. Also: no such task or file.',
  ],
  [2056, 'A quota of the MiniMax account of this service is used up.'],
  [2061, 'The MiniMax account of this service may not use this model.'],
  [
    ownCodes.outcomeUnknown,
    'Only of this service: nobody knows whether MiniMax accepted the request. Sending it again may pay twice; an administrator settles it.',
  ],
  [
    ownCodes.noVideo,
    'Only of this service: ended without a video, and MiniMax gave no code; the message says more.',
  ],
];

const baseResp = { $ref: '#/components/schemas/BaseResp' };
const image = (what: string) => ({
  type: 'string',
  description: `${what} A public http(s) URL, or a data URL such as \`data:image/jpeg;base64,…\`: JPEG, PNG or WebP, up to 20 MB, short side over 300 pixels, aspect ratio between 2:5 and 5:2.`,
});
/** The bodies of requests and answers. */
export const schemas = {
  SubmitRequest: {
    type: 'object',
    description:
      'What the video is to be. Keys that are not listed are ignored, unless they look like an input; so are spaces around a key. `null`, empty text and a duration of 0 mean: left out.',
    required: ['model'],
    properties: {
      model: {
        type: 'string',
        description: `One of ${firstGenerationModels.map(({ name }) => name).join(', ')}, or another one that this service was told to let through.`,
      },
      prompt: {
        type: ['string', 'null'],
        description:
          'At most 2000 characters; needed unless there is an image. May hold camera commands such as `[Push in]`.',
      },
      duration: {
        type: ['integer', 'string', 'null'],
        description:
          'Length in seconds, 6 or 10 by model and resolution; also as text, `"6"`. Left out or 0: 6.',
      },
      resolution: {
        type: ['string', 'null'],
        description: '`512P`, `720P`, `768P` or `1080P`, by model. Left out: its default.',
      },
      first_frame_image: { ...image('The opening frame.'), type: ['string', 'null'] },
      last_frame_image: {
        ...image('The closing frame (MiniMax-Hailuo-02).'),
        type: ['string', 'null'],
      },
      subject_reference: {
        type: ['array', 'null'],
        maxItems: 1,
        description: 'A face to keep (S2V-01).',
        items: {
          type: 'object',
          required: ['image'],
          properties: {
            type: {
              type: ['string', 'null'],
              enum: ['character', null],
              description: 'Left out: `character`.',
            },
            image: {
              description: 'One image, as a list or by itself.',
              oneOf: [
                image('The face.'),
                { type: 'array', minItems: 1, maxItems: 1, items: image('The face.') },
              ],
            },
          },
        },
      },
      prompt_optimizer: {
        type: ['boolean', 'null'],
        default: true,
        description: 'Whether MiniMax may rewrite the prompt; false follows it literally.',
      },
      fast_pretreatment: {
        type: ['boolean', 'null'],
        description: 'Whether the prompt optimizer should hurry; only some models have it.',
      },
      aigc_watermark: watermark,
      callback_url: noCallback,
    },
  },
  BaseResp: {
    type: 'object',
    description: 'Whether it worked, and if not, why.',
    required: ['status_code', 'status_msg'],
    properties: {
      status_code: {
        type: 'integer',
        description: [
          '0 is success. Codes of MiniMax are passed on as they are. This service itself gives:',
          ...codes.map(([code, meaning]) => `- ${code}: ${meaning}`),
        ].join('\n'),
      },
      status_msg: {
        type: 'string',
        description: '`success`, or what is wrong, for a person.',
      },
    },
    additionalProperties: false,
  },
  SubmitAnswer: {
    type: 'object',
    description: 'The task, or why there is none.',
    required: ['task_id', 'base_resp'],
    properties: {
      task_id: {
        type: 'string',
        description:
          "By this the task is followed, also while it waits to be sent; it is the `id` of the generation in GraphQL, not MiniMax's own number. Empty when refused; with code 90001 it is there, for the administrator and for a later look.",
      },
      base_resp: baseResp,
    },
    additionalProperties: false,
  },
  QueryAnswer: {
    type: 'object',
    description: 'How a task stands.',
    required: ['task_id', 'status', 'base_resp'],
    properties: {
      task_id: { type: 'string', description: 'As asked for.' },
      status: {
        type: 'string',
        enum: ['Preparing', 'Queueing', 'Processing', 'Success', 'Fail', ''],
        description:
          '`Success` and `Fail` are the end; the code beside `Fail` is never 0. Only a `Fail` with 90001 may come alive again, when an administrator finds the task. Empty: the query itself was refused, which says nothing about the task.',
      },
      file_id: { type: 'string', description: 'With `Success`: exchange it for a link.' },
      video_width: { type: 'integer', minimum: 1, description: 'In pixels, when known.' },
      video_height: { type: 'integer', minimum: 1, description: 'In pixels, when known.' },
      base_resp: baseResp,
    },
    additionalProperties: false,
    if: { properties: { status: { const: 'Success' } } },
    then: { required: ['file_id'] },
  },
  RetrieveAnswer: {
    type: 'object',
    description: 'A finished file, or why there is none.',
    required: ['base_resp'],
    properties: {
      file: {
        type: 'object',
        description: 'The video.',
        required: ['file_id', 'bytes', 'created_at', 'filename', 'purpose', 'download_url'],
        properties: {
          file_id: {
            type: ['integer', 'string'],
            description:
              'The same id as a number, as MiniMax has it here; text where a number cannot hold it.',
          },
          bytes: { type: 'integer', const: 0, description: 'Always 0, which means: unknown.' },
          created_at: { type: 'integer', description: 'Unix seconds.' },
          filename: { type: 'string', description: 'A name for the video.' },
          purpose: { type: 'string', const: 'video_generation', description: 'What it is.' },
          download_url: {
            type: 'string',
            format: 'uri',
            description:
              'Signed, for whoever has it: fetch it without the key. Ask again when it has expired.',
          },
        },
        additionalProperties: false,
      },
      base_resp: baseResp,
    },
    additionalProperties: false,
  },
};

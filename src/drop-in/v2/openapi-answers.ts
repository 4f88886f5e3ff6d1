import { paths } from '../../minimax/v2/wire.ts';
import { ownCodes } from '../failures.ts';

/** What each code of this service means; MiniMax's own others are passed on as they are. */
const codes: readonly (readonly [string, string])[] = [
  [
    '400, 2013',
    'The request cannot be sent as it is: the message says what to change. Also: no such task, or one that cannot be cancelled any more.',
  ],
  [
    '400, 2056 or 2061',
    'A quota of the MiniMax account of this service is used up, or it may not use this model.',
  ],
  [
    '401 or 403, 1004',
    'No valid key or token of this service, or its role may not do this. Where the message says that MiniMax refused the key of this service: nothing that a caller can mend.',
  ],
  ['402, 1008', 'The MiniMax account of this service has no money left.'],
  ['408, 1001', 'A large body came too slowly and was not read.'],
  ['413, 2013', 'The body is larger than this service reads.'],
  ['422, 1026', "MiniMax's content check refused the prompt or an image."],
  [
    '429, 1002',
    'More requests within a minute than this service allows its callers, or too many large ones at once: surely not accepted. Come again after `Retry-After`.',
  ],
  [
    '500 or 503, 1000',
    'Something broke in this service, or MiniMax gives no link to the video now: ask again later.',
  ],
  [
    `200 with http_code 500, ${ownCodes.outcomeUnknown}`,
    'Only of this service: it broke down while it took the request, and nobody knows whether that was sent. Without an `Idempotency-Key`, sending it again may pay twice.',
  ],
];

/** The bodies of answers of the second generation, and to uploads. */
export const secondAnswers = {
  Error: {
    type: 'object',
    description: [
      'Why a request is refused, with the HTTP status that `http_code` repeats. The number in parentheses at the end of `message` says more. This service gives, as status and number:',
      ...codes.map(([code, meaning]) => `- ${code}: ${meaning}`),
    ].join('\n'),
    required: ['type', 'error', 'request_id'],
    properties: {
      type: { type: 'string', const: 'error' },
      error: {
        type: 'object',
        required: ['type', 'message', 'http_code'],
        properties: {
          type: {
            type: 'string',
            description: "MiniMax's word for the status, e.g. `bad_request_error`.",
          },
          message: {
            type: 'string',
            description: 'For a person, and a number at the end.',
            pattern: '\\(\\d{4,5}\\)$',
          },
          http_code: {
            type: 'string',
            pattern: '^\\d{3}$',
            description: 'The HTTP status as text.',
          },
        },
        additionalProperties: false,
      },
      request_id: {
        type: 'string',
        description: 'Names the request in the log and the audit trail of this service.',
      },
    },
    additionalProperties: false,
  },
  CreateAnswer: {
    type: 'object',
    description: 'The task.',
    required: ['task_id'],
    properties: {
      task_id: {
        type: 'string',
        description:
          "By this the task is followed, also while it waits to be sent; it is the `id` of the generation in GraphQL, not MiniMax's own number.",
      },
    },
    additionalProperties: false,
  },
  Task: {
    type: 'object',
    description: 'How a task stands.',
    required: [
      'id',
      'model',
      'status',
      'created_at',
      'updated_at',
      'duration',
      'usage',
      'ratio',
      'task_type',
      'modality',
    ],
    properties: {
      id: { type: 'string', description: 'As the create answered it.' },
      model: { type: 'string', description: 'As asked for.' },
      status: {
        type: 'string',
        enum: ['queued', 'running', 'succeeded', 'failed', 'cancelled'],
        description:
          'The last three are the end. One whose outcome is not known is `running` for half an hour, as long as this service looks for it among the tasks that MiniMax lists, and then `failed` with code 90001; an administrator may bring it alive again.',
      },
      error: {
        type: 'object',
        description:
          'With `failed`: why. With `cancelled` only where an earlier send may have been paid.',
        required: ['code', 'message'],
        properties: {
          code: {
            type: 'string',
            pattern: '^\\d+$',
            description: `MiniMax's number, or ${ownCodes.outcomeUnknown} (nobody knows whether there is a paid task: do not send it again) or ${ownCodes.noVideo} (no video, and no number of MiniMax's).`,
          },
          message: { type: 'string', description: 'For a person.' },
        },
        additionalProperties: false,
      },
      created_at: { type: 'integer', description: 'Unix seconds.' },
      updated_at: { type: 'integer', description: 'Unix seconds.' },
      content: {
        type: 'object',
        description:
          'With `succeeded`. Missing in a list where the link has expired, and for good when it was erased here.',
        required: ['url'],
        properties: {
          url: {
            type: 'string',
            format: 'uri',
            description: 'Fetch it without the key. Ask again when it has expired.',
          },
        },
        additionalProperties: false,
      },
      resolution: { type: 'string', description: 'As asked for.' },
      duration: { type: 'integer', description: 'In seconds, as asked for.' },
      usage: {
        type: 'object',
        description: 'What MiniMax says it metered, by its own names; empty until then.',
        additionalProperties: { type: 'number' },
      },
      ratio: { type: 'string', description: 'As asked for; `adaptive` where it was left out.' },
      task_type: {
        type: 'string',
        enum: ['generation', 'regeneration'],
        description: '`regeneration` of a video that was made anew by GraphQL.',
      },
      modality: { type: 'string', const: 'video' },
    },
    additionalProperties: false,
  },
  TaskAnswer: {
    type: 'object',
    description: 'One task.',
    required: ['task'],
    properties: { task: { $ref: '#/components/schemas/Task' } },
    additionalProperties: false,
  },
  TaskList: {
    type: 'object',
    description: 'A page of tasks, newest first.',
    required: ['items', 'total'],
    properties: {
      items: { type: 'array', items: { $ref: '#/components/schemas/Task' } },
      total: { type: 'integer', description: 'How many match in all, counted up to 10000.' },
    },
    additionalProperties: false,
  },
  CancelAnswer: {
    type: 'object',
    description:
      'The task was withdrawn, and costs nothing, unless an earlier send of it is open still.',
    required: ['task_id', 'action', 'status'],
    properties: {
      task_id: { type: 'string', description: 'As asked for.' },
      action: { type: 'string', const: 'cancelled' },
      status: { type: 'string', const: 'cancelled' },
    },
    additionalProperties: false,
  },
  UploadAnswer: {
    type: 'object',
    description: `The file at MiniMax, or why there is none. Errors are \`base_resp\` here, as at MiniMax: ${paths.upload} belongs to its first generation.`,
    required: ['base_resp'],
    properties: {
      file: {
        type: 'object',
        required: ['file_id', 'bytes', 'created_at', 'filename', 'purpose'],
        properties: {
          file_id: {
            type: ['integer', 'string'],
            description:
              "MiniMax's own, for `mm_file://{file_id}`; text where a number cannot hold it.",
          },
          bytes: { type: 'integer', description: 'Of the file.' },
          created_at: { type: 'integer', description: 'Unix seconds.' },
          filename: { type: 'string', description: 'As it was sent.' },
          purpose: { type: 'string', const: 'video_generation_input' },
        },
        additionalProperties: false,
      },
      base_resp: { $ref: '#/components/schemas/BaseResp' },
    },
    additionalProperties: false,
  },
};

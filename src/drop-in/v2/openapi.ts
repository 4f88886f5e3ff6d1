import { paths } from '../../minimax/v2/wire.ts';
import { answer, answerOf, answerWithRetry, exampleId, idempotencyKey } from '../openapi-parts.ts';
import { pageLimits } from './list.ts';

const refusal = (description: string, status: number, type: string, message: string) =>
  answer(description, 'Error', errorOf(status, type, message));

function errorOf(status: number, type: string, message: string) {
  const error = { type, message, http_code: String(status) };
  return { type: 'error', error, request_id: 'b3a7a0f4-5a1b-4f43-9d38-0f3e2f1c9d11' };
}

/** What every operation may answer. */
const everywhere = {
  401: refusal(
    'No valid key or token of this service.',
    ...([401, 'authorized_error', 'login fail: Send an API key. (1004)'] as const),
  ),
  403: refusal(
    'The role of the key may not do this.',
    ...([
      403,
      'authorized_error',
      'not authorised: This needs the role CLIENT or ADMIN; yours is AUDITOR. (1004)',
    ] as const),
  ),
  429: answerWithRetry(
    'More requests than this service allows its callers in a minute.',
    'Error',
    errorOf(
      429,
      'rate_limit_error',
      'rate limit: More than 600 requests within a minute. Ask again in 21 seconds. (1002)',
    ),
  ),
  500: refusal(
    'Something broke in this service.',
    ...([500, 'server_error', 'internal error: Something went wrong on our side. (1000)'] as const),
  ),
  503: answerWithRetry(
    'The service cannot answer just now.',
    'Error',
    errorOf(503, 'server_error', 'internal error: The service cannot reach its database. (1000)'),
  ),
};

const unknownTask = refusal(
  'No such task, or one that belongs to others.',
  ...([400, 'bad_request_error', 'invalid params, invalid task_id (2013)'] as const),
);

const task = {
  id: exampleId,
  model: 'MiniMax-H3',
  status: 'succeeded',
  created_at: 1795479120,
  updated_at: 1795479180,
  content: { url: 'https://videos.example.com/output.mp4' },
  resolution: '768P',
  duration: 5,
  usage: { total_seconds: 5, input_seconds: 0, output_seconds: 5, input_image_count: 0 },
  ratio: '16:9',
  task_type: 'generation',
  modality: 'video',
};

const taskId = {
  name: 'task_id',
  in: 'path',
  required: true,
  description: 'As the create answered it.',
  schema: { type: 'string' },
};

const inQuery = (name: string, description: string, schema: object) => ({
  ...{ name, in: 'query', description, schema },
});

const create = {
  operationId: 'createTask',
  tags: ['Video V2'],
  summary: 'Ask for a video',
  description:
    "Stores the request, sends it to MiniMax once and waits a while for the outcome. A request that has to wait for its turn, or whose outcome is not known, gets its `task_id` all the same. What is refused by this service's own check, or by MiniMax, costs nothing.",
  parameters: [idempotencyKey('400')],
  requestBody: {
    required: true,
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/CreateRequest' },
        example: {
          model: 'MiniMax-H3',
          content: [{ type: 'text', text: 'A paper boat crosses a rain puddle at dusk' }],
          resolution: '768P',
          duration: 5,
          ratio: '16:9',
        },
      },
    },
  },
  responses: {
    ...everywhere,
    200: answerOf(
      'The task; or, with `error`, that nobody knows whether there is one.',
      ['CreateAnswer', 'Error'],
      { task_id: exampleId },
    ),
    400: refusal(
      'The request cannot be sent as it is.',
      ...([
        400,
        'bad_request_error',
        'invalid params, binding: expr_path=duration, cause=missing required parameter (2013)',
      ] as const),
    ),
    402: refusal(
      'The MiniMax account of this service has no money left.',
      ...([402, 'insufficient_balance_error', 'insufficient balance (1008)'] as const),
    ),
    408: refusal(
      'A large body came too slowly.',
      ...([
        408,
        'bad_request_error',
        'request timeout: The body came too slowly: it was given up. (1001)',
      ] as const),
    ),
    413: refusal(
      'The body is larger than this service reads.',
      ...([
        413,
        'bad_request_error',
        'invalid params, the body is larger than 30 MB: give images as public URLs (2013)',
      ] as const),
    ),
    422: refusal(
      "MiniMax's content check refused it.",
      ...([
        422,
        'unprocessable_entity_error',
        'video description contains sensitive content (1026)',
      ] as const),
    ),
  },
};

const list = {
  operationId: 'listTasks',
  tags: ['Video V2'],
  summary: 'List your tasks',
  description:
    "A caller's own tasks of the second generation, of the last seven days, newest first. With `task_id` it is the query of that task, as some clients write it.",
  parameters: [
    inQuery('page_num', 'Which page, from 1.', { type: 'integer', minimum: 1, default: 1 }),
    inQuery('page_size', 'How many to a page.', {
      ...{ type: 'integer', minimum: 1, maximum: pageLimits.most, default: pageLimits.usual },
    }),
    inQuery('filter.status', 'Only those that stand so.', {
      $ref: '#/components/schemas/Task/properties/status',
    }),
    inQuery('filter.task_ids', 'Only these; repeat the key.', {
      type: 'array',
      items: { type: 'string' },
    }),
    inQuery('filter.model', 'Only of this model.', { type: 'string' }),
    inQuery(
      'filter.task_type',
      'Only of this type; `regeneration` are those made anew by GraphQL, and none is `h3_context_ir`.',
      {
        ...{ type: 'string', enum: ['generation', 'h3_context_ir', 'regeneration'] },
      },
    ),
  ],
  responses: {
    ...everywhere,
    200: answerOf('The page; with `task_id` the task.', ['TaskList', 'TaskAnswer'], {
      items: [task],
      total: 1,
    }),
    400: refusal(
      'A parameter that cannot be read.',
      ...([
        400,
        'bad_request_error',
        'invalid params, page_size must be a whole number from 1 to 100 (2013)',
      ] as const),
    ),
  },
};

const query = {
  operationId: 'queryTask',
  tags: ['Video V2'],
  summary: 'Ask how a task stands',
  description:
    'Answers from what this service knows; MiniMax is not asked each time, so ask as often as you like within your budget. A link that has expired is renewed.',
  parameters: [taskId],
  responses: {
    ...everywhere,
    200: answer('How it stands.', 'TaskAnswer', { task }),
    400: unknownTask,
  },
};

const cancel = {
  operationId: 'cancelTask',
  tags: ['Video V2'],
  summary: 'Cancel a task that has not begun',
  description:
    'What was cancelled costs nothing, unless an administrator had it sent again and an earlier send is open still: then the query has an `error` with 90001. One that runs cannot be stopped, and one that has ended is not removed: this service keeps its records.',
  parameters: [taskId],
  responses: {
    ...everywhere,
    200: answer('It was cancelled.', 'CancelAnswer', {
      ...{ task_id: exampleId, action: 'cancelled', status: 'cancelled' },
    }),
    400: refusal(
      'No such task, or one that cannot be cancelled any more.',
      ...([
        400,
        'bad_request_error',
        'invalid params, Only a QUEUED generation can be cancelled: what was sent to MiniMax cannot be taken back. This one is PROCESSING. (2013)',
      ] as const),
    ),
  },
};

const file = {
  ...{ file_id: 424010985738629, bytes: 1048576, created_at: 1795479120 },
  ...{ filename: 'boat.mp4', purpose: 'video_generation_input' },
};

const fileRefusal = (description: string, what: string) =>
  answer(description, 'UploadAnswer', {
    base_resp: { status_code: 2013, status_msg: `invalid params, ${what}` },
  });

const upload = {
  operationId: 'uploadFile',
  tags: ['Files'],
  summary: 'Upload a file to refer to',
  description:
    'Passed on to MiniMax as it comes; nothing of it is stored here but its id, its size and whose it is. MiniMax keeps it for seven days. Only you and your tenant can refer to it, as `mm_file://{file_id}`.',
  requestBody: {
    required: true,
    content: { 'multipart/form-data': { schema: { $ref: '#/components/schemas/UploadRequest' } } },
  },
  responses: {
    200: answer('The file; without `file`: see `base_resp`.', 'UploadAnswer', {
      file,
      base_resp: { status_code: 0, status_msg: 'success' },
    }),
    400: fileRefusal('The form or the file is no good.', 'purpose must be video_generation_input'),
    411: fileRefusal(
      'Its length was not told.',
      'send the length of the form as content-length, not in chunks',
    ),
    413: fileRefusal('The file is too large.', 'the file is too large'),
    429: answerWithRetry(
      'More requests than this service allows its callers in a minute.',
      'UploadAnswer',
      {
        base_resp: {
          status_code: 1002,
          status_msg: 'rate limit exceeded: More than 600 requests within a minute.',
        },
      },
    ),
  },
};

/** The operations of the second generation, and the upload. */
export const secondPaths = {
  [paths.submit]: { post: create },
  [paths.query]: { get: list },
  [`${paths.query}/{task_id}`]: { get: query },
  [`${paths.submit}/{task_id}`]: { delete: cancel },
  [paths.upload]: { post: upload },
};

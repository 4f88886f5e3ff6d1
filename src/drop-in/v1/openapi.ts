import { paths } from '../../minimax/v1/wire.ts';
import { answer, answerWithRetry, exampleId, idempotencyKey } from '../openapi-parts.ts';

const success = { status_code: 0, status_msg: 'success' };

const tooMany = (schema: string, surrounds: object) =>
  answerWithRetry('More requests than this service allows its callers in a minute.', schema, {
    ...surrounds,
    base_resp: {
      status_code: 1002,
      status_msg:
        'rate limit exceeded: More than 600 requests within a minute. Ask again in 21 seconds.',
    },
  });

/** The operations of the first generation. */
export const firstPaths = {
  [paths.submit]: {
    post: {
      operationId: 'createVideo',
      tags: ['Video'],
      summary: 'Ask for a video',
      description:
        "Stores the request, sends it to MiniMax once and waits a while for the outcome. A request that has to wait for its turn gets its `task_id` all the same. What is refused by this service's own check, or by MiniMax, has a code other than 0 and an empty `task_id`. With code 90001 nobody knows whether MiniMax accepted it: do not send it again.",
      parameters: [idempotencyKey('2013')],
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: { $ref: '#/components/schemas/SubmitRequest' },
            example: {
              model: 'MiniMax-Hailuo-02',
              prompt: 'A paper boat crosses a rain puddle at dusk, [Push in]',
              duration: 6,
              resolution: '768P',
              prompt_optimizer: true,
            },
          },
        },
      },
      responses: {
        200: answer('Accepted, or refused: see `base_resp`.', 'SubmitAnswer', {
          task_id: exampleId,
          base_resp: success,
        }),
        413: answer('The body is larger than this service reads.', 'SubmitAnswer', {
          task_id: '',
          base_resp: {
            status_code: 2013,
            status_msg: 'invalid params, the body is larger than 30 MB: give images as public URLs',
          },
        }),
        429: tooMany('SubmitAnswer', { task_id: '' }),
      },
    },
  },
  [paths.query]: {
    get: {
      operationId: 'queryVideo',
      tags: ['Video'],
      summary: 'Ask how a task stands',
      description:
        'Answers from what this service knows; MiniMax is not asked each time, so ask as often as you like within your budget. Also finds what was requested over GraphQL, by its `id`.',
      parameters: [
        {
          name: 'task_id',
          in: 'query',
          required: true,
          description: 'As the submission answered it.',
          schema: { type: 'string' },
        },
      ],
      responses: {
        200: answer('How it stands. An unknown task has an empty `status`.', 'QueryAnswer', {
          task_id: exampleId,
          status: 'Success',
          file_id: '559785975000055',
          video_width: 1366,
          video_height: 768,
          base_resp: success,
        }),
        429: tooMany('QueryAnswer', { task_id: exampleId, status: '' }),
      },
    },
  },
  [paths.retrieve]: {
    get: {
      operationId: 'retrieveFile',
      tags: ['Video'],
      summary: 'Get a link to a finished video',
      description: 'The link works for a minute at least; one that has expired is renewed.',
      parameters: [
        {
          name: 'file_id',
          in: 'query',
          required: true,
          description: 'As the query answered it.',
          schema: { type: 'string' },
        },
      ],
      responses: {
        200: answer('The file. Without `file`: see `base_resp`.', 'RetrieveAnswer', {
          file: {
            file_id: 559785975000055,
            bytes: 0,
            created_at: 1795479180,
            filename: 'output_aigc.mp4',
            purpose: 'video_generation',
            download_url: 'https://videos.example.com/output_aigc.mp4?Expires=1795500780',
          },
          base_resp: success,
        }),
        429: tooMany('RetrieveAnswer', {}),
      },
    },
  },
};

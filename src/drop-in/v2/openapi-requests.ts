import { imageLimits, limitsOf, secondGenerationModels } from '../../minimax/v2/models.ts';
import type { MediaKind } from '../../minimax/model.ts';
import { noCallback, watermark } from '../openapi-parts.ts';

const megabytes = (kind: MediaKind) => limitsOf(kind).maxBytes / 1024 / 1024;
const formats = (kind: MediaKind) => limitsOf(kind).formats.join(', ');

const media = (kind: MediaKind, what: string, roles: readonly string[], isRequired: boolean) => {
  const type = `${kind.toLowerCase()}_url`;
  return {
    type: 'object',
    description: `${what}: ${formats(kind)}, at most ${megabytes(kind)} MB.`,
    required: ['type', type, ...(isRequired ? ['role'] : [])],
    properties: {
      type: { type: 'string', const: type },
      [type]: {
        type: 'object',
        required: ['url'],
        properties: {
          url: {
            type: 'string',
            description:
              kind === 'IMAGE'
                ? 'A public http(s) URL, a data URL such as `data:image/jpeg;base64,…`, or `mm_file://{file_id}`.'
                : 'A public http(s) URL, or `mm_file://{file_id}` of an upload. Data URLs are refused.',
          },
        },
      },
      role: {
        type: ['string', ...(isRequired ? [] : ['null'])],
        enum: [...roles, ...(isRequired ? [] : [null])],
        description: isRequired
          ? 'What it is for.'
          : 'What it is for. Left out, of a single image: `first_frame`.',
      },
    },
  };
};

const frames = ['first_frame', 'last_frame', 'reference_image'];

/** The bodies of requests of the second generation, and of uploads. */
export const secondRequests = {
  CreateRequest: {
    type: 'object',
    description:
      'What the video is to be. Keys that are not listed are ignored, but in `extra`, and unless they look like an input. `null` and empty text mean: left out.',
    required: ['model', 'content', 'resolution', 'duration'],
    properties: {
      model: {
        type: 'string',
        description: `One of ${secondGenerationModels.map(({ name }) => name).join(', ')}, or another one of that family that this service was told to let through.`,
      },
      content: {
        type: 'array',
        minItems: 1,
        description:
          'One text that is not empty, at most 7000 characters, and files: frames, or up to 9 images, 3 videos and 3 sounds as references, 12 in all. Sounds need an image or video beside them. Prompts count files in the order in which they stand.',
        items: {
          oneOf: [
            {
              type: 'object',
              description: 'The prompt.',
              required: ['type', 'text'],
              properties: { type: { type: 'string', const: 'text' }, text: { type: 'string' } },
            },
            media(
              'IMAGE',
              `A frame or a reference, ${imageLimits.sides!.min} to ${imageLimits.sides!.max} pixels`,
              frames,
              false,
            ),
            media('VIDEO', 'A reference, 2 to 15 seconds', ['reference_video'], true),
            media('AUDIO', 'A reference, 2 to 15 seconds', ['reference_audio'], true),
          ],
        },
      },
      resolution: { type: 'string', description: '`480P`, `768P` or `2K`, by model.' },
      duration: {
        type: 'integer',
        description: 'Length in seconds, up to 15; at least 4 or 5, by model.',
      },
      ratio: {
        type: ['string', 'null'],
        enum: ['adaptive', '21:9', '16:9', '4:3', '1:1', '3:4', '9:16', '', null],
        description: 'Needed from text alone, and not `adaptive` then. Ignored with a frame.',
      },
      extra: {
        type: ['object', 'null'],
        description: 'MiniMax-H3-Max only.',
        additionalProperties: false,
        properties: {
          prompt_expansion_mode: {
            type: ['string', 'null'],
            enum: ['disabled', 'balanced', 'quality', null],
            description: 'How much MiniMax may add to the prompt. Left out: `balanced`.',
          },
        },
      },
      aigc_watermark: watermark,
      callback_url: noCallback,
    },
  },
  UploadRequest: {
    type: 'object',
    description:
      'A form with these two and nothing else, in any order, whose length is told (`Content-Length`).',
    required: ['purpose', 'file'],
    properties: {
      purpose: { type: 'string', const: 'video_generation_input' },
      file: {
        type: 'string',
        format: 'binary',
        description: `Image (${formats('IMAGE')}), at most ${megabytes('IMAGE')} MB; video (${formats('VIDEO')}), ${megabytes('VIDEO')} MB; or sound (${formats('AUDIO')}), ${megabytes('AUDIO')} MB.`,
      },
    },
  },
};

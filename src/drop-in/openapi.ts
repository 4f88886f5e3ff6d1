import { firstPaths } from './v1/openapi.ts';
import { schemas } from './v1/openapi-schemas.ts';
import { secondPaths } from './v2/openapi.ts';
import { secondAnswers } from './v2/openapi-answers.ts';
import { secondRequests } from './v2/openapi-requests.ts';

/** This API in OpenAPI 3.1, served at `/minimax/openapi.json`. */
export const openApiDocument = {
  openapi: '3.1.0',
  info: {
    title: 'Reelgraph as MiniMax',
    version: '2',
    description:
      "The video operations of MiniMax's two API generations, answered by this service: each submission is stored, sent once, limited and audited like those of the GraphQL API at `/graphql`. As at MiniMax, errors below `/v1` come with HTTP 200 and a `base_resp.status_code` other than 0, those below `/v2` with an HTTP status of their own.",
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/minimax', description: 'This server.' }],
  security: [{ key: [] }],
  tags: [
    { name: 'Video', description: 'Ask for a video, follow it, fetch it: the first generation.' },
    {
      name: 'Video V2',
      description: 'The same of the second generation, with lists and cancelling.',
    },
    { name: 'Files', description: 'Files that requests of the second generation refer to.' },
  ],
  paths: { ...firstPaths, ...secondPaths },
  components: {
    securitySchemes: {
      key: {
        type: 'http',
        scheme: 'bearer',
        description:
          'An API key of this service (`rg_…`), or a token of its OpenID Connect issuer; not a MiniMax key.',
      },
    },
    schemas: { ...schemas, ...secondRequests, ...secondAnswers },
  },
};

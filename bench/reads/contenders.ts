import { fileURLToPath } from 'node:url';

/** What is asked, with the bodies of the requests. */
export interface Requests {
  'list by status': object;
  list: object;
  'one by id': object;
  'page after half of the rows': object;
  'search in the prompt': object;
  'count by status': object;
}
export type Case = keyof Requests;

export interface Contender {
  name: string;
  /** The program and its arguments for `node`. */
  program: (url: string, port: number) => string[];
  /** Asks for the edge of a row, whose cursor it is; without it a row's id is its cursor. */
  edge?: (id: string) => object;
  requests: (id: string, after: string) => Requests;
}

/** Whose generations are read: it has a seventh of all, and no tenant. */
export const caller = 'caller 0';

/** In the prompts of some 70 of them, when there are 1,000,000 generations. */
const word = 'zeppelin';

const fields = 'status version model prompt duration resolution taskId statusCode statusMessage createdAt updatedAt'; // prettier-ignore
const page = (node: string) => `{ edges { cursor node { ${node} } } pageInfo { endCursor hasNextPage } }`; // prettier-ignore

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const typescript = ['--no-warnings', '--import', '@swc-node/register/esm-register'];

/** Of the three that have the same fields of their own. */
const plainRequests = (id: string, after: string): Requests => ({
  'list by status': { query: `{ list(first: 50, status: SUCCEEDED) ${page(`id ${fields}`)} }` },
  list: { query: `{ list(first: 50) ${page(`id ${fields}`)} }` },
  'one by id': {
    query: `query ($id: ID!) { one(id: $id) { id ${fields} } }`,
    variables: { id },
  },
  'page after half of the rows': {
    query: `query ($after: ID) { list(first: 50, after: $after) ${page(`id ${fields}`)} }`,
    variables: { after },
  },
  'search in the prompt': {
    query: `{ list(first: 100, promptContains: "${word}") ${page(`id ${fields}`)} }`,
  },
  'count by status': { query: `{ count(status: FAILED) }` },
});

/** Of PostGraphile's list of the caller's, with more conditions. */
const allOf = (condition: string, more = '') =>
  `allVideoGenerations(condition: { callerId: "${caller}"${condition} }, orderBy: ROW_ID_DESC${more})`;

/** The first is the floor. */
export const contenders: readonly Contender[] = [
  {
    name: 'floor: node:http, SQL writes the answer',
    program: (url, port) => [
      ...typescript,
      path('../contenders/floor.ts'),
      ...[url, String(port), caller],
    ],
    requests: (id, after) => ({
      'list by status': { status: 'SUCCEEDED' },
      list: {},
      'one by id': { id },
      'page after half of the rows': { after },
      'search in the prompt': { promptContains: word },
      'count by status': { countOf: 'FAILED' },
    }),
  },
  {
    name: 'Reelgraph',
    program: () => [path('../../dist/main.js')],
    edge: (id) => ({ query: `{ generations(filter: { id: ["${id}"] }) ${page('id')} }` }),
    requests: (id, after) => ({
      'list by status': {
        query: `{ generations(first: 50, filter: { status: [SUCCEEDED] }) ${page(`id ${fields}`)} }`,
      },
      list: { query: `{ generations(first: 50) ${page(`id ${fields}`)} }` },
      'one by id': {
        query: `query ($id: ID!) { generation(id: $id) { id ${fields} } }`,
        variables: { id },
      },
      'page after half of the rows': {
        query: `query ($after: String) { generations(first: 50, after: $after) ${page(`id ${fields}`)} }`,
        variables: { after },
      },
      'search in the prompt': {
        query: `{ generations(first: 100, filter: { promptContains: "${word}" }) ${page(`id ${fields}`)} }`,
      },
      'count by status': { query: `{ generations(filter: { status: [FAILED] }) { totalCount } }` },
    }),
  },
  {
    name: 'PostGraphile 5',
    program: (url, port) => [path('../contenders/postgraphile.mjs'), url, String(port)],
    edge: (id) => ({ query: `{ ${allOf(`, rowId: "${id}"`)} ${page('id: rowId')} }` }),
    requests: (rowId, after) => ({
      'list by status': {
        query: `{ ${allOf(', status: SUCCEEDED', ', first: 50')} ${page(`id: rowId ${fields}`)} }`,
      },
      list: { query: `{ ${allOf('', ', first: 50')} ${page(`id: rowId ${fields}`)} }` },
      'one by id': {
        query: `query ($rowId: UUID!) { videoGenerationByRowId(rowId: $rowId) { id: rowId ${fields} } }`,
        variables: { rowId },
      },
      'page after half of the rows': {
        query: `query ($after: Cursor) { ${allOf('', ', first: 50, after: $after')} ${page(`id: rowId ${fields}`)} }`,
        variables: { after },
      },
      'search in the prompt': {
        query: `{ ${allOf('', `, first: 100, filter: { prompt: { includesInsensitive: "${word}" } }`)} ${page(`id: rowId ${fields}`)} }`,
      },
      'count by status': { query: `{ ${allOf(', status: FAILED')} { totalCount } }` },
    }),
  },
  {
    name: 'Mercurius 16, pg',
    program: (url, port) => [path('../contenders/mercurius.mjs'), url, String(port), caller],
    requests: plainRequests,
  },
  {
    name: 'Yoga 5, Pothos, Prisma',
    program: (url, port) => [
      ...typescript,
      path('../contenders/yoga.mjs'),
      ...[url, String(port), caller],
    ],
    requests: plainRequests,
  },
  {
    name: 'Apollo 5, type-graphql, Prisma as documented',
    program: (url, port) => [
      ...typescript,
      path('../contenders/plain.ts'),
      ...[url, String(port), caller],
    ],
    requests: plainRequests,
  },
];

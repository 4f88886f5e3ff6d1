import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  GraphQLError,
  GraphQLInt,
  Kind,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';
import type { Client } from 'graphql-ws';
import { request } from 'undici';
import { createSchema } from '../../../src/schema.ts';
import { createErrorMask } from '../../../src/graphql/errors.ts';
import { startTestApp, type TestApp } from '../../support/app.ts';
import { randomFrom } from '../../support/random-operations.ts';

let app: TestApp;
let schema: GraphQLSchema;
let id: string;
let socket: Client;
beforeAll(async () => {
  app = await startTestApp({ env: { CREATE_WAIT_MS: '0' } });
  schema = await createSchema();
  ({ id } = (await app.create()).generation);
  socket = app.subscriber();
});
afterAll(async () => await app.stop());
beforeEach(() => void app.logLines.splice(0));

interface Asked {
  query: string;
  variables?: Record<string, unknown>;
}

interface Answer {
  data?: unknown;
  errors?: { message: string; extensions: { code: string } }[];
}

async function overHttp(asked: Asked): Promise<Answer> {
  const { status, data, errors } = await app.graphql(asked.query, asked.variables);
  expect(status).toBeLessThan(500);
  return { data, ...(errors && { errors }) };
}

/** A subscription without a mistake may have nothing to tell. */
const quietMs = 250;

/** The first answer; what goes on is ended. */
async function overWebSocket(asked: Asked): Promise<Answer> {
  return await new Promise((done) => {
    const finish = (answer: Answer) => {
      clearTimeout(quiet);
      done(answer);
      end();
    };
    const end = socket.subscribe(asked, {
      next: (answer) => finish(answer as Answer),
      error: (errors) => finish({ errors: errors as NonNullable<Answer['errors']> }),
      complete: () => finish({}),
    });
    const quiet = setTimeout(() => {
      if (asked.query.startsWith('subscription')) finish({});
    }, quietMs);
  });
}

async function overEventStream(asked: Asked): Promise<Answer> {
  const { body } = await request(`${app.url}/graphql/stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify(asked),
  });
  const quiet = setTimeout(() => {
    if (asked.query.startsWith('subscription')) body.destroy();
  }, quietMs);
  let text = '';
  try {
    for await (const part of body) {
      text += String(part);
      const data = /^data: (\{.*\})$/m.exec(text)?.[1];
      if (data) return JSON.parse(data) as Answer;
    }
  } catch {
    // It was quiet.
  } finally {
    clearTimeout(quiet);
  }
  return {};
}

const ways = { overHttp, overWebSocket, overEventStream };
const codesOf = ({ errors = [] }: Answer) => errors.map(({ extensions }) => extensions.code);
/** Lines that somebody who runs the service would look into. */
const alarms = () => app.logLines.filter((line) => /"level":[456]0|it runs again/.test(line));

describe('a mistake that is found while arguments are read is told to the caller, not to the log', () => {
  const events = (declared: string) =>
    `query (${declared}, $id: ID!) { generation(id: $id) { events(last: $last) { id } } }`;
  test.each<[string, string, Record<string, unknown>, RegExp]>([
    ['null where there is a default', events('$last: Int'), { last: null }, /must not be null/],
    [
      'null where the variable has a default',
      events('$last: Int = 3'),
      { last: null },
      /must not be null/,
    ],
    [
      'null in an input object, where there is a default',
      `query ($by: VideoGenerationOrderField) {
        generations(orderBy: { field: $by }) { totalCount }
      }`,
      { by: null },
      /invalid value/,
    ],
    [
      'null in a list',
      'query ($tag: String = "a") { generations(filter: { tags: [$tag] }) { totalCount } }',
      { tag: null },
      /invalid value/,
    ],
    [
      'null for a directive on the first level',
      'query ($is: Boolean = true) { me @skip(if: $is) { callerId } }',
      { is: null },
      /must not be null/,
    ],
    [
      'null for a directive further down, in a fragment',
      `query ($is: Boolean = true) { me { ...F } } fragment F on Caller { callerId @include(if: $is) }`,
      { is: null },
      /must not be null/,
    ],
    [
      'more mistakes in variables than are listed',
      'query ($f: VideoGenerationFilter) { generations(filter: $f) { totalCount } }',
      { f: { and: Array.from({ length: 80 }, () => ({ status: 'X' })) } },
      /./,
    ],
    [
      'null for an argument of a subscription',
      'subscription ($id: ID = "x") { generationUpdated(id: $id) { id } }',
      { id: null },
      /must not be null/,
    ],
  ])('%s', async (_name, query, variables, message) => {
    for (const [way, send] of Object.entries(ways)) {
      if (query.startsWith('subscription') && send === overHttp) continue;
      for (let times = 0; times < (send === overHttp ? 4 : 1); times += 1) {
        const answer = await send({ query, variables: { id, ...variables } });
        expect({ way, codes: [...new Set(codesOf(answer))] }).toEqual({
          way,
          codes: ['BAD_USER_INPUT'],
        });
        expect(answer.errors![0]!.message).toMatch(message);
      }
    }
    expect(alarms()).toEqual([]);
  });

  const count = Number(process.env['RANDOM_MISTAKES'] || 150);
  test(`${count} random ones`, async () => {
    const random = randomFrom(Number(process.env['RANDOM_SEED'] || 11));
    const seen = new Map<string, number>();
    for (let number = 0; number < count; number += 1) {
      const { kind, ...asked } = randomMistake(schema, random, id);
      // One without a mistake would close the service to all that come after.
      if (asked.query.includes('createApiKey')) continue;
      for (const [way, send] of Object.entries(ways)) {
        if (kind === 'subscription' && send === overHttp) continue;
        const first = await send(asked);
        for (let times = 1; times < (send === overHttp && kind === 'query' ? 3 : 1); times += 1) {
          expect({ asked, ...(await send(asked)) }).toEqual({ asked, ...first });
        }
        const codes = codesOf(first);
        const ours = codes.filter((code) => [undefined, 'INTERNAL_SERVER_ERROR'].includes(code));
        expect({ way, asked, ours, alarms: alarms() }).toEqual({
          ...{ way, asked, ours: [], alarms: [] },
        });
        for (const code of codes) seen.set(code, (seen.get(code) ?? 0) + 1);
      }
    }
    expect(seen.get('BAD_USER_INPUT')).toBeGreaterThan(count / 2);
  }, 120_000);
});

test.each(['@skip(if: $is)', '@include(if: true)'])(
  'a subscription whose field has %s is refused, also when it is not the one to run',
  async (directive) => {
    const query = `query Me { me { callerId } }
      subscription Watch($is: Boolean!) { ...F }
      fragment F on Subscription { generationsUpdated ${directive} { id } }`;
    const body = JSON.stringify({ query, operationName: 'Me', variables: { is: true } });
    for (const path of ['/graphql', '/graphql/stream']) {
      const headers = {
        'content-type': 'application/json',
        accept: path.endsWith('stream') ? 'text/event-stream' : '*/*',
      };
      const answer = await request(app.url + path, { method: 'POST', headers, body });
      expect([path, answer.statusCode, await answer.body.json()]).toMatchObject([
        path,
        400,
        { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
      ]);
    }
    const live = await overWebSocket({ query, variables: {} });
    expect(codesOf(live)).toEqual(['BAD_USER_INPUT']);
    expect(alarms()).toEqual([]);
  },
);

describe('a mistake of ours', () => {
  const log = { error: jest.fn() };
  const maskError = createErrorMask({
    ...{ log, hideSuggestions: false },
    ...{ isUnavailable: () => false, isStorageFailure: () => false },
  });
  const nodes = [{ kind: Kind.FIELD, name: { kind: Kind.NAME, value: 'thing' } } as const];
  const within = (originalError: Error) =>
    new GraphQLError(originalError.message, { nodes, path: ['thing'], originalError });
  const thrownBy = (act: () => unknown): Error => {
    try {
      act();
    } catch (error) {
      return error as Error;
    }
    throw new Error('nothing was thrown');
  };

  test.each<[string, GraphQLError]>([
    ['a GraphQLError of a library in a resolver', within(new GraphQLError('secret'))],
    ['one that a resolver ran into by itself', new GraphQLError('secret', { path: ['thing'] })],
    [
      'a value that does not fit the type of the field',
      within(thrownBy(() => GraphQLInt.serialize('secret'))),
    ],
    ['a field without a value', within(new Error('Cannot return null for the secret'))],
    ['an error with an original', new GraphQLError('', { originalError: new Error('secret') })],
  ])('%s is masked and logged all the same', (_name, thrown) => {
    log.error.mockClear();
    const code = { code: 'INTERNAL_SERVER_ERROR' };
    // As graphql-ws and Apollo Server each give it.
    for (const formatted of [thrown.toJSON(), { ...thrown.toJSON(), extensions: code }]) {
      const masked = maskError(formatted, thrown);
      expect(masked.extensions).toMatchObject(code);
      expect(JSON.stringify(masked)).not.toContain('secret');
    }
    expect(log.error).toHaveBeenCalledTimes(2);
  });
});

/** An operation of one field whose arguments are of the right form, but for one value or a few. */
function randomMistake(schema: GraphQLSchema, random: () => number, id: string) {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const chance = (part: number) => random() < part;
  const nonsense = ['x', '', null, true, 1.5, -1, 2 ** 31, 1e300, [], {}, [[null]], { a: 1 }];
  const usual: Record<string, readonly unknown[]> = {
    Int: [1, 20],
    Float: [1.5],
    Boolean: [true, false],
    ID: [id, 'x'],
    DateTime: ['2026-11-23T12:00:00Z'],
    Decimal: ['0.28'],
    String: ['a', 'MiniMax-Hailuo-02'],
  };
  const variables: Record<string, unknown> = {};
  const declared: string[] = [];

  /** A value as it is sent in JSON; well-formed unless `mistakes` is not 0. */
  const json = (type: GraphQLInputType, mistakes: number, depth: number): unknown => {
    if (mistakes > 0 && chance(mistakes)) return pick(nonsense);
    if (isNonNullType(type)) return json(type.ofType, mistakes, depth);
    if (isListType(type)) return [json(type.ofType, mistakes, depth)];
    if (isEnumType(type)) return pick(type.getValues()).name;
    if (!isInputObjectType(type)) return pick(usual[type.name] ?? ['a']);
    const given = Object.values(type.getFields()).filter(
      (field) => isRequiredInputField(field) || (depth < 2 && chance(0.3)),
    );
    return Object.fromEntries(
      given.map((field) => [field.name, json(field.type, mistakes, depth + 1)]),
    );
  };

  /** A value as it is written in a document, maybe with variables in it. */
  const written = (
    { type, defaultValue }: Pick<GraphQLInputField, 'type' | 'defaultValue'>,
    depth: number,
  ): string => {
    if (chance(0.5)) {
      const name = `v${declared.length}`;
      const inner = isNonNullType(type) ? type.ofType : type;
      const fallback = json(inner, 0, depth);
      // A variable that may be null fits where there is a default, its own or that of the place.
      const isNullable = inner !== type && (defaultValue !== undefined || chance(0.7));
      const hasOwn = isNullable && (defaultValue === undefined || chance(0.5));
      declared.push(
        `$${name}: ${String(isNullable ? inner : type)}${hasOwn ? ` = ${literal(inner, fallback)}` : ''}`,
      );
      if (isNullable && chance(0.7)) variables[name] = null;
      else if (chance(0.9)) variables[name] = json(type, 0.3, depth);
      return `$${name}`;
    }
    const inner = isNonNullType(type) ? type.ofType : type;
    if (chance(0.05)) return JSON.stringify(pick(['x', null, true, 1.5, 2 ** 31]));
    if (isListType(inner))
      return `[${written({ type: inner.ofType, defaultValue: undefined }, depth)}]`;
    if (!isInputObjectType(inner)) return literal(inner, json(inner, 0, depth));
    const given = Object.values(inner.getFields()).filter(
      (field) => isRequiredInputField(field) || (depth < 3 && chance(0.3)),
    );
    return `{${given.map((field) => `${field.name}: ${written(field, depth + 1)}`).join(', ')}}`;
  };

  const argumentsOf = (args: readonly GraphQLArgument[]) => {
    // Waiting is no mistake.
    const given = args.filter(({ name }) => !name.startsWith('waitMs'));
    const parts = given
      .filter((arg) => isNonNullType(arg.type) || chance(0.6))
      .map((arg) => `${arg.name}: ${written(arg, 0)}`);
    return parts.length > 0 ? `(${parts.join(', ')})` : '';
  };

  const kind = pick(['query', 'query', 'mutation', 'subscription'] as const);
  const root = {
    query: schema.getQueryType()!,
    mutation: schema.getMutationType()!,
    subscription: schema.getSubscriptionType()!,
  }[kind];
  const withArguments = Object.values(root.getFields()).filter(({ args }) => args.length > 0);
  const field = pick(withArguments);
  const selection = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
  const body = `{ ${field.name}${argumentsOf(field.args)}${selection} }`;
  const head = declared.length > 0 ? `${kind} (${declared.join(', ')})` : kind;
  return { kind, query: `${head} ${body}`, variables };
}

/** A well-formed value as it is written in a document. */
function literal(type: GraphQLInputType, value: unknown): string {
  if (isListType(type))
    return `[${(value as unknown[]).map((one) => literal(type.ofType, one)).join(', ')}]`;
  if (isNonNullType(type)) return literal(type.ofType, value);
  if (isEnumType(type)) return String(value);
  if (!isInputObjectType(type)) return JSON.stringify(value);
  const fields = type.getFields();
  return `{${Object.entries(value as object)
    .map(([name, part]) => `${name}: ${literal(fields[name]!.type, part)}`)
    .join(', ')}}`;
}

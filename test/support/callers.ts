import { expect } from '@jest/globals';
import type { NewApiKey } from '../../src/access/api-keys.ts';
import { keysOf, usualInput, type TestApp } from './app.ts';

/** What callers of a test file's app ask of it, each with the secret of a key or with none. */
export function callersOf(app: () => TestApp) {
  async function key(callerId: string, more: Partial<NewApiKey> = {}) {
    return await keysOf(app()).create(
      { callerId, name: callerId, role: 'CLIENT', tenant: null, expiresAt: null, ...more },
      null,
    );
  }

  async function as(secret: string | null, query: string, variables: object = {}) {
    const headers = secret === null ? {} : { authorization: `Bearer ${secret}` };
    const answer = await app().graphql(query, variables, headers as Record<string, string>);
    if (answer.errors) throw new Error(JSON.stringify(answer.errors));
    return answer.data;
  }

  async function create(input: object = {}, secret: string | null = null) {
    const data = await as(
      secret,
      `mutation C($input: CreateVideoGenerationInput!) { createVideoGeneration(input: $input) {
        generation { id tags callerId tenant traceId taskId status } replayed userErrors { field code message } } }`,
      { input: { ...usualInput, ...input } },
    );
    app().clock.advance(1_000);
    return data.createVideoGeneration;
  }

  async function find(filter: object, secret: string | null = null) {
    const { generations } = await as(
      secret,
      'query F($f: VideoGenerationFilter) { generations(filter: $f, orderBy: { direction: ASC }) { totalCount nodes { id } } }',
      { f: filter },
    );
    const ids = generations.nodes.map(({ id }: { id: string }) => id) as string[];
    expect(generations.totalCount).toBe(ids.length);
    return ids;
  }

  return { key, as, create, find };
}

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { validate as validateOpenApi } from '@readme/openapi-parser';
import { openApiDocument } from '../../../src/drop-in/openapi.ts';
import { startTestApp, type TestApp } from '../../support/app.ts';
import {
  ajv,
  dropInClient,
  example,
  responsesOf,
  schemaOf,
  text,
} from '../../support/drop-in-client.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(async () => {
  await app.stop();
});
const { call, keyOf } = dropInClient(() => app);

test('the OpenAPI document is valid and served to everybody', async () => {
  await keyOf('studio');
  const { status, body } = await call('GET', '/openapi.json');
  expect(status).toBe(200);
  expect(body).toEqual(openApiDocument);
  const verdict = await validateOpenApi(structuredClone(openApiDocument) as never);
  expect(verdict).toMatchObject({ valid: true, warnings: [] });
  const requests = ajv.compile({ $ref: 'api#/components/schemas/SubmitRequest' });
  for (const [request, fits] of [
    [example, true],
    [{ ...text, duration: '6', subject_reference: [] }, true],
    [{ prompt: 'no model' }, false],
    [{ ...text, callback_url: 'https://me.example.com' }, false],
  ] as const) {
    expect(requests(request)).toBe(fits);
  }
  for (const [path, validate] of Object.entries(schemaOf)) {
    for (const { content } of Object.values(responsesOf(path))) {
      expect(validate(content['application/json'].example)).toBe(true);
    }
  }
});

test('what is not offered answers 404, in the same shape', async () => {
  for (const [method, path] of [
    ['POST', '/v1/files/list'],
    ['GET', '/v1/files/list'],
    ['GET', '/nothing'],
  ] as const) {
    const { status, body } = await call(method, path, method === 'POST' ? { body: '{}' } : {});
    expect(status).toBe(404);
    expect(body.base_resp.status_msg).toContain(`there is no ${method} ${path} here`);
  }
});

import { expect, test } from '@jest/globals';
import { request } from 'undici';
import { listenHttp } from '../../../src/graphql/http-listener.ts';

test('keeps an idle connection for longer than proxies do, and says so', async () => {
  const listener = await listenHttp('127.0.0.1', 0);
  listener.serve((_request, response) => void response.end());
  const { headers, body } = await request(listener.localUrl);
  await body.dump();
  listener.http.closeAllConnections();
  listener.http.close();
  expect(headers['keep-alive']).toBe('timeout=75');
});

import { createInterface } from 'node:readline';
import { describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { aFakeUpstream, aPlace, start } from '../../support/process.ts';
import { until } from '../../support/until.ts';

describe('a process that serves', () => {
  test('goes on when a promise is rejected that nobody waits for', async () => {
    const reject =
      'setInterval(()=>process.listenerCount("unhandledRejection")&&Promise.reject(new Error("left behind")),100).unref()';
    const service = await start(await aPlace(), {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(reject)}`,
    });
    await until(() => service.output.stdout.includes('nobody waits for any more'));
    const { statusCode, body } = await request(`${service.url}/healthz`);
    expect([statusCode, await body.text()]).toEqual([200, '{"status":"ok"}']);
  });

  test.each([
    ['everybody', { OPEN_ACCESS: 'on' }, 200, /"Everybody who can reach this address is let in/],
    ['nobody', { OPEN_ACCESS: 'off' }, 401, /"Nobody is let in: there is no API key yet/],
  ])('says when %s is let in, and how to make a key', async (_, env, statusCode, line) => {
    const service = await start(await aPlace(), env);
    await until(() => line.test(service.output.stdout));
    expect(service.output.stdout).toContain(
      'node dist/cli/keys.js create --caller me --role admin',
    );
    const answer = await request(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ generations { totalCount } }' }),
    });
    expect(answer.statusCode).toBe(statusCode);
    await answer.body.dump();
  });

  test('ends at once on a second signal', async () => {
    const place = await aPlace();
    const { upstream, env } = await aFakeUpstream();
    upstream.onSubmit({ fault: 'hang' });
    const service = await start(place, env);
    await service.create();
    await upstream.received('submit');
    service.child.kill('SIGINT');
    for await (const line of createInterface({ input: service.child.stdout! })) {
      if (line.includes('"stopping')) break;
    }
    service.child.kill('SIGINT');
    expect(await service.ended).toBe(1);
  });
});

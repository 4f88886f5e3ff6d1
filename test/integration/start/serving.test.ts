import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { request } from 'undici';
import { aFakeUpstream, aPlace, keep, start, type Service } from '../../support/process.ts';
import type { FakeUpstream } from '../../support/fake-upstream.ts';
import { until } from '../../support/until.ts';

/** Read before the program: leaves a rejected promise behind again and again. */
const reject =
  'setInterval(()=>process.listenerCount("unhandledRejection")&&Promise.reject(new Error("left behind")),100).unref()';

describe('a process that serves', () => {
  let upstream: FakeUpstream;
  let open: Service;
  let closed: Service;
  beforeAll(async () => {
    await keep(async () => {
      const fake = await aFakeUpstream();
      upstream = fake.upstream;
      [open, closed] = await Promise.all([
        start(await aPlace(), {
          ...fake.env,
          OPEN_ACCESS: 'on',
          NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(reject)}`,
        }),
        start(await aPlace(), { OPEN_ACCESS: 'off' }),
      ]);
    });
  });

  test('goes on when a promise is rejected that nobody waits for', async () => {
    await until(() => open.output.stdout.includes('nobody waits for any more'));
    const { statusCode, body } = await request(`${open.url}/healthz`);
    expect([statusCode, await body.text()]).toEqual([200, '{"status":"ok"}']);
  });

  test.each([
    ['everybody', () => open, 200, /"Everybody who can reach this address is let in/],
    ['nobody', () => closed, 401, /"Nobody is let in: there is no API key yet/],
  ])('says when %s is let in, and how to make a key', async (_, started, statusCode, line) => {
    const service = started();
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
    upstream.onSubmit({ fault: 'hang' });
    await open.create();
    await upstream.received('submit');
    open.child.kill('SIGINT');
    for await (const line of createInterface({ input: open.child.stdout! })) {
      if (line.includes('"stopping')) break;
    }
    open.child.kill('SIGINT');
    expect(await open.ended).toBe(1);
  });
});

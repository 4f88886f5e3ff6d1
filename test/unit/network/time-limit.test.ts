import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MinimaxClient } from '../../../src/minimax/v1/client.ts';
import { startFakeUpstream, type FakeUpstream } from '../../support/fake-upstream.ts';
import { builtProgram } from '../../support/program.ts';

let fake: FakeUpstream;
const children: ChildProcess[] = [];
beforeEach(async () => {
  fake = await startFakeUpstream();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await fake.close();
});

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Keeps the event loop from everything else, as a long computation does. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** A process of its own with a client that submits once and says what came of it. */
async function submitting({ timeoutMs }: { timeoutMs: number }) {
  const client = join(dirname(await builtProgram()), 'minimax/v1/client.js');
  const program = `
    import { MinimaxClient } from ${JSON.stringify(client)};
    const options = { baseUrl: ${JSON.stringify(fake.url)}, apiKey: 'k', timeoutMs: ${timeoutMs} };
    new MinimaxClient(options).submit({ model: 'm' }).then(
      ({ taskId }) => console.log('task ' + taskId),
      ({ kind }) => console.log(kind),
    );`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const line = once(createInterface(child.stdout), 'line').then(([text]) => text as string);
  return { child, line };
}

test('an answer that arrived while its process was suspended counts, past the limit too', async () => {
  fake.onSubmit(async () => {
    child.kill('SIGSTOP');
    await pause(200);
    return { json: { task_id: '4711', base_resp: { status_code: 0 } } };
  });
  const { child, line } = await submitting({ timeoutMs: 1_000 });
  await fake.received('submit');
  await pause(2_500);
  child.kill('SIGCONT');
  expect(await line).toBe('task 4711');
});

test('a suspended process whose answer has not come gives up soon after it wakes', async () => {
  fake.onSubmit({ fault: 'hang' });
  const { child, line } = await submitting({ timeoutMs: 1_000 });
  await fake.received('submit');
  child.kill('SIGSTOP');
  await pause(2_500);
  child.kill('SIGCONT');
  const wokenAt = performance.now();
  expect(await line).toBe('uncertain');
  expect(performance.now() - wokenAt).toBeLessThan(10_000);
});

test('an answer that arrived while the event loop was blocked counts', async () => {
  // In a process of its own, to answer while this one is blocked.
  const program = `
    import { createServer } from 'node:http';
    createServer((request, response) => {
      console.log('received');
      setTimeout(() => response.end('{"task_id":"4711","base_resp":{"status_code":0}}'), 100);
    }).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;
  const server = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(server);
  const lines = createInterface(server.stdout);
  const [port] = (await once(lines, 'line')) as [string];
  const options = { baseUrl: `http://127.0.0.1:${port}`, apiKey: 'k', timeoutMs: 400 };
  const client = new MinimaxClient(options);
  const submitted = client.submit({ model: 'm' });
  await once(lines, 'line');
  block(1_500);
  expect((await submitted).taskId).toBe('4711');
  await client.close();
});

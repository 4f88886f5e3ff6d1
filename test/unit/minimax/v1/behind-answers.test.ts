import { gzipSync } from 'node:zlib';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { answer, mega, read, serve, submit } from '../../../support/sending.ts';

/** What stands on a connection behind the answer to a submission: the task may be named there. */
const task = '{"task_id":"4711","base_resp":{"status_code":0}}';
const chunked = (chunks: string) =>
  `HTTP/1.1 429 Busy\r\ntransfer-encoding: chunked\r\n\r\n${chunks}`;

test.each([
  ['with a length', answer('429 Busy', '{}')],
  ['of 70 KB', answer('429 Busy', 'x'.repeat(70_000))],
  ['in chunks', chunked('2\r\n{}\r\n0\r\n\r\n')],
  ['in no chunks', chunked('0\r\n\r\n')],
  ['in chunks with an extension', chunked('2;a=b\r\n{}\r\n0;x=1\r\n\r\n')],
  ['in chunks with a trailer', chunked('2\r\n{}\r\n000\r\nx: y\r\n\r\n')],
])('a task behind a refusal %s is found, at once or a moment later', async (_form, refusal) => {
  for (const isKept of [true, false])
    for (const ms of [0, 10]) {
      const said = isKept ? refusal : refusal.replace('Busy', 'Busy\r\nconnection: close');
      const url = await serve(async (socket) => {
        await read(socket);
        socket.write(ms === 0 ? said + answer('200 OK', task) : said);
        await pause(ms);
        if (ms > 0) socket.write(answer('200 OK', task));
      });
      const error = await submit(url, { megabytes: 0 });
      expect([isKept, ms, error]).toMatchObject([
        isKept,
        ms,
        { kind: 'uncertain', taskId: '4711' },
      ]);
    }
});

const headed = (headers: string, body: Buffer) =>
  Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${headers}\r\n\r\n`), body]);

test.each<[form: string, answer: Buffer]>([
  [
    'in chunks that split its id',
    headed(
      'Transfer-Encoding: chunked',
      Buffer.from(
        `c\r\n${task.slice(0, 12)}\r\n2\r\n47\r\n${(task.length - 14).toString(16)}\r\n${task.slice(14)}\r\n0\r\n\r\n`,
      ),
    ),
  ],
  ['compressed', headed('content-encoding: gzip', gzipSync(task))],
  ['in UTF-16', headed('x: y', Buffer.from(`\ufeff${task}`, 'utf16le'))],
  ['behind another', headed('x: y', headed('x: y', Buffer.from(task)))],
  ['deep in it', headed('x: y', Buffer.from('{"code":0,"data":{"task":{"id":"4711"}}}'))],
])('the id of a task behind a refusal, %s, is the right one', async (_form, behind) => {
  const url = await serve(async (socket) => {
    await read(socket);
    socket.write(Buffer.concat([Buffer.from(answer('429 Busy', '{}')), behind]));
  });
  const error = await submit(url, { megabytes: 0 });
  expect(error).toMatchObject({ kind: 'uncertain', taskId: '4711' });
});

test('what stands behind a refusal takes no time, whatever it is', async () => {
  for (const part of ['HTTP/1.1 \r\n\r\n', '1\r\na\r\n', '\r\n', 'f'.repeat(20)]) {
    const url = await serve(async (socket) => {
      await read(socket);
      socket.write(`${answer('429 Busy', '{}')}${part.repeat(mega / part.length)}`);
    });
    const startedAt = performance.now();
    expect(await submit(url, { megabytes: 0 })).toMatchObject({ kind: 'throttled' });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  }
});

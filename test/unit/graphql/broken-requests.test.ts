import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { listenHttp, type HttpListener } from '../../../src/graphql/http-listener.ts';
import { until } from '../../support/until.ts';

let listener: HttpListener;
let socket: Socket;
let heard: string;
const asked: ServerResponse[] = [];
beforeEach(async () => {
  asked.length = 0;
  heard = '';
  listener = await listenHttp('127.0.0.1', 0);
  listener.serve((incoming, response) => {
    incoming.resume();
    asked.push(response);
  });
  socket = connect(Number(new URL(listener.localUrl).port), '127.0.0.1');
  socket.on('data', (data) => (heard += data.toString()));
});
afterEach(() => {
  socket.destroy();
  listener.http.closeAllConnections();
  listener.http.close();
});

const whole = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}';

/** Sends what is no request, in two pieces, and waits until the server has met it. */
async function sendJunk(junk = 'XX'): Promise<void> {
  const met = once(listener.http, 'clientError');
  socket.write(junk);
  await met;
  const again = once(listener.http, 'clientError');
  if (!socket.write('YY')) await once(socket, 'drain');
  await again;
}

test('what follows a request that came whole does not take its answer away', async () => {
  socket.write(whole);
  await until(() => asked.length === 1);
  await sendJunk();
  asked[0]!.end('task 42');
  await once(socket, 'end');
  expect(heard).toMatch(/^HTTP\/1\.1 200 OK\r\n(.|\r\n)*Connection: close\r\n(.|\r\n)*task 42/);
  expect(heard).not.toContain('400');
});

test('nor that of the one before the request that breaks off', async () => {
  socket.write(whole);
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  await until(() => asked.length === 2);
  await sendJunk('no size\r\n');
  asked[0]!.end('task 42');
  await once(socket, 'end');
  expect(heard).toContain('task 42');
});

test('an answer that has begun goes on to its end', async () => {
  socket.write(whole);
  await until(() => asked.length === 1);
  asked[0]!.write('task ');
  await sendJunk();
  asked[0]!.end('42');
  await once(socket, 'end');
  expect(heard).toContain('42');
});

test.each([
  ['XX\r\n\r\n', '400 Bad Request'],
  [`GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, '431 Request Header Fields Too Large'],
  [
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n',
    '400 Bad Request',
  ],
])('what is no whole request is refused at once (%#)', async (sent, status) => {
  socket.write(sent);
  await once(socket, 'end');
  expect(heard).toBe(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
});

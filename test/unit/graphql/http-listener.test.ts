import { once } from 'node:events';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
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

test('who comes while the service starts is told to come again', async () => {
  const listener = await listenHttp('127.0.0.1', 0);
  const { statusCode, headers, body } = await request(listener.localUrl);
  const { errors } = (await body.json()) as { errors: { extensions: object }[] };
  listener.http.closeAllConnections();
  listener.http.close();
  expect(statusCode).toBe(503);
  expect(headers['retry-after']).toBe('1');
  expect(errors[0]!.extensions).toEqual({ code: 'SERVICE_UNAVAILABLE' });
});

/** Asks twice over one connection, the second time 100 ms after `told`; tells what came. */
const client = `
  const { parentPort, workerData } = require('node:worker_threads');
  const socket = require('node:net').connect(workerData, '127.0.0.1');
  const ask = () => socket.write('GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n');
  let answers = 0;
  socket.on('data', () => {
    parentPort.postMessage(++answers);
    if (answers === 1) setTimeout(ask, 100);
    else socket.end();
  });
  socket.on('error', ({ code }) => parentPort.postMessage(code));
  socket.on('end', () => parentPort.postMessage('ended'));
  ask();`;

test('a connection whose time is over, but at which a request waits, is not closed', async () => {
  const listener = await listenHttp('127.0.0.1', 0);
  listener.serve((_request, response) => void response.end('here'));
  listener.http.keepAliveTimeout = 200;
  const { port } = new URL(listener.localUrl);
  const worker = new Worker(client, { eval: true, workerData: Number(port) });
  try {
    expect(await once(worker, 'message')).toEqual([1]);
    const told = once(worker, 'message');
    // As a process that was suspended for longer than the connection has.
    const until = performance.now() + 2_500;
    while (performance.now() < until);
    expect(await told).toEqual([2]);
  } finally {
    await worker.terminate();
    listener.http.closeAllConnections();
    listener.http.close();
  }
});

test('a connection whose time is over is closed', async () => {
  const listener = await listenHttp('127.0.0.1', 0);
  listener.serve((_request, response) => void response.end('here'));
  listener.http.keepAliveTimeout = 1;
  const socket = connect(Number(new URL(listener.localUrl).port), '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  socket.resume();
  await once(socket, 'end');
  listener.http.close();
});

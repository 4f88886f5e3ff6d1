/**
 * A MiniMax, as a process of its own, that keeps submissions waiting until as many are there as it
 * was told to expect, accepts them all at once, and tells when the last byte of each answer left.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clockMs } from './commits.ts';

const waiting: ServerResponse[] = [];
let expected = 1;
let nextTask = 106_916_112_000_000;

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    if (request.method !== 'POST') return void json(response, { base_resp: { status_code: 1000 } });
    waiting.push(response);
    if (waiting.length >= expected) answerAll();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.on('message', (count: number) => (expected = count));
process.on('disconnect', () => process.exit(0));
process.send!((server.address() as AddressInfo).port);

function answerAll(): void {
  const sent = waiting.splice(0).map((response): [string, number] => {
    const taskId = String(nextTask++);
    const base_resp = { status_code: 0, status_msg: 'success' };
    json(response, { task_id: taskId, base_resp });
    return [taskId, clockMs()];
  });
  process.send!(sent);
}

function json(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

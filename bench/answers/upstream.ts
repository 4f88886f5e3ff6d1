/**
 * A MiniMax, as a process of its own, that keeps submissions waiting until as many are there as it
 * was told to expect, accepts them all at once, and tells when the last byte of each answer left.
 * It leaves the connections open, as HTTP/1.1 has it.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { clockMs } from './commits.ts';

/** With the bytes of its answer, which are ready: MiniMax makes none on the machine of the service. */
interface Waiting {
  socket: Socket;
  taskId: string;
  answer: string;
}

const waiting: Waiting[] = [];
let expected = 1;
let nextTask = 106_916_112_000_000;

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    if (request.method !== 'POST') {
      response.writeHead(200, { 'content-type': 'application/json' });
      return void response.end('{"base_resp":{"status_code":1000}}');
    }
    const taskId = String(nextTask++);
    waiting.push({ socket: request.socket, taskId, answer: acceptanceOf(taskId) });
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
  const sent = waiting.splice(0).map(({ socket, taskId, answer }): [string, number] => {
    socket.write(answer);
    return [taskId, clockMs()];
  });
  process.send!(sent);
}

function acceptanceOf(taskId: string): string {
  const body = `{"task_id":"${taskId}","base_resp":{"status_code":0,"status_msg":"success"}}`;
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
  return `${head}\r\ndate: ${new Date().toUTCString()}\r\n\r\n${body}`;
}

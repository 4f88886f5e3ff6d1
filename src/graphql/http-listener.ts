import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { BrokenRequests } from './broken-requests.ts';

export interface HttpListener {
  http: Server;
  /** As people on this machine reach it, e.g. `http://localhost:4000`. */
  url: string;
  /** As this process reaches itself. */
  localUrl: string;
  /** Answers every request from now on; until then they are asked to come again. */
  serve(handler: RequestListener): void;
}

/** Who sends slower than this is not waited for: 30 MB in two minutes is 2 Mbit/s. */
const limits = {
  headersTimeout: 15_000,
  requestTimeout: 120_000,
  connectionsCheckingInterval: 5_000,
  // Longer than proxies keep one that is idle, 60 s mostly: else a request may come while it is being
  // closed here.
  keepAliveTimeout: 75_000,
};

const starting = JSON.stringify({
  errors: [
    {
      message: 'The service is starting; try again in a moment.',
      extensions: { code: 'SERVICE_UNAVAILABLE' },
    },
  ],
});

/** A server that listens; rejects as the system says when it cannot. */
export async function listenHttp(host: string, port: number): Promise<HttpListener> {
  let handle: RequestListener = (_request, response) => {
    response
      .writeHead(503, { 'Retry-After': '1', 'Content-Type': 'application/json; charset=utf-8' })
      .end(starting);
  };
  const broken = new BrokenRequests();
  const http = createServer(limits, (request, response) => {
    broken.watch(response);
    handle(request, response);
  });
  http.on('timeout', closeUnlessAsked);
  http.on('clientError', broken.end);
  http.listen(port, host);
  await once(http, 'listening');
  const { port: given } = http.address() as AddressInfo;
  const reachable = reachableHost(host);
  const printed = ['127.0.0.1', '[::1]'].includes(reachable) ? 'localhost' : reachable;
  return {
    http,
    url: `http://${printed}:${given}`,
    localUrl: `http://${reachable}:${given}`,
    serve: (handler) => (handle = handler),
  };
}

/** A process that was suspended comes to its timers before it reads what has come meanwhile. */
function closeUnlessAsked(socket: Socket): void {
  const { bytesRead } = socket;
  setImmediate(() => {
    if (socket.bytesRead === bytesRead) socket.destroy();
  });
}

function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

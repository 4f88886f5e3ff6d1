import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Proxies } from '../../src/network/proxies.ts';

/** A forward proxy that opens tunnels to this machine, whatever host is asked for. */
export class ConnectProxy {
  /** What was asked for, such as `minimax.test:80`. */
  readonly asked: { authority: string; headers: IncomingHttpHeaders }[] = [];
  /** Written in place of a tunnel; null: nothing is said. */
  reply: string | null | undefined;

  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((_request, response) => {
    response.writeHead(405).end();
  });

  static async start(): Promise<ConnectProxy> {
    const proxy = new ConnectProxy();
    proxy.#server.on('connection', (socket) => proxy.#keep(socket));
    proxy.#server.on('connect', ({ url, headers }, client: Socket) => {
      proxy.asked.push({ authority: url!, headers });
      if (proxy.reply === null) return;
      if (proxy.reply !== undefined) return void client.end(proxy.reply);
      const upstream = proxy.#keep(connect(Number(url!.split(':').at(-1)), '127.0.0.1'));
      upstream.on('connect', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        client.pipe(upstream).pipe(client);
      });
      upstream.on('close', () => client.destroySoon());
      client.on('close', () => upstream.destroy());
    });
    await new Promise<void>((done) => proxy.#server.listen(0, '127.0.0.1', done));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** For everything that is http or https. */
  proxies(credentials = ''): Proxies {
    const url = `http://${credentials}127.0.0.1:${this.port}`;
    return { http: url, https: url, never: [] };
  }

  async close(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.on('error', () => undefined).on('close', () => void this.#sockets.delete(socket));
  }
}

/** The address of a server of this machine by a name that only a proxy resolves. */
export function elsewhere(url: string): string {
  return url.replace('127.0.0.1', 'minimax.test');
}

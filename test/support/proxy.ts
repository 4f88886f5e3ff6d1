import { createServer, request as forward, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** A proxy between a client and the service that can be told to misbehave. */
export class Proxy {
  /** The service's answers are read to their end and then thrown away, as if the line had broken: so many. */
  loseAnswers = 0;
  /** Requests are answered by the proxy itself with this status and a page. */
  outOfOrder: number | undefined;
  /** What is done with WebSockets. */
  webSockets: 'pass' | 'refuse' | 'hang' = 'pass';
  /** Bodies of the requests that came, and how many WebSockets were asked for. */
  readonly bodies: string[] = [];
  upgrades = 0;

  readonly #target: URL;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: string) {
    this.#target = new URL(target);
    const { hostname, port } = this.#target;
    this.#server = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const body = Buffer.concat(chunks);
        this.bodies.push(body.toString());
        if (this.outOfOrder !== undefined) {
          outgoing
            .writeHead(this.outOfOrder, { 'content-type': 'text/html' })
            .end('<h1>Sorry</h1>');
          return;
        }
        const { method, url: path, headers } = incoming;
        const lose = this.loseAnswers > 0;
        if (lose) this.loseAnswers -= 1;
        const upstream = forward({ hostname, port, method, path, headers }, (answer) => {
          if (lose) {
            answer.resume().on('end', () => incoming.socket.destroy());
          } else {
            outgoing.writeHead(answer.statusCode!, answer.headers);
            answer.pipe(outgoing);
          }
        });
        upstream.on('error', () => incoming.socket.destroy());
        // Whoever hangs up here is not waited for there.
        outgoing.on('close', () => !lose && upstream.destroy());
        upstream.end(body);
      });
    });
    this.#server.on('upgrade', (incoming, socket: Socket, head) => {
      this.upgrades += 1;
      if (this.webSockets === 'refuse') {
        socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
      if (this.webSockets === 'hang') return;
      const upstream = connect(Number(port), hostname, () => {
        const headers = incoming.rawHeaders.reduce(
          (text, part, index) => text + part + (index % 2 ? '\r\n' : ': '),
          '',
        );
        upstream.write(`GET ${incoming.url} HTTP/1.1\r\n${headers}\r\n`);
        upstream.write(head);
        socket.pipe(upstream).pipe(socket);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('close', () => upstream.destroy());
    });
  }

  static async start(target: string): Promise<Proxy> {
    const proxy = new Proxy(target);
    await new Promise<void>((done) => proxy.#server.listen(0, '127.0.0.1', done));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get openWebSockets(): number {
    return this.#sockets.size;
  }

  /** Breaks every WebSocket without a word of farewell. */
  cutWebSockets(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cutWebSockets();
    const closed = new Promise((done) => this.#server.close(done));
    this.#server.closeAllConnections();
    await closed;
  }
}

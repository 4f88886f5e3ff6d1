import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A way to a server, such as PostgreSQL, that can be opened late, stalled, cut and led to another one. */
export class ServerProxy {
  readonly #server: Server;
  #target: URL;
  readonly #sockets = new Set<Socket>();

  constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((downstream) => this.#join(downstream));
  }

  static async start(target: string, port = 0): Promise<ServerProxy> {
    return await new ServerProxy(target).listen(port);
  }

  async listen(port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get url(): string {
    const url = new URL(this.#target);
    url.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return url.href;
  }

  /** Present connections stay up but nothing passes any more; new ones work. */
  stall(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  /** Has new connections go to another server. */
  lead(target: string): void {
    this.#target = new URL(target);
  }

  /** Whatever present connections carry is taken and dropped, without a word; new ones work. */
  swallow(): void {
    for (const socket of this.#sockets) socket.unpipe().resume();
  }

  /** Breaks every present connection; new ones work. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Passes on what comes from one end, `isAsked` what comes from the client. */
  protected carry(near: Socket, far: Socket, _isAsked: boolean): void {
    near.pipe(far);
  }

  #join(downstream: Socket): void {
    const upstream = connect(Number(this.#target.port || 5432), this.#target.hostname);
    const pair = [downstream, upstream] as const;
    for (const [near, far] of [pair, pair.toReversed() as [Socket, Socket]]) {
      this.#sockets.add(near);
      this.carry(near, far, near === downstream);
      near.on('error', () => undefined);
      near.on('close', () => {
        this.#sockets.delete(near);
        far.destroy();
      });
    }
  }
}

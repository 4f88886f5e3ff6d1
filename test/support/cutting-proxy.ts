import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP proxy in front of a server that hangs up on both sides in the middle of what it passes on. */
export class CuttingProxy {
  /** Connections that were cut so far. */
  cuts = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((client) => this.#join(client));
  readonly #target: number;
  readonly #random: () => number;

  /** Each connection may pass between 256 bytes and 1 MB to the client: few long-lived ones, many short. */
  constructor(targetPort: number, random: () => number) {
    this.#target = targetPort;
    this.#random = random;
  }

  /** Gives the port on which it listens. */
  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }

  #join(client: Socket): void {
    let left = 2 ** (8 + 12 * this.#random());
    const server = connect(this.#target, '127.0.0.1');
    const cut = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', cut).on('close', () => {
        this.#sockets.delete(socket);
        cut();
      });
    }
    client.pipe(server);
    server.on('data', (data) => {
      left -= data.length;
      if (left > 0) return void client.write(data);
      this.cuts += 1;
      client.write(data.subarray(0, Math.max(0, data.length + left)), cut);
    });
  }
}

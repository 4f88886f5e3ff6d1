import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** After so long PostgreSQL lets go of a client that does not answer its TCP keep-alive any more. */
const forgottenAfterMs = 25_000;

/** A line to PostgreSQL that can be cut, or swallow what it carries. */
export class DatabaseLine {
  readonly #server: Server;
  readonly #target: URL;
  readonly #pairs = new Set<Pair>();
  #swallowsNew = false;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((client) => this.#join(client));
  }

  static async start(target: string): Promise<DatabaseLine> {
    const line = new DatabaseLine(target);
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get url(): string {
    const url = new URL(this.#target);
    url.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return url.href;
  }

  /** Resets every connection, at both ends. */
  cut(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server?.resetAndDestroy();
    }
  }

  /** From now on nothing that is connected hears anything from the other end, not even that it is gone. */
  swallow(): void {
    for (const pair of this.#pairs) pair.swallow();
  }

  /** Whether new connections are taken and then carry nothing; those of that time stay as they are. */
  set swallowsNew(value: boolean) {
    this.#swallowsNew = value;
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #join(client: Socket): void {
    const { hostname, port } = this.#target;
    const server = this.#swallowsNew ? undefined : connect(Number(port || 5432), hostname);
    const pair = new Pair(client, server);
    this.#pairs.add(pair);
    const ended = () => client.destroyed && (server?.destroyed ?? true) && this.#pairs.delete(pair);
    for (const socket of [client, server]) socket?.on('close', ended);
  }
}

/** Both ends of one connection; without a server it leads nowhere. */
class Pair {
  readonly client: Socket;
  readonly server: Socket | undefined;
  #isSwallowed: boolean;

  constructor(client: Socket, server: Socket | undefined) {
    this.client = client;
    this.server = server;
    this.#isSwallowed = server === undefined;
    this.#pass(client, server);
    if (server) this.#pass(server, client);
  }

  swallow(): void {
    this.#isSwallowed = true;
    setTimeout(() => this.server?.destroy(), forgottenAfterMs).unref();
  }

  #pass(from: Socket, to: Socket | undefined): void {
    from.on('data', (data) => void (this.#isSwallowed || to?.write(data)));
    from.on('error', () => undefined);
    from.on('close', () => void (this.#isSwallowed || to?.destroy()));
  }
}

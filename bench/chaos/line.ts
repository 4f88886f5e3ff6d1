import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What PostgreSQL sends when a transaction has been committed: CommandComplete with its tag. */
const committed = Buffer.from('COMMIT\0');

/**
 * A line to PostgreSQL that breaks now and then just when something has been carried out: the answer
 * is lost, a COMMIT's more often than another's.
 */
export class LossyLine {
  /** Answers that were lost so far, and how many of them said that a transaction was committed. */
  lost = 0;
  lostCommits = 0;
  readonly #server: Server;
  #target: URL;
  readonly #random: () => number;
  #quiet = false;
  readonly #clients = new Set<Socket>();

  private constructor(target: string, random: () => number) {
    this.#target = new URL(target);
    this.#random = random;
    this.#server = createServer((client) => this.#join(client));
  }

  static async start(target: string, random: () => number): Promise<LossyLine> {
    const line = new LossyLine(target, random);
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get url(): string {
    const url = new URL(this.#target);
    url.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return url.href;
  }

  /** From now on nothing is lost. */
  calmDown(): void {
    this.#quiet = true;
  }

  /** Leads to another server from now on; what it carried to the first one is cut. */
  lead(target: string): void {
    this.#target = new URL(target);
    for (const client of this.#clients) client.destroy();
  }

  close(): void {
    this.#server.close();
  }

  #join(client: Socket): void {
    const server = connect(Number(this.#target.port || 5432), this.#target.hostname);
    this.#clients.add(client);
    const cut = () => {
      this.#clients.delete(client);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on('error', cut).on('close', cut);
    client.pipe(server);
    server.on('data', (data) => {
      const isCommit = data.includes(committed);
      if (this.#quiet || this.#random() > (isCommit ? 0.01 : 0.001)) return void client.write(data);
      this.lost += 1;
      if (isCommit) this.lostCommits += 1;
      cut();
    });
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.ts';

export interface ServerOptions {
  /** Where the processes run and leave their logs. */
  directory: string;
  /** The program and its arguments, for `node`. */
  program: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** What a start says that the database did not live to see; whoever starts it does so again. */
const lostDatabase =
  /^(Cannot connect to|The database stopped answering|.*: Connection terminated)/;

/** One server of the service, started again whenever its process ends, until it is retired. */
export class ChaosServer {
  readonly name: string;
  readonly url: string;
  ready = false;
  starts = 0;
  /** How processes ended that were asked to stop, and how busy the machine was. */
  readonly stops: { code: number | NodeJS.Signals; at: number; load: number }[] = [];
  /** Ends that nobody asked for, with what the process said last. */
  readonly collapses: string[] = [];
  /** Starts that ended with 1 and a sentence, since the bench broke the line to the database in their midst. */
  startsGivenUp = 0;
  /** What was logged as an error, and how often. */
  readonly errors = new Map<string, number>();

  readonly #options: ServerOptions;
  readonly #port: number;
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;
  #asked: NodeJS.Signals | undefined;
  #retired = false;
  #running: Promise<void> | undefined;

  private constructor(name: string, port: number, options: ServerOptions) {
    this.name = name;
    this.#port = port;
    this.#options = options;
    this.url = `http://127.0.0.1:${port}`;
    this.#log = createWriteStream(join(options.directory, `${name}.log`));
  }

  static async start(name: string, options: ServerOptions): Promise<ChaosServer> {
    const server = new ChaosServer(name, await freePort(), options);
    server.#running = server.#run();
    return server;
  }

  get alive(): boolean {
    return this.#child !== undefined && this.#asked === undefined;
  }

  /** Sends the signal, unless the process is on its way out already. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): boolean {
    if (!this.alive) return false;
    this.#asked = signal;
    this.ready = false;
    return this.#child!.kill(signal);
  }

  /** Stops it where it is, as a suspended machine does; it goes on after `ms`, unless it was ended. */
  async freeze(ms: number): Promise<boolean> {
    const child = this.#child;
    if (!this.alive || !child?.kill('SIGSTOP')) return false;
    await sleep(ms);
    child.kill('SIGCONT');
    return true;
  }

  /** Ends it for good; resolves when the process is gone. */
  async retire(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.#retired = true;
    this.kill(signal);
    await this.#running;
    this.#log.end();
  }

  async #run(): Promise<void> {
    while (!this.#retired) {
      this.starts += 1;
      const child = spawn(process.execPath, this.#options.program, {
        cwd: this.#options.directory,
        env: { PATH: process.env['PATH'], ...this.#options.env, PORT: String(this.#port) },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      this.#child = child;
      this.#asked = undefined;
      let complaint = '';
      child.stderr.on('data', (text: Buffer) => {
        complaint += text.toString();
        this.#log.write(text);
      });
      createInterface({ input: child.stdout }).on('line', (line) => this.#read(line));
      const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
      const hadStarted = this.ready;
      this.ready = false;
      this.#child = undefined;
      // As `kill` left it; the compiler sees only the assignment above.
      const asked = this.#asked as NodeJS.Signals | undefined;
      if (asked === 'SIGTERM')
        this.stops.push({ code: code ?? signal!, at: Date.now(), load: loadavg()[0]! });
      if (asked !== undefined) continue;
      if (!hadStarted && code === 1 && lostDatabase.test(complaint)) this.startsGivenUp += 1;
      else this.collapses.push(`${this.name} ended with ${code ?? signal}: ${complaint.trim()}`);
      await sleep(200);
    }
  }

  #read(line: string): void {
    this.#log.write(`${line}\n`);
    try {
      const { level, msg, url } = JSON.parse(line) as { level: number; msg: string; url?: string };
      if (url !== undefined && this.alive) this.ready = true;
      if (level >= 50) this.errors.set(msg, (this.errors.get(msg) ?? 0) + 1);
    } catch {
      // Half a line of a killed process.
    }
  }
}

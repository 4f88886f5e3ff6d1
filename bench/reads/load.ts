import { cpuSecondsOf, type Postgres } from './processors.ts';

export interface Run {
  requests: number;
  seconds: number;
  /** Of the server's process. */
  cpuSeconds: number;
  /** Of PostgreSQL; null where it is on another machine. */
  databaseCpuSeconds: number | null;
  latencies: number[];
}

export interface Load {
  /** The server's process. */
  pid: number;
  postgres: Postgres | undefined;
  /** Requests at one time. */
  concurrency: number;
  seconds: number;
  /** Sends one and has its answer. */
  send: () => Promise<unknown>;
}

/** Has a server answer for a while, and what that took. */
export async function load(options: Load): Promise<Run> {
  const { pid, postgres, concurrency, seconds, send } = options;
  const latencies: number[] = [];
  const before = { cpu: cpuSecondsOf(pid), database: postgres?.cpuSeconds() };
  const startedAt = performance.now();
  const endsAt = startedAt + 1_000 * seconds;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (let now = performance.now(); now < endsAt; now = performance.now()) {
        await send();
        latencies.push(performance.now() - now);
      }
    }),
  );
  return {
    requests: latencies.length,
    seconds: (performance.now() - startedAt) / 1_000,
    cpuSeconds: cpuSecondsOf(pid) - before.cpu,
    databaseCpuSeconds: postgres ? postgres.cpuSeconds() - before.database! : null,
    latencies,
  };
}

/** Of several runs of one server. */
export function figuresOf(name: string, results: readonly Run[]) {
  const sum = (of: (run: Run) => number) => results.reduce((total, run) => total + of(run), 0);
  const requests = sum((run) => run.requests);
  const latencies = results.flatMap((run) => run.latencies).sort((a, b) => a - b);
  const isLocal = results.every(({ databaseCpuSeconds }) => databaseCpuSeconds !== null);
  return {
    name,
    perSecond: requests / sum((run) => run.seconds),
    cpuMs: (1_000 * sum((run) => run.cpuSeconds)) / requests,
    databaseCpuMs: isLocal ? (1_000 * sum((run) => run.databaseCpuSeconds!)) / requests : null,
    p50: latencies[Math.floor(latencies.length * 0.5)]!,
    p99: latencies[Math.floor(latencies.length * 0.99)]!,
  };
}

export interface Row extends ReturnType<typeof figuresOf> {
  /** Requests a second, × the peer. */
  ratio: number;
  /** CPU of a request, × the floor. */
  cpu: number;
  databaseCpu: number | null;
}

/** Prints and gives a table of servers, the floor first, beside the peer of this name. */
export function compareTo(
  peerName: string,
  title: string,
  runs: ReadonlyMap<string, Run[]>,
): Row[] {
  const figures = [...runs].map(([name, results]) => figuresOf(name, results));
  const floor = figures[0]!;
  const peer = figures.find(({ name }) => name === peerName)!;
  const rows = figures.map((figure) => ({
    ...figure,
    ratio: figure.perSecond / peer.perSecond,
    cpu: figure.cpuMs / floor.cpuMs,
    databaseCpu: figure.databaseCpuMs === null ? null : figure.databaseCpuMs / floor.databaseCpuMs!,
  }));
  console.log(title);
  console.table(
    rows.map((row) => ({
      contender: row.name,
      'requests/s': Math.round(row.perSecond),
      [`× ${peerName}`]: row.ratio.toFixed(2),
      'CPU, × floor': row.cpu.toFixed(1),
      "PostgreSQL's, × floor": row.databaseCpu?.toFixed(2) ?? '?',
      'p50, ms': row.p50.toFixed(1),
      'p99, ms': row.p99.toFixed(1),
    })),
  );
  return rows;
}

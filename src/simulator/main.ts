import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSimulator } from './simulator.ts';

/** Only this machine by default: who can reach it can make it call addresses (docs/simulator.md). */
const host = process.env['SIMULATOR_HOST']?.trim() || '127.0.0.1';
const port = readNumber('SIMULATOR_PORT') ?? 4010;

const server = createServer(
  createSimulator({
    renderMs: readNumber('SIMULATOR_RENDER_MS'),
    latencyMs: readNumber('SIMULATOR_LATENCY_MS'),
    linkSeconds: readNumber('SIMULATOR_LINK_SECONDS'),
  }),
);
server.on('error', (error) => stop(`The simulator cannot listen: ${error.message}`));
server.listen(port, host, () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.stdout.write(
    `MiniMax simulator at ${url} - start the service with SIMULATOR=on MINIMAX_BASE_URL=${url}\n`,
  );
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    server.close();
    // Answers that hang on purpose would hold the server open.
    server.closeAllConnections();
  });
}

function readNumber(name: string): number | undefined {
  const text = process.env[name]?.trim();
  if (!text) return undefined;
  if (!/^\d{1,9}$/.test(text)) stop(`${name} must be a whole number, not "${text}".`);
  return Number(text);
}

function stop(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

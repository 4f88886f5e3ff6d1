import type { RequestListener } from 'node:http';
import { originalUrl, pause, type SimulatorOptions } from './http.ts';
import { FirstGeneration } from './v1/first-generation.ts';
import { isSecondGeneration, SecondGeneration } from './v2/second-generation.ts';

export type { SimulatorOptions } from './http.ts';

/**
 * A MiniMax of both API generations that answers over HTTP, for `http.createServer(…)` or
 * `app.use('/simulator', …)` in front of any body parser.
 *
 * It takes any path prefix before `/v1/` and `/v2/`, as resellers do (wire contract §2). Tasks live in
 * their ids, so every simulator knows those of every other one. Tags in a prompt make it misbehave:
 * docs/simulator.md.
 */
export function createSimulator(options: SimulatorOptions = {}): RequestListener {
  const first = new FirstGeneration(options);
  const second = new SecondGeneration(options);
  return (request, response) => {
    const isSecond = isSecondGeneration(originalUrl(request));
    pause(options.latencyMs ?? 150, response)
      .then(() => (isSecond ? second : first).handle(request, response))
      .catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else response.writeHead(500).end(`The simulator failed: ${String(error)}`);
      });
  };
}

import { afterEach, expect, test } from '@jest/globals';
import { look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { closedPortUrl, startFakeUpstream } from '../../support/fake-upstream.ts';

let app: TestApp;
afterEach(async () => {
  await app.stop();
});

/** Everything that callers and auditors can see of it. */
async function shown(id: string): Promise<string> {
  const row = await look(app, id);
  const events = await app.database.prisma.auditEvent.findMany({
    where: { generationId: id },
    // The caller's own address may be there.
    omit: { ip: true },
  });
  const stored = await app.database.prisma.videoGeneration.findUnique({ where: { id } });
  return JSON.stringify([row, events, stored]);
}

test.each([
  ['nobody listens', () => closedPortUrl(), 'connection refused'],
  ['the name is not known', () => Promise.resolve('http://minimax.internal.invalid:8443'), 'name'],
])('where %s, nothing that a caller sees holds the address', async (_what, address, sentence) => {
  const url = await address();
  app = await startTestApp({ env: { MINIMAX_BASE_URL: url } });
  const { generation } = await app.create();
  expect(generation.status).toBe('QUEUED');
  const { hostname, port } = new URL(url);
  const seen = await shown(generation.id);
  expect(generation.statusMessage).toContain(sentence);
  expect(seen).not.toContain(hostname);
  expect(seen).not.toContain(`:${port}`);
  // The log has it, for whoever mends it.
  expect(app.logLines.join('')).toContain(hostname);
});

test('a look that gets no answer tells nothing of the address either', async () => {
  const upstream = await startFakeUpstream();
  app = await startTestApp({ fake: upstream });
  const { generation } = await app.create();
  const { port } = new URL(upstream.url);
  await upstream.close();
  await step(app);
  const seen = await shown(generation.id);
  expect((await look(app, generation.id)).statusMessage).toMatch(/connection/i);
  expect(seen).not.toContain('127.0.0.1:');
  expect(seen).not.toContain(`:${port}`);
  expect(app.logLines.join('')).toContain(port);
});

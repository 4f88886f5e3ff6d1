import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startTestApp, step, type TestApp } from '../../support/app.ts';
import { coded } from '../../support/fake-upstream.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ upstream: { processingAnswers: 1 } });
});
afterEach(async () => {
  await app.stop();
});

function watch(id: string) {
  return app
    .subscriber()
    .iterate<{ generationUpdated: { status: string; version: number; videoUrl: string | null } }>({
      query: `subscription { generationUpdated(id: "${id}") { status version videoUrl } }`,
    });
}

describe('generationUpdated', () => {
  test('shows the generation as it is, each change, the end, and completes', async () => {
    const { id } = (await app.create()).generation;
    const updates = watch(id);
    const seen: { status: string; version: number; videoUrl: string | null }[] = [];
    const take = async () => {
      const { value, done } = await updates.next();
      if (!done) seen.push(value.data!.generationUpdated);
      return done;
    };
    await take();
    await step(app);
    await take();
    await step(app);
    await take();
    expect(await take()).toBe(true);
    expect(seen.map(({ status, version }) => [status, version])).toEqual([
      ['PROCESSING', 3],
      ['PROCESSING', 4],
      ['SUCCEEDED', 5],
    ]);
    expect(seen[2]!.videoUrl).toContain('Signature');
  });

  // What hangs for ever elsewhere: nothing would ever be published again.
  test('of one that ended before anybody watched shows the end and completes', async () => {
    app.upstream.onSubmit(coded(1026));
    const { id } = (await app.create()).generation;
    const updates = watch(id);
    expect((await updates.next()).value.data.generationUpdated.status).toBe('FAILED');
    expect((await updates.next()).done).toBe(true);
  });

  test('of one that does not exist is an error with code NOT_FOUND', async () => {
    const first = await watch('01a20a96-2550-7661-bd8f-63b10abfa24d')
      .next()
      .catch((error: unknown) => error);
    expect(JSON.stringify(first)).toContain('NOT_FOUND');
  });

  test('shows the events as they are by then', async () => {
    const { id } = (await app.create()).generation;
    const updates = app.subscriber().iterate<{ generationUpdated: { events: object[] } }>({
      query: `subscription { generationUpdated(id: "${id}") { events { action } } }`,
    });
    const first = await updates.next();
    expect(first.value!.data!.generationUpdated.events).toHaveLength(3);
    await step(app);
    const second = await updates.next();
    expect(second.value!.data!.generationUpdated.events).toHaveLength(4);
  });

  test('stops listening when the client leaves', async () => {
    const { id } = (await app.create()).generation;
    const updates = watch(id);
    await updates.next();
    await updates.return!();
    await step(app);
    await step(app);
    expect(
      (await app.graphql(`{ generation(id: "${id}") { status } }`)).data.generation.status,
    ).toBe('SUCCEEDED');
  });
});

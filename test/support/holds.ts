import { request } from 'undici';
import { startTestApp, type TestApp, type TestAppOptions } from './app.ts';
import { withoutTriggers } from './database.ts';

/** Another server on the app's database, at the same time, which has the upstream. */
export async function another(app: TestApp, options: TestAppOptions = {}): Promise<TestApp> {
  const database = { ...app.database, close: () => Promise.resolve() };
  const started = await startTestApp({ fake: app.upstream, database, ...options });
  started.clock.advance(app.clock.now().getTime() - started.clock.now().getTime());
  return started;
}

export async function rowOf({ database }: TestApp, id: string) {
  return await database.prisma.videoGeneration.findUniqueOrThrow({ where: { id } });
}

/** What a query without errors answers. */
export async function ask(app: TestApp, query: string) {
  const answer = await app.graphql(query);
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

export async function release(app: TestApp, ...ids: string[]) {
  const { releaseVideoGenerations } = await ask(
    app,
    `mutation {
    releaseVideoGenerations(ids: ${JSON.stringify(ids)}) {
      generations { id status heldAt nextAttemptAt version } userErrors { field code message } } }`,
  );
  return releaseVideoGenerations;
}

export async function heldAtReadyz({ url }: TestApp): Promise<number> {
  const { body } = await request(`${url}/readyz`);
  return ((await body.json()) as { generationsHeld: number }).generationsHeld;
}

/** As a failover does to what was not copied yet. */
export async function lose({ database }: TestApp, id: string): Promise<void> {
  await withoutTriggers(
    database.prisma,
    `DELETE FROM audit_event WHERE generation_id = '${id}'`,
    `DELETE FROM submission WHERE generation_id = '${id}'`,
    `UPDATE video_generation SET successor_id = NULL WHERE successor_id = '${id}'`,
    `DELETE FROM video_generation WHERE id = '${id}'`,
  );
}

export function actionsOf({ events }: { events: { action: string }[] }): string[] {
  return events.map(({ action }) => action);
}

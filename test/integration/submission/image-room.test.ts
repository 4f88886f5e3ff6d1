import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { v7 as uuidV7 } from 'uuid';
import { look, startTestApp, usualInput, type TestApp } from '../../support/app.ts';
import { coded } from '../../support/fake-upstream.ts';
import { gate } from '../../support/gate.ts';
import { aPng, pngDataUrl } from '../../support/images.ts';
import { until } from '../../support/until.ts';

/** A server that sends images of one MB at once, to a MiniMax that answers each request when it is told to. */
let app: TestApp;
let answers: Map<string, () => void>;

beforeEach(async () => {
  app = await startTestApp({ env: { IMAGE_MEMORY_MB: '1', CREATE_WAIT_MS: '0' } });
  answers = new Map();
  app.upstream.onSubmit(async ({ body }) => {
    const { opened, open } = gate();
    answers.set(body.prompt as string, open);
    await opened;
    return undefined;
  });
});
afterEach(async () => {
  await app.stop();
});

/** Requests due now, in this order, whose images would have so many kilobytes. */
async function enqueue(requests: [prompt: string, kilobytes: number, callerId?: string][]) {
  const now = app.clock.now().getTime();
  await app.database.prisma.videoGeneration.createMany({
    data: requests.map(([prompt, kilobytes, callerId = 'caller'], index) => {
      const at = new Date(now - requests.length + index);
      return {
        ...usualInput,
        id: uuidV7({ msecs: at.getTime() }),
        ...{ prompt, callerId, inputImageBytes: kilobytes * 1024, inputHash: '', version: 1 },
        ...{ promptOptimizer: true, simulated: false, status: 'QUEUED' },
        ...{ createdAt: at, updatedAt: at, nextAttemptAt: at },
      };
    }),
  });
}

/** What is under way once as many have left as `count` says. */
async function sentOf(count: number): Promise<string[]> {
  app.worker.wake();
  await until(() => answers.size === count);
  const rows = await app.database.prisma.videoGeneration.findMany({
    where: { status: 'SUBMITTING' },
  });
  return rows.map(({ prompt }) => prompt!).sort();
}

/** Lets everything go on until it is accepted. */
async function finish(): Promise<void> {
  await until(async () => {
    for (const answer of answers.values()) answer();
    const rows = app.database.prisma.videoGeneration;
    return (await rows.count({ where: { status: { not: 'PROCESSING' } } })) === 0;
  });
}

test('requests whose images find no room wait for it, and those without images do not wait for them', async () => {
  await enqueue([
    ['large 1', 700],
    ['large 2', 700],
    ['small 3', 100],
    ['text 4', 0],
    ['text 5', 0],
  ]);
  // The third would fit, but would overtake the second, as would all that come after it.
  expect(await sentOf(3)).toEqual(['large 1', 'text 4', 'text 5']);
  answers.get('large 1')!();
  await until(() => answers.size === 5);
  expect(app.upstream.submits.map(({ body }) => body.prompt)).toEqual(
    expect.arrayContaining(['large 2', 'small 3']),
  );
  await finish();
});

test('one that is larger than all the room goes alone', async () => {
  await enqueue([
    ['small 1', 400],
    ['huge 2', 5_000],
    ['small 3', 400],
  ]);
  expect(await sentOf(1)).toEqual(['small 1']);
  answers.get('small 1')!();
  await until(() => answers.has('huge 2'));
  expect(answers.size).toBe(2);
  answers.get('huge 2')!();
  await until(() => answers.has('small 3'));
  await finish();
});

test('a text is found behind more large ones than are looked at', async () => {
  await app.stop();
  app = await startTestApp({
    env: { IMAGE_MEMORY_MB: '1', CREATE_WAIT_MS: '0', WORKER_CONCURRENCY: '4' },
  });
  app.upstream.onSubmit(async ({ body }) => {
    const { opened, open } = gate();
    answers.set(body.prompt as string, open);
    await opened;
    return undefined;
  });
  const large = Array.from({ length: 10 }, (_, at): [string, number] => [`large ${at}`, 700]);
  await enqueue([...large, ['text', 0]]);
  expect(await sentOf(2)).toEqual(['large 0', 'text']);
  await finish();
});

test('callers take turns with their images too', async () => {
  await enqueue([
    ['many 1', 700, 'many'],
    ['many 2', 700, 'many'],
    ['few 1', 700, 'few'],
  ]);
  const first = await sentOf(1);
  expect(['many 1', 'few 1']).toContain(first[0]);
  answers.get(first[0]!)!();
  const second = first[0] === 'many 1' ? 'few 1' : 'many 1';
  await until(() => answers.has(second));
  expect(answers.size).toBe(2);
  await finish();
  expect(app.upstream.submits.at(-1)!.body.prompt).toBe('many 2');
});

test('the room that a request takes is that of its images, also when it repeats another', async () => {
  const stored = async ({ id }: { id: string }) => {
    const row = await app.database.prisma.videoGeneration.findUniqueOrThrow({ where: { id } });
    return row.inputImageBytes;
  };
  app.upstream.onSubmit(coded(1026));
  const { generation } = await app.create({ firstFrameImage: pngDataUrl() });
  await until(async () => (await look(app, generation.id as string)).status === 'FAILED');
  expect(await stored(generation)).toBe(aPng().length);
  const { data } = await app.graphql(
    'mutation ($id: ID!) { retryVideoGeneration(id: $id) { generation { id } } }',
    { id: generation.id },
  );
  expect(await stored(data.retryVideoGeneration.generation)).toBe(aPng().length);
  await until(() => app.upstream.submits.length === 2);
  expect(app.upstream.submits[1]!.body).toEqual(app.upstream.submits[0]!.body);
  expect(await stored((await app.create({ prompt: 'Text' })).generation)).toBe(0);
  await until(() => answers.size === 2);
  for (const answer of answers.values()) answer();
});

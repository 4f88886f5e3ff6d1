import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { refused, type Reply } from '../../support/fake-upstream.ts';
import { pngDataUrl } from '../../support/images.ts';

const hour = 3_600_000;
const input = { model: 'MiniMax-H3', duration: 5, resolution: '768P', aspectRatio: '16:9' };

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp({ env: { MINIMAX_TIMEOUT_MS: '2000' } });
});
afterEach(() => app.stop());

const html = '<html><body>bad</body></html>';
const planMessage = 'invalid params, TokenPlan 或 Credit 暂不支持 MiniMax-H3 系列模型 (2013)';

// The rows of V2 §6 and the faults of the transport. `outcome` is that of the record.
const rows: [name: string, reply: Reply, status: string, kind: string | null, outcome: string][] = [
  ['400 (2013)', refused(400, 'invalid params (2013)'), 'FAILED', 'INPUT_INVALID', 'REFUSED'],
  ['400 about the plan', refused(400, planMessage), 'FAILED', 'ACCOUNT_NOT_ENTITLED', 'REFUSED'],
  ['400 (2056)', refused(400, 'usage limit (2056)'), 'QUEUED', null, 'REFUSED'],
  ['400 as a page', { status: 400, text: html }, 'UNCERTAIN', 'OUTCOME_UNKNOWN', 'UNKNOWN'],
  ['401 (1004)', refused(401, 'login fail (1004)'), 'FAILED', 'UNAUTHORIZED', 'REFUSED'],
  ['401 (2049)', refused(401, 'invalid api key (2049)'), 'FAILED', 'UNAUTHORIZED', 'REFUSED'],
  ['402 (1008)', refused(402, 'no balance (1008)'), 'FAILED', 'BALANCE_EXHAUSTED', 'REFUSED'],
  [
    '403 of a quota',
    { status: 403, json: { code: 'quota_exceeded', message: 'insufficient quota' } },
    ...(['FAILED', 'QUOTA_EXHAUSTED', 'REFUSED'] as const),
  ],
  ['404 as text', { status: 404, text: '404 page not found' }, 'FAILED', 'UNKNOWN', 'REFUSED'],
  ['422 (1026)', refused(422, 'sensitive (1026)'), 'FAILED', 'INPUT_FLAGGED', 'REFUSED'],
  ['429 (1002)', refused(429, 'rate limit (1002)'), 'QUEUED', null, 'REFUSED'],
  ['500 (1000)', refused(500, 'internal (1000)'), 'UNCERTAIN', 'OUTCOME_UNKNOWN', 'UNKNOWN'],
  ['529', refused(529, 'overloaded'), 'UNCERTAIN', 'OUTCOME_UNKNOWN', 'UNKNOWN'],
  ['503', refused(503, 'busy'), 'UNCERTAIN', 'OUTCOME_UNKNOWN', 'UNKNOWN'],
  [
    '200 whose error says 504',
    { ...refused(504, 'timeout'), status: 200 },
    ...(['UNCERTAIN', 'OUTCOME_UNKNOWN', 'UNKNOWN'] as const),
  ],
  ['200 without a task', { json: {} }, 'UNCERTAIN', 'OUTCOME_UNKNOWN', 'UNKNOWN'],
  ['a page of a gateway', { fault: 'html' }, 'UNCERTAIN', 'OUTCOME_UNKNOWN', 'UNKNOWN'],
  ['no JSON', { fault: 'invalidJson' }, 'UNCERTAIN', 'OUTCOME_UNKNOWN', 'UNKNOWN'],
  ['half a body', { fault: 'halfBody' }, 'UNCERTAIN', 'OUTCOME_UNKNOWN', 'UNKNOWN'],
  ['too much', { fault: 'hugeBody' }, 'UNCERTAIN', 'OUTCOME_UNKNOWN', 'UNKNOWN'],
  ['a redirect', { fault: 'redirect' }, 'FAILED', 'UNKNOWN', 'REFUSED'],
  ['a hang-up', { fault: 'resetAfterRead' }, 'UNCERTAIN', 'OUTCOME_UNKNOWN', 'UNKNOWN'],
  ['nothing in time', { fault: 'hang' }, 'UNCERTAIN', 'OUTCOME_UNKNOWN', 'UNKNOWN'],
];

describe('a submission to the second generation', () => {
  test.each(rows)('answered with %s ends as it must', async (...row) => {
    const [, reply, status, kind, outcome] = row;
    app.upstream.onSubmit(reply);
    const { generation } = await app.create(input);
    const seen = await look(app, generation.id);
    expect(seen.status).toBe(status);
    expect(seen.failure?.kind ?? null).toBe(kind);
    const { data } = await app.graphql(
      'query($id: ID!) { generation(id: $id) { submissions { outcome apiGeneration } } }',
      { id: generation.id },
    );
    expect(data.generation.submissions).toEqual([{ outcome, apiGeneration: 2 }]);

    // What may have been accepted is not sent again, however long one waits.
    for (let i = 0; i < 3; i++) await step(app, hour);
    expect(app.upstream.submits).toHaveLength(status === 'QUEUED' ? 2 : 1);
  });

  test('of a key that MiniMax refuses holds up both generations', async () => {
    await app.stop();
    // What is held up is not waited for.
    app = await startTestApp({ env: { CREATE_WAIT_MS: '500' } });
    app.upstream.onSubmit(refused(402, 'insufficient balance (1008)'));
    await app.create(input);
    const { data } = await app.graphql('{ providerStatus { pause { code } } }');
    expect(data.providerStatus.pause).toEqual({ code: 1008 });
    const { data: asked } = await app.graphql(
      `mutation { createVideoGeneration(input: { model: "MiniMax-Hailuo-02", prompt: "a cat" }) {
        generation { status } } }`,
    );
    expect(asked.createVideoGeneration.generation.status).toBe('QUEUED');
    expect(app.upstream.submits).toHaveLength(1);
  });

  test('with images as bytes sends them in their order, also when it is tried again', async () => {
    const first = pngDataUrl({ width: 300, height: 300 });
    const second = pngDataUrl({ width: 400, height: 300 });
    app.upstream.onSubmit(refused(429, 'rate limit (1002)'));
    const referenceImages = [first, 'https://example.com/a.png', second];
    const { generation } = await app.create({ ...input, referenceImages });
    expect((await look(app, generation.id)).status).toBe('QUEUED');
    await step(app, hour);
    const sent = app.upstream.submits.map(({ body }) =>
      body.content.slice(1).map((item: { image_url: { url: string } }) => item.image_url.url),
    );
    expect(sent).toEqual([referenceImages, referenceImages]);
    const stored = await app.database.prisma.videoGeneration.findUniqueOrThrow({
      where: { id: generation.id },
    });
    expect(stored.referenceImages).toEqual([
      ...[expect.stringMatching(/^urn:sha256:/), 'https://example.com/a.png'],
      expect.stringMatching(/^urn:sha256:/),
    ]);
  });

  test('is repeated under its key, and another request under the same key is refused', async () => {
    const keyed = { ...input, idempotencyKey: 'one' };
    const { generation } = await app.create(keyed);
    expect(await app.create(keyed)).toMatchObject({
      ...{ replayed: true, generation: { id: generation.id } },
    });
    const other = await app.create({ ...keyed, aspectRatio: '1:1' });
    expect(other.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }]);
    expect(app.upstream.submits).toHaveLength(1);
  });
});

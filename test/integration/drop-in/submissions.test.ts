import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { look, startTestApp, step, type TestApp } from '../../support/app.ts';
import { dropInClient, submitPath, success, text } from '../../support/drop-in-client.ts';
import { coded, taskReply } from '../../support/fake-upstream.ts';
import { aPng } from '../../support/images.ts';
import { until } from '../../support/until.ts';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(async () => {
  await app.stop();
});
const { call, submit, query } = dropInClient(() => app);

describe('the body of a submission', () => {
  const sent = () => app.upstream.submits.at(-1)?.body as Record<string, unknown>;

  test('may spell prompt_optimizer as the published example does, but the exact key wins', async () => {
    await submit({ ...text, 'prompt_optimizer ': false });
    expect(sent().prompt_optimizer).toBe(false);
    await submit({ ...text, 'prompt_optimizer ': false, prompt_optimizer: true });
    expect(sent().prompt_optimizer).toBe(true);
  });

  test.each([['6'], [' 6 '], ['6.0'], [6], [0], [null], ['']])(
    'may give the duration as %j',
    async (duration) => {
      expect((await submit({ ...text, duration })).body.base_resp).toEqual(success);
      expect(sent().duration).toBe(6);
    },
  );

  test('may have everything that the wire has, images as data URLs too', async () => {
    const frame = `data:image/png;base64,${aPng().toString('base64')}`;
    const frames = { first_frame_image: frame, last_frame_image: frame };
    const rest = {
      prompt_optimizer: false,
      aigc_watermark: true,
      duration: 10,
      resolution: '768P',
    };
    expect((await submit({ ...text, ...frames, ...rest })).body.base_resp).toEqual(success);
    expect(sent()).toEqual({ ...text, ...frames, ...rest });
    await submit({ ...text, fast_pretreatment: true });
    expect(sent().fast_pretreatment).toBe(true);
  });

  test.each([
    [[{ type: 'character', image: ['https://images.example.com/face.jpg'] }]],
    [[{ image: 'https://images.example.com/face.jpg' }]],
  ])('may give the subject as %j', async (subject_reference) => {
    await submit({ model: 'S2V-01', prompt: 'She waves', subject_reference });
    expect(sent().subject_reference).toEqual([
      { type: 'character', image: ['https://images.example.com/face.jpg'] },
    ]);
  });

  test('may have keys that MiniMax does not know, and empty values for what is left out', async () => {
    const empty = { first_frame_image: '', last_frame_image: null, subject_reference: [] };
    const { body } = await submit({ ...text, ...empty, callback_url: '', seed: 7, n: [1] });
    expect(body.base_resp).toEqual(success);
    expect(Object.keys(sent()).sort()).toEqual(
      ['model', 'prompt', 'prompt_optimizer', 'duration', 'resolution'].sort(),
    );
  });

  test.each([
    [{}, 'model is required'],
    [{ ...text, duration: '6s' }, 'duration must be a whole number of seconds, such as 6'],
    [{ ...text, duration: 6.5 }, 'duration must be a whole number'],
    [{ ...text, duration: true }, 'duration must be a whole number'],
    [{ ...text, duration: 1e12 }, 'duration must be a whole number'],
    [{ ...text, duration: 7 }, 'makes videos of 6 or 10 seconds, not 7'],
    [{ ...text, prompt: 5 }, 'prompt must be a string'],
    [{ ...text, prompt: 'a\0b' }, 'prompt must not contain the character U+0000'],
    [{ ...text, prompt: 'a\ud800b' }, 'prompt must not contain half of a surrogate pair'],
    [{ ...text, prompt_optimizer: 'yes' }, 'prompt_optimizer must be true or false'],
    [{ ...text, subject_reference: 'face' }, 'subject_reference must be'],
    [{ ...text, subject_reference: [{ image: [5] }] }, 'subject_reference must be'],
    [{ ...text, subject_reference: [{ image: ['a', 'b'] }] }, 'exactly one'],
    [{ model: 'MiniMax-Hailuo-2.3-Fast', prompt: 'A boat' }, 'give first_frame_image'],
    [{ ...text, callback_url: 'https://me.example.com/done' }, 'callback_url is not supported'],
    [
      { model: 'string', prompt: 'string', duration: 0, first_frame_image: 'string' },
      'There is no model "string"',
    ],
  ])('%j is refused with what to change, and neither stored nor sent', async (body, message) => {
    const { status, body: answer } = await submit(body);
    expect(status).toBe(200);
    expect(answer).toEqual({
      task_id: '',
      base_resp: { status_code: 2013, status_msg: expect.stringContaining(message) },
    });
    expect(answer.base_resp.status_msg).toMatch(/^invalid params, /);
    expect(app.upstream.submits).toEqual([]);
    expect(await app.database.prisma.videoGeneration.count()).toBe(0);
  });

  test.each([
    ['{"model":', 'the body is not valid JSON', {}],
    ['[]', 'the body must be a JSON object', {}],
    ['"text"', 'the body is valid JSON, but no object', {}],
    ['{}', 'send a JSON body', { 'content-type': 'text/plain' }],
    ['{}', 'write the body in UTF-8', { 'content-type': 'application/json; charset=latin-9' }],
  ])('%s is refused in the same shape', async (body, message, headers) => {
    const { status, body: answer } = await call('POST', submitPath, { body, headers });
    expect(status).toBe(200);
    expect(answer).toEqual({
      task_id: '',
      base_resp: { status_code: 2013, status_msg: expect.stringContaining(message) },
    });
  });

  test('that is too large is refused in the same shape', async () => {
    await app.stop();
    app = await startTestApp({ env: { BODY_LIMIT_MB: '1' } });
    const { status, body } = await submit({ ...text, prompt: 'x'.repeat(1_100_000) });
    expect(status).toBe(413);
    expect(body.base_resp).toMatchObject({
      status_code: 2013,
      status_msg: expect.stringContaining('larger than 1 MB'),
    });
  });
});

describe('what MiniMax refuses', () => {
  test.each([
    [1008, 'insufficient balance'],
    [1026, 'input new_sensitive'],
    [2013, 'invalid params, something new'],
    [4711, 'nobody knows this code'],
  ])('comes back with its own code %i and message', async (code, message) => {
    app.upstream.onSubmit(coded(code, message));
    const { status, body } = await submit();
    expect(status).toBe(200);
    expect(body).toEqual({ task_id: '', base_resp: { status_code: code, status_msg: message } });
  });

  test('because of the key of the service does not look like the caller’s mistake', async () => {
    app.upstream.onSubmit(coded(2049, 'invalid api key'));
    expect((await submit()).body.base_resp).toEqual({
      status_code: 2049,
      status_msg: 'MiniMax refused the key of this service, not yours: invalid api key',
    });
  });

  test.each([
    [1027, 'output new_sensitive', 1027, 'output new_sensitive'],
    [0, 'success', 90002, 'No reason given by provider.'],
    [0, 'the renderer broke', 90002, 'the renderer broke'],
  ])('after it began, with %i "%s", is a Fail with a code', async (code, said, told, message) => {
    const { body } = await submit(text, { idempotencyKey: 'one' });
    app.upstream.onQuery(taskReply({ status: 'Fail' }, code, said));
    await step(app);
    const task_id = body.task_id as string;
    expect((await query(task_id)).body).toEqual({
      task_id,
      status: 'Fail',
      base_resp: { status_code: told, status_msg: message },
    });
    // Sent again with its key it is still the task that was accepted.
    expect((await submit(text, { idempotencyKey: 'one' })).body).toEqual(body);
  });

  test.each(['resetAfterRead', 'html', 'invalidJson'] as const)(
    'or accepts, nobody knows (%s): never an answer after which one sends again',
    async (fault) => {
      app.upstream.onSubmit({ fault });
      const { status, body } = await submit();
      expect(status).toBe(200);
      const base_resp = {
        status_code: 90001,
        status_msg: expect.stringMatching(
          new RegExp(`^outcome unknown: .*Do not send it again.*${body.task_id}$`),
        ),
      };
      expect(body).toEqual({ task_id: expect.stringMatching(/^[\da-f-]{36}$/), base_resp });
      const task_id = body.task_id as string;
      expect((await query(task_id)).body).toEqual({ task_id, status: 'Fail', base_resp });
      await app.graphql(
        `mutation { attachVideoGenerationTask(id: "${task_id}", version: 3, taskId: "106916112212999") { generation { id } } }`,
      );
      // It may have been looked at already.
      expect((await query(task_id)).body).toMatchObject({
        status: expect.stringMatching(/^(Preparing|Processing)$/),
        base_resp: success,
      });
    },
  );

  test.each([
    ['withdrawn', 1002, /^cancelled; but MiniMax may have .* Do not send it again.*generation/],
    ['refused', 1008, /^outcome unknown: MiniMax may have .* Do not send it again.*generation/],
  ])('or accepts, nobody knows, was sent again and then %s', async (end, code, message) => {
    app.upstream.onSubmit({ fault: 'resetAfterRead' });
    const { body } = await submit(text, { idempotencyKey: 'one' });
    const task_id = body.task_id as string;
    app.upstream.onSubmit(coded(code));
    const { version } = await look(app, task_id);
    await app.graphql(
      `mutation { resubmitVideoGeneration(id: "${task_id}", version: ${version}) { generation { id } } }`,
    );
    await until(async () => (await look(app, task_id)).events.length === version + 3);
    if (end === 'withdrawn')
      await app.graphql(
        `mutation { cancelVideoGeneration(id: "${task_id}") { generation { id } } }`,
      );
    const base_resp = { status_code: 90001, status_msg: expect.stringMatching(message) };
    expect((await query(task_id)).body).toEqual({ task_id, status: 'Fail', base_resp });
    const again = await submit(text, { idempotencyKey: 'one' });
    expect(again.body).toEqual({ task_id, base_resp });
  });

  test('was withdrawn before: a Fail, for which nothing was paid', async () => {
    app.upstream.onSubmit(coded(1002));
    const { task_id } = (await submit(text, { idempotencyKey: 'one' })).body as { task_id: string };
    await app.graphql(`mutation { cancelVideoGeneration(id: "${task_id}") { generation { id } } }`);
    const base_resp = {
      status_code: 90002,
      status_msg: 'cancelled before MiniMax had begun; nothing was paid',
    };
    expect((await query(task_id)).body).toEqual({ task_id, status: 'Fail', base_resp });
    const again = await submit(text, { idempotencyKey: 'one' });
    expect(again.body).toEqual({ task_id: '', base_resp });
  });
});

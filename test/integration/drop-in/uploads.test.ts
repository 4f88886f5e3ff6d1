import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { request } from 'undici';
import { keysOf, startTestApp, type TestApp } from '../../support/app.ts';
import { aPng } from '../../support/images.ts';

const purpose = 'video_generation_input';
const boundary = '----boat';
const clip = Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42'), Buffer.alloc(200_000, 7)]);

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(async () => await app.stop());

/** A form of these parts: text, or a file. */
function formOf(...parts: (readonly [name: string, value: string | Buffer])[]): Buffer {
  const written = parts.flatMap(([name, value]) => [
    Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${typeof value === 'string' ? '' : '; filename="boat.mp4"\r\ncontent-type: video/mp4'}\r\n\r\n`,
    ),
    Buffer.from(value as Buffer),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...written, Buffer.from(`--${boundary}--\r\n`)]);
}

async function upload(
  body: Buffer | Readable,
  { key, headers = {} }: { key?: string | undefined; headers?: Record<string, string> } = {},
) {
  const { statusCode, body: answer } = await request(`${app.url}/minimax/v1/files/upload`, {
    method: 'POST',
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...headers,
    },
    body,
  });
  return { status: statusCode, body: (await answer.json()) as Record<string, any> }; // eslint-disable-line @typescript-eslint/no-explicit-any
}

async function keyOf(callerId: string, tenant: string | null = null, role = 'CLIENT' as const) {
  const grant = { callerId, name: callerId, role, tenant, expiresAt: null };
  return (await keysOf(app).create(grant, null)).secret;
}

const success = { status_code: 0, status_msg: 'success' };

const invalid = (message: string) => ({
  base_resp: {
    status_code: 2013,
    status_msg: expect.stringContaining(`invalid params, ${message}`),
  },
});

describe('an upload', () => {
  test.each([
    [
      'first',
      [
        ['purpose', purpose],
        ['file', clip],
      ],
    ],
    [
      'last',
      [
        ['file', clip],
        ['purpose', purpose],
      ],
    ],
  ] as const)(
    'with its purpose %s goes on to MiniMax as it came, and is recorded',
    async (_where, parts) => {
      const form = formOf(...parts);
      const key = await keyOf('studio', 'acme');
      expect(await upload(form, { key })).toEqual({
        status: 200,
        body: {
          file: {
            file_id: 424010985738630,
            bytes: 4,
            created_at: 1785225940,
            filename: 'boat.mp4',
            purpose,
          },
          base_resp: success,
        },
      });
      const [sent] = app.upstream.uploads;
      expect(sent!.bodyText).toBe(form.toString());
      expect(sent!.headers).toMatchObject({
        'content-length': String(form.length),
        'content-type': `multipart/form-data; boundary=${boundary}`,
        authorization: 'Bearer test-key-5f2a',
      });
      const { prisma } = app.database;
      const fileId = '424010985738630';
      expect(await prisma.uploadedFile.findMany()).toMatchObject([
        { fileId, callerId: 'studio', tenant: 'acme', bytes: clip.length },
      ]);
      expect(
        await prisma.auditEvent.findMany({ where: { action: 'FILE_UPLOADED' } }),
      ).toMatchObject([{ objectId: fileId, callerId: 'studio', detail: { bytes: clip.length } }]);
    },
  );

  test('may be referred to by its caller and its tenant for seven days, with the account that it lies in', async () => {
    const [studio, colleague, stranger] = [
      await keyOf('studio', 'acme'),
      await keyOf('colleague', 'acme'),
      await keyOf('stranger'),
    ];
    const { file_id } = (
      await upload(formOf(['purpose', purpose], ['file', clip]), { key: studio })
    ).body.file;
    // Recognised as an equal file by MiniMax it stays whose it is.
    app.upstream.on('upload', { json: { file: { file_id, bytes: 4 }, base_resp: success } });
    const again = async (key: string) =>
      (await upload(formOf(['purpose', purpose], ['file', clip]), { key })).body;
    expect(await again(colleague)).toMatchObject({ file: { file_id }, base_resp: success });
    app.upstream.on('upload', { json: { file: { file_id, bytes: 4 }, base_resp: success } });
    expect((await again(stranger)).base_resp.status_code).toBe(1000);
    const mutation = `mutation ($input: CreateVideoGenerationInput!) {
      createVideoGeneration(input: $input) { generation { id } userErrors { field code message } }
    }`;
    const refer = async (key: string) => {
      const referenceVideos = [{ url: `mm_file://${file_id}`, seconds: 5 }];
      const input = { model: 'MiniMax-H3', prompt: 'As it was', referenceVideos };
      const headers = { authorization: `Bearer ${key}` };
      const { data } = await app.graphql(mutation, { input }, headers);
      return data.createVideoGeneration.userErrors;
    };
    const notFound = [
      {
        field: ['referenceVideos', '0', 'url'],
        code: 'FILE_NOT_FOUND',
        message: expect.stringContaining(`no file ${file_id} of yours`),
      },
    ];
    expect(await refer(studio)).toEqual([]);
    expect(await refer(colleague)).toEqual([]);
    expect(await refer(stranger)).toEqual(notFound);
    const content = [
      { type: 'text', text: 'As it was' },
      { type: 'image_url', image_url: { url: `mm_file://${file_id}` }, role: 'first_frame' },
    ];
    const over = async (key: string) =>
      (
        await request(`${app.url}/minimax/v2/video_generation`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
          body: JSON.stringify({ model: 'MiniMax-H3', content, resolution: '768P', duration: 5 }),
        })
      ).statusCode;
    expect([await over(studio), await over(stranger)]).toEqual([200, 400]);
    expect(app.upstream.submits).toHaveLength(3);
    expect(app.upstream.submits[2]!.body.content).toEqual(content);
    await app.database.prisma.uploadedFile.updateMany({ data: { accountId: 'another' } });
    expect(await refer(studio)).toEqual(notFound);
    const { accountId } = await app.database.prisma.submission.findFirstOrThrow();
    await app.database.prisma.uploadedFile.updateMany({ data: { accountId } });
    expect(await refer(studio)).toEqual([]);
    app.clock.advance(7 * 24 * 3_600_000);
    expect(await refer(studio)).toEqual(notFound);
    await app.worker.runOnce();
  });

  test.each([
    ['without a purpose', [['file', clip]], 'purpose must be video_generation_input'],
    [
      'for something else',
      [
        ['file', clip],
        ['purpose', 'voice_clone'],
      ],
      'purpose must be',
    ],
    ['without a file', [['purpose', purpose]], 'file is required'],
    [
      'with two files',
      [
        ['purpose', purpose],
        ['file', clip],
        ['file', clip],
      ],
      'the form has purpose and file, once each',
    ],
    [
      'with something else',
      [
        ['purpose', purpose],
        ['file', clip],
        ['group', '1'],
      ],
      'the form has purpose and file',
    ],
    [
      'of no file',
      [
        ['purpose', purpose],
        ['file', 'text'],
      ],
      'file must have a filename',
    ],
  ] as const)(
    '%s is refused, and MiniMax never has the whole of it',
    async (_what, parts, said) => {
      expect(await upload(formOf(...parts))).toEqual({ status: 400, body: invalid(said) });
      expect(app.upstream.uploads).toEqual([]);
      expect(await app.database.prisma.uploadedFile.count()).toBe(0);
    },
  );

  test('that is too large is refused: by its length before it is read, by its kind as it goes by', async () => {
    const head = httpRequest(`${app.url}/minimax/v1/files/upload`, {
      method: 'POST',
      headers: {
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': 51 * 1024 * 1024,
      },
    });
    // The rest of it never comes.
    head.flushHeaders();
    const [{ statusCode }] = (await once(head, 'response')) as [IncomingMessage];
    head.on('error', () => undefined).destroy();
    expect(statusCode).toBe(413);
    const image = Buffer.concat([aPng(), Buffer.alloc(30 * 1024 * 1024)]);
    expect(await upload(formOf(['purpose', purpose], ['file', image]))).toEqual({
      status: 413,
      body: invalid('the file is too large: videos have at most 50 MB, images 30, sounds 15'),
    });
    expect(app.upstream.uploads).toEqual([]);
  });

  test('whose sender falls silent is told so, and not that MiniMax took nothing', async () => {
    const impatient = await startTestApp({ env: { MINIMAX_TIMEOUT_MS: '1500' } });
    try {
      const form = formOf(['purpose', purpose], ['file', clip]);
      const half = httpRequest(`${impatient.url}/minimax/v1/files/upload`, {
        method: 'POST',
        headers: {
          'content-type': `multipart/form-data; boundary=${boundary}`,
          'content-length': form.length + 10,
        },
      });
      half.write(form);
      const [answer] = (await once(half, 'response')) as [IncomingMessage];
      half.on('error', () => undefined).destroy();
      expect(answer.statusCode).toBe(408);
    } finally {
      await impatient.stop();
    }
  });

  test.each([
    [411, {}, 'send the length of the form'],
    [400, { 'content-type': 'application/json' }, 'send a form'],
    [
      400,
      { 'content-type': `multipart/form-data; boundary=other` },
      'the form does not begin with',
    ],
  ])('that is no form that can be passed on gets %i (%j)', async (status, headers, said) => {
    const form = formOf(['purpose', purpose], ['file', clip]);
    const body = status === 411 ? Readable.from([form]) : form;
    expect(await upload(body, { headers: headers })).toEqual({ status, body: invalid(said) });
    expect(app.upstream.uploads).toEqual([]);
  });

  test.each([
    [400, 2013, 'invalid params, the video has 61 frames a second', ''],
    [200, 1004, 'login fail', 'MiniMax refused the key of this service, not yours: '],
  ])('that MiniMax refuses with %i comes back with its reason', async (status, code, said, own) => {
    const base_resp = { status_code: code, status_msg: said };
    app.upstream.on('upload', { status, json: { base_resp } });
    expect(await upload(formOf(['purpose', purpose], ['file', clip]))).toEqual({
      status,
      body: { base_resp: { status_code: code, status_msg: own + said } },
    });
  });

  test('is for callers who may create', async () => {
    const auditor = await keyOf('audit', null, 'AUDITOR' as never);
    const form = formOf(['purpose', purpose], ['file', clip]);
    for (const key of [auditor, undefined]) {
      const { body } = await upload(form, { key });
      expect(body).toEqual({ base_resp: expect.objectContaining({ status_code: 1004 }) });
    }
    expect(app.upstream.uploads).toEqual([]);
  });
});

import { createHash, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { request } from 'undici';
import type { AuditLog } from '../../../src/audit/log.ts';
import type { Caller } from '../../../src/graphql/caller.ts';
import { createLogger } from '../../../src/logger.ts';
import { StoredInputs } from '../../../src/media/inputs/stored-inputs.ts';
import { Uploads } from '../../../src/media/inputs/uploads.ts';
import { openStorage } from '../../../src/media/open-storage.ts';
import { keyOf } from '../../../src/media/stored-objects.ts';
import { aMediaConfig } from '../../support/media-config.ts';
import {
  keysOf,
  startTestApp,
  testMediaDirectory,
  step,
  usualInput,
  type TestApp,
} from '../../support/app.ts';
import { anMp3, anMp4, aWav } from '../../support/clips.ts';
import { aHeic, aPng, asDataUrl, aWebp, bigPngDataUrl } from '../../support/images.ts';

const log = createLogger('silent');
let app: TestApp;
/** A caller that nothing is said of. */
let own: Record<string, string>;

beforeAll(async () => {
  app = await startTestApp({
    env: { CREATE_WAIT_MS: '0', CORS_ORIGINS: 'https://studio.example' },
    patience: { pace: { graceMs: 300, bytesPerSecond: 1024 * 1024 } },
  });
});
afterAll(() => app.stop());
beforeEach(async () => {
  const { prisma } = app.database;
  await prisma.mediaUse.deleteMany();
  await prisma.storedObject.deleteMany();
  own = await signedIn(`studio ${randomUUID()}`, null);
});

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /* eslint-disable-next-line @typescript-eslint/no-explicit-any */
  body: any;
}

async function post(
  body: Buffer | Readable,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await request(`${app.url}/media`, {
    method: 'POST',
    body,
    headers: { ...own, ...headers },
  });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: JSON.parse(await text(answer.body)),
  };
}

const upload = async (bytes: Buffer, headers?: Record<string, string>): Promise<string> =>
  (await post(bytes, headers)).body.reference;

async function signedIn(
  callerId: string,
  tenant: string | null,
  role: 'CLIENT' | 'AUDITOR' | 'ADMIN' = 'CLIENT',
) {
  const key = { callerId, name: callerId, role, tenant, expiresAt: null };
  const { secret } = await keysOf(app).create(key, null);
  return { authorization: `Bearer ${secret}` };
}

const create = `mutation ($input: CreateVideoGenerationInput!) { createVideoGeneration(input: $input) {
  generation { id firstFrameImage referenceVideos referenceAudios listPrice { amount } }
  userErrors { field code message } } }`;

async function ask(input: object, headers = {}) {
  const { data, errors } = await app.graphql(
    create,
    { input: { ...usualInput, ...input } },
    { ...own, ...headers },
  );
  if (errors) throw new Error(JSON.stringify(errors));
  return data.createVideoGeneration;
}

const asBytes = (dataUrl: string) => Buffer.from(dataUrl.split(',')[1]!, 'base64');

const stored = () => app.database.prisma.storedObject.findMany();

describe('a file that is sent to POST /media', () => {
  test('is measured and stored, and answers with what inputs take', async () => {
    const { status, body, headers } = await post(aPng());
    expect(status).toBe(201);
    expect(body).toEqual({
      ...{ id: expect.any(String), reference: `media:${body.id}`, kind: 'IMAGE', format: 'PNG' },
      ...{ mediaType: 'image/png', bytes: aPng().length, width: 640, height: 480 },
      ...{ seconds: null, framesPerSecond: null, createdAt: app.clock.now().toISOString() },
      sha256: createHash('sha256').update(aPng()).digest('hex'),
    });
    expect(headers['location']).toBe(`/media/${body.id}`);
    const { data } = await app.graphql(
      `query ($id: ID!) { media(id: $id) { reference kind format width height bytes }
        node(id: $id) { id ... on MediaFile { mediaType sha256 } } }`,
      { id: body.id },
      own,
    );
    expect(data).toEqual({
      media: {
        ...{ reference: body.reference, kind: 'IMAGE', format: 'PNG', width: 640, height: 480 },
        bytes: aPng().length,
      },
      node: { id: body.id, mediaType: 'image/png', sha256: body.sha256 },
    });
    const [event] = await app.database.prisma.auditEvent.findMany({
      where: { objectId: body.id },
    });
    expect(event).toMatchObject({ action: 'MEDIA_UPLOADED', objectId: body.id });
  });

  test('may come in a form, whose other parts are let go by', async () => {
    const form = new FormData();
    form.set('note', 'a frame');
    form.set('file', new Blob([new Uint8Array(anMp4())]), 'whatever.bin');
    const answer = await fetch(`${app.url}/media`, { method: 'POST', body: form, headers: own });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({
      kind: 'VIDEO',
      format: 'MP4',
      width: 1366,
      seconds: 6,
    });
  });

  test('is stored once for each tenant, however often and by whomever it comes', async () => {
    const [ann, bob] = [await signedIn('ann', 'north'), await signedIn('bob', 'north')];
    const eve = await signedIn('eve', null);
    const [first, again, others, hers] = [
      await upload(aPng(), ann),
      await upload(aPng(), ann),
      await upload(aPng(), bob),
      await upload(aPng(), eve),
    ];
    expect([again, others]).toEqual([first, first]);
    expect(hers).not.toBe(first);
    expect(await stored()).toHaveLength(2);
    await ask({ firstFrameImage: asDataUrl(aPng()) }, bob);
    expect(await stored()).toHaveLength(2);
  });

  test('has a small picture, under an address that ends, which goes with it', async () => {
    const large = await sharp({
      create: { width: 1200, height: 800, channels: 3, background: '#c33' },
    })
      .jpeg()
      .toBuffer();
    const [picture, sound] = [await upload(large), await upload(aWav(3))];
    const ask = async (reference: string) => {
      const query = `{ media(id: "${reference.slice(6)}") { thumbnailUrl } }`;
      return (await app.graphql(query, {}, own)).data.media.thumbnailUrl as string | null;
    };
    expect(await ask(sound)).toBeNull();
    const url = (await ask(picture))!;
    for (let asked = 0; asked < 2; asked += 1) {
      const answer = await fetch(url);
      expect(answer.headers.get('content-type')).toBe('image/webp');
      const { width, height, format } = await sharp(await answer.arrayBuffer()).metadata();
      expect([width, height, format]).toEqual([256, 171, 'webp']);
    }
    expect((await fetch(url.replace(/signature=..../, 'signature=AAAA'))).status).toBe(404);
    app.clock.advance(3 * 3_600_000);
    expect((await fetch(url)).status).toBe(410);
  });

  test('that nothing uses is removed after a week', async () => {
    const [used, unused] = [await upload(aPng()), await upload(aWav(3))];
    await ask({ firstFrameImage: used });
    const { now } = app.clock;
    const config = aMediaConfig({ directory: testMediaDirectory });
    const storage = await openStorage(config, log);
    const inputs = new StoredInputs({ database: app.database, storage, log, now });
    app.clock.advance(7 * 24 * 3_600_000 - 1);
    await inputs.dropOld();
    expect(await stored()).toHaveLength(2);
    app.clock.advance(2);
    await inputs.dropOld();
    expect((await stored()).map(({ id }) => `media:${id}`)).toEqual([used]);
    expect(await storage.stat(keyOf({ kind: 'INPUT', id: unused.slice(6) }))).toBeNull();
    storage.close();
  });

  test('may be one of twenty that were begun at once and are not finished', async () => {
    const storage = await openStorage(aMediaConfig({ directory: testMediaDirectory }), log);
    const { database, clock } = app;
    const parts = { database, storage, log, now: clock.now };
    const uploads = new Uploads({
      ...parts,
      inputs: new StoredInputs(parts),
      audit: {} as AuditLog,
    });
    const caller = { id: `busy ${randomUUID()}`, tenant: null } as Caller;
    const begun = await Promise.all(Array.from({ length: 40 }, () => uploads.begin(5, caller)));
    expect(begun.filter((upload) => upload !== null)).toHaveLength(20);
    const where = { callerId: caller.id };
    expect(await database.prisma.mediaUpload.count({ where })).toBe(20);
    storage.close();
  });

  test('that cannot be decoded has no small picture', async () => {
    const reference = await upload(aWebp());
    const query = `{ media(id: "${reference.slice(6)}") { thumbnailUrl } }`;
    const { data } = await app.graphql(query, {}, own);
    expect((await fetch(data.media.thumbnailUrl)).status).toBe(404);
  });

  test('may be sent by pages of the configured origins alone', async () => {
    const from = (origin: string) => ({ origin, 'sec-fetch-site': 'cross-site' });
    expect(await post(aPng(), from('https://studio.example'))).toMatchObject({
      status: 201,
      headers: { 'access-control-allow-origin': 'https://studio.example' },
    });
    const { status, body } = await post(aPng(), from('https://evil.example'));
    expect([status, body.errors[0].extensions.code]).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
  });
});

describe('an upload is given as an input', () => {
  test('and is what MiniMax is sent', async () => {
    const reference = await upload(aPng());
    const { generation } = await ask({ firstFrameImage: reference });
    expect(generation.firstFrameImage).toMatch(/^urn:sha256:[\da-f]{64}$/);
    await step(app);
    expect(app.upstream.submits.at(-1)!.body.first_frame_image).toBe(asDataUrl(aPng()));
  });

  test('is the same request as its data URL', async () => {
    const idempotencyKey = 'one';
    const reference = await upload(aPng());
    const { generation } = await ask({ idempotencyKey, firstFrameImage: reference });
    const again = await ask({ idempotencyKey, firstFrameImage: asDataUrl(aPng()) });
    expect(again.generation.id).toBe(generation.id);
  });

  test('as a reference of the second generation, whose price its measured length makes', async () => {
    const [video, sound] = [await upload(anMp4()), await upload(aWav(3))];
    const input = { model: 'MiniMax-H3', duration: 5, resolution: '768P', aspectRatio: '16:9' };
    const { generation, userErrors } = await ask({
      ...input,
      referenceVideos: [{ url: video, seconds: 2 }],
      referenceAudios: [{ url: sound }],
    });
    expect(userErrors).toEqual([]);
    expect(generation.listPrice.amount).toBe('0.88');
    expect(generation.referenceVideos).toEqual([expect.stringMatching(/^urn:sha256:/)]);
  });

  test('that is large goes up to MiniMax once, and is named there', async () => {
    const png = asBytes(bigPngDataUrl(2 * 1024 * 1024));
    const reference = await upload(png);
    const input = { model: 'MiniMax-H3', duration: 5, firstFrameImage: reference };
    const before = app.upstream.uploads.length;
    for (let asked = 0; asked < 2; asked += 1) {
      expect((await ask({ ...input, prompt: `${asked}` })).userErrors).toEqual([]);
      await step(app);
      const { content } = app.upstream.submits.at(-1)!.body as { content: object[] };
      expect(content[1]).toEqual({
        ...{ type: 'image_url', role: 'first_frame' },
        image_url: { url: expect.stringMatching(/^mm_file:\/\//) },
      });
    }
    expect(app.upstream.uploads).toHaveLength(before + 1);
    // Seven days later MiniMax has it no longer.
    app.clock.advance(6 * 24 * 3_600_000);
    await ask({ ...input, prompt: 'later' });
    await step(app);
    expect(app.upstream.uploads).toHaveLength(before + 2);
  });

  test('goes with the request when MiniMax takes no file beforehand', async () => {
    const url = bigPngDataUrl(2 * 1024 * 1024 + 1);
    const reference = await upload(asBytes(url));
    app.upstream.on('upload', { status: 503, text: 'busy' });
    await ask({ model: 'MiniMax-H3', duration: 5, firstFrameImage: reference });
    await step(app);
    const { content } = app.upstream.submits.at(-1)!.body as { content: object[] };
    expect(content[1]).toMatchObject({ image_url: { url } });
  });

  test.each<[string, () => Promise<object>, string[], string]>([
    [
      'too large a clip together',
      async () => ({
        referenceVideos: [
          { url: await upload(anMp4()) },
          { url: await upload(anMp4()) },
          { url: await upload(anMp4()) },
        ],
      }),
      ['referenceVideos'],
      'REFERENCE_LENGTH_NOT_SUPPORTED',
    ],
    [
      'a video for an image',
      async () => ({ referenceImages: [await upload(anMp4())] }),
      ['referenceImages', '0'],
      'IMAGE_FORMAT_UNSUPPORTED',
    ],
    [
      'an image for a video',
      async () => ({ referenceVideos: [{ url: await upload(aPng()) }] }),
      ['referenceVideos', '0', 'url'],
      'REFERENCE_FORMAT_UNSUPPORTED',
    ],
    [
      'too small an image',
      async () => ({ firstFrameImage: await upload(aPng({ width: 200, height: 200 })) }),
      ['firstFrameImage'],
      'IMAGE_DIMENSIONS_UNSUPPORTED',
    ],
    [
      'one that is not there',
      () => Promise.resolve({ firstFrameImage: 'media:018f5f3e-0000-4000-8000-000000000000' }),
      ['firstFrameImage'],
      'MEDIA_NOT_FOUND',
    ],
    [
      'a name that is none',
      () => Promise.resolve({ firstFrameImage: 'media:../../secret' }),
      ['firstFrameImage'],
      'MEDIA_NOT_FOUND',
    ],
  ])('%s is refused before anything is paid', async (_name, given, field, code) => {
    const sent = app.upstream.submits.length;
    const input = { model: 'MiniMax-H3', duration: 5, aspectRatio: '16:9', ...(await given()) };
    const { userErrors } = await ask(input);
    expect(userErrors).toEqual([expect.objectContaining({ field, code })]);
    expect(app.upstream.submits).toHaveLength(sent);
  });

  test('HEIC does for the second generation, and not for the first', async () => {
    const firstFrameImage = await upload(aHeic());
    expect((await ask({ firstFrameImage })).userErrors).toMatchObject([
      { code: 'IMAGE_FORMAT_UNSUPPORTED' },
    ]);
    const second = { model: 'MiniMax-H3', duration: 5, firstFrameImage };
    expect((await ask(second)).userErrors).toEqual([]);
  });

  test('is for its tenant alone, and for admins', async () => {
    const [ann, bob] = [await signedIn('ann', 'north'), await signedIn('bob', 'north')];
    const [eve, root] = [await signedIn('eve', 'south'), await signedIn('root', null, 'ADMIN')];
    const firstFrameImage = await upload(aPng(), ann);
    const codes = async (headers: object) =>
      (await ask({ firstFrameImage }, headers)).userErrors.map(
        ({ code }: { code: string }) => code,
      );
    expect(await codes(bob)).toEqual([]);
    expect(await codes(root)).toEqual([]);
    expect(await codes(eve)).toEqual(['MEDIA_NOT_FOUND']);
    const query = `{ media(id: "${firstFrameImage.slice(6)}") { id } }`;
    expect((await app.graphql(query, {}, eve)).errors![0].extensions.code).toBe('NOT_FOUND');
    expect((await app.graphql(query, {}, bob)).errors).toBeUndefined();
  });
});

/** Nothing of these stays behind, in the storage or in the database. */
describe('an upload is refused', () => {
  test.each<[string, Buffer, number, string, RegExp]>([
    ['without a byte', Buffer.alloc(0), 422, 'MEDIA_EMPTY', /is empty/],
    ['of an SVG', Buffer.from('<svg/>'), 422, 'MEDIA_FORMAT_UNSUPPORTED', /SVG/],
    ['of a broken PNG', aPng().subarray(0, 100), 422, 'IMAGE_INVALID', /stops before/],
    ['of a broken MP4', anMp4().subarray(0, 5_000), 422, 'REFERENCE_INVALID', /stops before/],
    ['of a long sound', anMp3(1_000), 422, 'REFERENCE_TOO_LARGE', /takes at most/],
  ])('%s', async (_name, bytes, status, code, message) => {
    const answer = await post(bytes);
    expect(answer.status).toBe(status);
    expect(answer.body.errors).toEqual([
      { message: expect.stringMatching(message), extensions: { code } },
    ]);
    expect(await stored()).toEqual([]);
  });

  test('that never ends', async () => {
    const piece = Buffer.alloc(1024 * 1024, 1);
    let sent = 0;
    const endless = Readable.from(
      (function* () {
        for (; sent < 500; sent += 1) yield piece;
      })(),
    );
    const answer = await post(endless).catch((error: Error) => error);
    // The answer may be lost with the connection, over which there is still more to come.
    if (!(answer instanceof Error)) {
      expect(answer.body.errors[0].extensions.code).toBe('MEDIA_TOO_LARGE');
    }
    expect(sent).toBeLessThan(150);
    expect(await stored()).toEqual([]);
  });

  test('that says beforehand that it is too large', async () => {
    const answer = await raw(`Content-Length: ${80 * 1024 * 1024}`, Buffer.alloc(10));
    expect(answer).toMatch(/^HTTP\/1.1 413[^]*MEDIA_TOO_LARGE/);
  });

  test('that is shorter than its Content-Length, and breaks off', async () => {
    await raw(`Content-Length: ${aPng().length + 100}`, aPng(), { hangUp: true });
    expect(await stored()).toEqual([]);
  });

  test('that is longer than its Content-Length', async () => {
    const answer = await raw(`Content-Length: ${aPng().length - 50}`, aPng());
    // What is left over is taken for another request, and is none.
    expect(answer).toMatch(/^HTTP\/1.1 4/);
    expect(await stored()).toEqual([]);
  });

  test('that comes too slowly', async () => {
    const answer = await raw(`Content-Length: ${aPng().length}`, aPng().subarray(0, 50));
    expect(answer).toMatch(/^HTTP\/1.1 408[^]*BODY_TOO_SLOW/);
    expect(await stored()).toEqual([]);
  });

  test.each([
    ['no file', 'a=1', 'application/x-www-form-urlencoded', 'MEDIA_FORMAT_UNSUPPORTED'],
    ['a form without boundary', '--x', 'multipart/form-data', 'BAD_REQUEST'],
    ['a form that breaks off', '--x\r\n', 'multipart/form-data; boundary=x', 'BAD_REQUEST'],
    ['a form without a file', '--x--', 'multipart/form-data; boundary=x', 'BAD_REQUEST'],
  ])('of %s', async (_name, body, contentType, code) => {
    const answer = await post(Buffer.from(body), { 'content-type': contentType });
    expect(answer.body.errors[0].extensions.code).toBe(code);
    expect(await stored()).toEqual([]);
  });

  test('is let go by, so that whoever still sends it reads the answer', async () => {
    const large = Buffer.concat([aPng(), Buffer.alloc(8 * 1024 * 1024)]);
    const reader = await signedIn('rex', null, 'AUDITOR');
    for (let time = 0; time < 5; time++) {
      for (const [headers, status] of [
        [reader, 403],
        [{ ...own, 'content-encoding': 'gzip' }, 415],
      ] as const)
        expect((await post(large, headers)).status).toBe(status);
    }
  });

  test('of somebody who only reads', async () => {
    const { status, body } = await post(aPng(), await signedIn('rex', null, 'AUDITOR'));
    expect([status, body.errors[0].extensions.code]).toEqual([403, 'FORBIDDEN']);
  });
});

/** What a server that is spoken to by hand answers. */
async function raw(header: string, body: Buffer, { hangUp = false } = {}): Promise<string> {
  const { port } = new URL(app.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(
    `POST /media HTTP/1.1\r\nHost: x\r\nAuthorization: ${own['authorization']}\r\nConnection: close\r\n${header}\r\n\r\n`,
  );
  socket.write(body, () => {
    if (hangUp) socket.destroy();
  });
  socket.on('error', () => {});
  return await new Promise((resolve) => {
    let answer = '';
    socket.setEncoding('latin1').on('data', (piece: string) => (answer += piece));
    socket.on('close', () => resolve(answer));
  });
}

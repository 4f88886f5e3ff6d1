import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { createLogger } from '../../src/logger.ts';

const secrets = [
  ...['authorization', 'apiKey', 'videoUrl', 'downloadUrl'],
  ...['firstFrameImage', 'lastFrameImage', 'enhancedPrompt'],
];

function logged(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown> {
  let line = '';
  write(createLogger('info', { write: (text) => void (line += text) }));
  return untimed(line);
}

test('what is logged is what pino with its own redaction logs, whatever it is', () => {
  const seed = Number(process.env['RANDOM_SEED'] ?? Date.now());
  const random = randomOf(seed);
  for (let round = 0; round < 2000; round++) {
    const object = randomObject(random, 0);
    const before = JSON.stringify(object);
    const ours = logged((log) => log.info(object, 'said'));
    // Nothing that was given to the log is changed; pino's redaction may.
    expect(JSON.stringify(object)).toBe(before);
    let theirs = '';
    pino(
      {
        ...{ level: 'info', base: null },
        redact: {
          paths: secrets.flatMap((path) => [path, `*.${path}`, `*.*.${path}`]),
          censor: '[redacted]',
        },
        serializers: { error: pino.stdSerializers.errWithCause },
      },
      { write: (text) => void (theirs += text) },
    ).info(object, 'said');
    expect({ seed, ours }).toEqual({ seed, ours: untimed(theirs) });
  }
});

test('a secret is left out however deep it stands, of errors and their causes too', () => {
  const cause = Object.assign(new Error('inner'), { response: { headers: [{ apiKey: 'k' }] } });
  const error = Object.assign(new Error('outer', { cause }), { code: 'X', authorization: 'k' });
  const line = logged((log) => log.error({ error, a: { b: { c: { d: { videoUrl: 'k' } } } } }));
  expect(JSON.stringify(line)).not.toContain('"k"');
  expect(line).toMatchObject({
    a: { b: { c: { d: { videoUrl: '[redacted]' } } } },
    error: {
      type: 'Error',
      message: 'outer',
      cause: { message: 'inner' },
      code: 'X',
      authorization: '[redacted]',
    },
  });
  expect(logged((log) => log.error(error))).toMatchObject({
    err: { code: 'X', authorization: '[redacted]' },
  });
});

test('the values of a row are left out of what a database says of it, however Prisma wraps it', () => {
  const told = { severity: 'ERROR', code: '23514', detail: 'Failing row contains (a prompt).' };
  const error = Object.assign(new Error('refused'), told, { meta: { cause: told } });
  const line = logged((log) => log.error({ error }));
  expect(JSON.stringify(line)).not.toContain('a prompt');
  expect(line).toMatchObject({ error: { code: '23514', detail: '[redacted]' } });
  expect(logged((log) => log.info({ detail: 'of ours' }))).toMatchObject({ detail: 'of ours' });
});

test('what cannot be changed is logged without its secret', () => {
  const object = Object.freeze({ apiKey: 'k', a: Object.freeze([{ apiKey: 'k' }]) });
  const line = logged((log) => log.info({ object }));
  expect(line).toMatchObject({ object: { apiKey: '[redacted]', a: [{ apiKey: '[redacted]' }] } });
});

test('an object that refers to itself is logged', () => {
  const object: Record<string, unknown> = { apiKey: 'k', name: 'n' };
  object['self'] = object;
  const line = logged((log) => log.info({ object }));
  expect(line).toMatchObject({ object: { name: 'n', apiKey: '[redacted]' } });
  expect(JSON.stringify(line)).not.toContain('"k"');
});

function untimed(line: string): Record<string, unknown> {
  return { ...(JSON.parse(line) as Record<string, unknown>), time: null };
}

function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Secrets down to where pino's paths above reach, other keys also below. */
function randomObject(random: (below: number) => number, depth: number): Record<string, unknown> {
  const names = ['a', 'error', 'b', ...(depth <= 2 ? secrets : [])];
  return Object.fromEntries(
    Array.from({ length: random(5) }, () => [
      names[random(names.length)]!,
      randomValue(random, depth),
    ]),
  );
}

function randomValue(random: (below: number) => number, depth: number): unknown {
  switch (random(8)) {
    case 0:
      return null;
    case 1:
      return random(100);
    case 2:
      return new Date(random(1e9));
    case 3:
      return Object.assign(new Error('broken'), depth < 4 ? randomObject(random, depth + 1) : {});
    case 4:
    case 5:
      return depth < 4 ? randomObject(random, depth + 1) : [];
    case 6:
      return depth < 4
        ? Array.from({ length: random(3) }, () => randomValue(random, depth + 1))
        : {};
    default:
      return 'text';
  }
}

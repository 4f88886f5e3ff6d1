import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, describe, expect, test } from '@jest/globals';
import { ConfigError, loadConfig, variableNames } from '../../src/config.ts';

const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
const uncommented = example.replace(/^#(?=[A-Z][A-Z_]*=)/gm, '');

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const folder = mkdtempSync(join(tmpdir(), 'reelgraph-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function aFile(text: string, name = 'documents.json'): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function aKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

describe('.env.example', () => {
  test('sets nothing when it is copied as it is', () => {
    expect(parseEnv(example)).toEqual({});
  });

  test('has each variable once, and no other', () => {
    const named = [...example.matchAll(/^#([A-Z][A-Z_]*)=/gm)].map((match) => match[1]!);
    expect([...named].sort()).toEqual([...variableNames].sort());
  });

  test('loads with every variable set as it shows', () => {
    const env = parseEnv(uncommented);
    expect(Object.keys(env)).toHaveLength(variableNames.length);
    const files = { TRUSTED_DOCUMENTS: aFile('{}'), AUDIT_SIGNING_KEY: aFile(aKey(), 'key.pem') };
    expect(problemsOf({ ...(env as Record<string, string>), ...files })).toEqual([]);
  });

  const limits = [...example.matchAll(/((?:^# .*\n)+)#([A-Z][A-Z_]*)=/gm)].flatMap(
    ([, text, name]) => {
      const range = /(\d+) to (\d+)[;.]/.exec(text!.replace(/\n# /g, ' '));
      return range ? [{ name: name!, low: Number(range[1]), high: Number(range[2]) }] : [];
    },
  );

  test('tells the limits of each number', () => {
    expect(limits.map(({ name }) => name)).toHaveLength(26);
  });

  test.each(limits)('$name lies between $low and $high, as it says', ({ name, low, high }) => {
    expect(problemsOf({ [name]: String(low) })).toEqual([]);
    expect(problemsOf({ [name]: String(high) })).toEqual([]);
    expect(problemsOf({ [name]: String(high + 1) })).toHaveLength(1);
    if (low > 0) expect(problemsOf({ [name]: String(low - 1) })).toHaveLength(1);
  });

  test('the defaults it tells of are those that hold', () => {
    const told = parseEnv(
      uncommented
        .split('\n')
        .filter((line) =>
          // Those whose shown value is an example; their default is "none" or something longer.
          /^(?!MINIMAX_(API_KEY|FORMER_ACCOUNTS|EXTRA_MODELS)|SIMULATOR=|DATABASE_(DIRECT_)?URL|PUBLIC_URL|CORS|TRUSTED|APOLLO|OPEN_ACCESS|OIDC|RETENTION|AUDIT|HTTPS?_PROXY|NO_PROXY|MEDIA_(BUCKET|ENDPOINT|PREFIX|ENCRYPTION|ACCESS|SECRET|KEEP_(TAGS|DAYS|FOR)|TENANT))[A-Z]?/.test(
            line,
          ),
        )
        .join('\n'),
    ) as Record<string, string>;
    const key = { MINIMAX_API_KEY: 'k' };
    const asTold = loadConfig({ ...told, ...key });
    expect(asTold).toEqual({ ...loadConfig(key), given: asTold.given });
  });
});

describe('without any variable', () => {
  test('the service is on this machine only, embedded and simulated', () => {
    expect(loadConfig({})).toEqual({
      given: [],
      access: { open: true, issuer: undefined },
      guards: {
        introspection: true,
        trustedDocuments: undefined,
        requestsPerMinute: 600,
        webSockets: 1_000,
        webSocketsPerIp: 50,
      },
      console: true,
      production: false,
      logLevel: 'info',
      http: {
        host: '127.0.0.1',
        port: 4000,
        publicUrl: undefined,
        bodyLimitBytes: 30 * 1024 * 1024,
        largeBodiesBytes: 48 * 1024 * 1024,
        corsOrigins: ['*'],
        trustedProxies: 0,
      },
      database: {
        url: undefined,
        directUrl: undefined,
        dataDir: './data',
        poolSize: 10,
        workPoolSize: 5,
        slowPoolSize: 3,
      },
      audit: { signingKey: undefined, trustedKeys: [], headFile: undefined },
      minimax: {
        baseUrl: undefined,
        accountName: 'simulator',
        formerAccounts: [],
        apiKey: 'simulator',
        timeoutMs: 30_000,
        requestsPerMinute: 300,
        inFlight: null,
        second: { requestsPerMinute: 300, inFlight: null },
        simulated: true,
        extraModels: [],
        proxies: { http: undefined, https: undefined, never: [] },
      },
      worker: {
        pollIntervalMs: 1_000,
        concurrency: 256,
        imageBytes: 48 * 1024 * 1024,
        leaseMs: 10_000,
        createWaitMs: 5_000,
        holdQueued: 'changed',
      },
      webhooks: { allowPrivate: false, timeoutMs: 15_000 },
      media: {
        directory: './data/media',
        bucket: undefined,
        keepVideos: 'all',
        maxVideoBytes: 500 * 1024 * 1024,
        concurrency: 4,
        timeoutMs: 600_000,
        urlMs: 3_600_000,
        redirect: false,
        fetchInputs: false,
        keepDays: undefined,
        maxKeepForDays: 36_500,
        tenantBytes: undefined,
      },
      simulator: { renderMs: 4_000 },
      retentionDays: undefined,
      apollo: { key: undefined, graphRef: undefined },
    });
  });

  test('empty and blank values count as unset', () => {
    const blank = Object.fromEntries(variableNames.map((name) => [name, '']));
    expect(loadConfig(blank)).toEqual(loadConfig({}));
    expect(loadConfig({ MINIMAX_API_KEY: '  ', PORT: ' ' })).toEqual(loadConfig({}));
  });

  test('variables that it does not know are left alone', () => {
    expect(loadConfig({ PATH: '/bin', POLL_INTERVALL_MS: 'x' })).toEqual(loadConfig({}));
  });
});

describe('which MiniMax it is', () => {
  const key = { MINIMAX_API_KEY: 'sk-api-1' };
  const elsewhere = { MINIMAX_BASE_URL: 'https://proxy.example/minimax' };
  const real = 'https://api.minimax.io';

  test.each([
    { env: {}, simulated: true, baseUrl: undefined },
    { env: key, simulated: false, baseUrl: real },
    { env: { ...key, ...elsewhere }, simulated: false, baseUrl: elsewhere.MINIMAX_BASE_URL },
    { env: { ...key, SIMULATOR: 'off' }, simulated: false, baseUrl: real },
    { env: { ...key, SIMULATOR: 'on' }, simulated: true, baseUrl: undefined },
    { env: { ...key, NODE_ENV: 'production' }, simulated: false, baseUrl: real },
    { env: { NODE_ENV: 'production', SIMULATOR: 'on' }, simulated: true, baseUrl: undefined },
    // An address alone asks for nothing: without a key nothing is sent anywhere.
    { env: elsewhere, simulated: true, baseUrl: undefined },
    {
      env: { ...elsewhere, SIMULATOR: 'on' },
      simulated: true,
      baseUrl: elsewhere.MINIMAX_BASE_URL,
    },
  ])('with $env', ({ env, simulated, baseUrl }) => {
    expect(loadConfig(env).minimax).toMatchObject({ simulated, baseUrl });
  });

  test('production without a key is refused, unless it asks for the simulator', () => {
    expect(problemsOf({ NODE_ENV: 'production' })).toEqual([
      expect.stringMatching(/^MINIMAX_API_KEY is required .* SIMULATOR=on$/),
    ]);
    expect(problemsOf({ NODE_ENV: 'production', SIMULATOR: 'on' })).toEqual([]);
  });

  test('a simulator that is off wants a key', () => {
    expect(problemsOf({ SIMULATOR: 'off' })).toEqual([
      'MINIMAX_API_KEY is required when SIMULATOR is off',
    ]);
  });

  test('the real one is asked more slowly than the simulated one', () => {
    expect(loadConfig(key)).toMatchObject({
      minimax: {
        ...{ requestsPerMinute: 5, inFlight: null },
        second: { requestsPerMinute: 60, inFlight: 30 },
      },
      worker: { pollIntervalMs: 10_000 },
    });
    expect(loadConfig({ ...key, MINIMAX_RPM: '40', POLL_INTERVAL_MS: '15000' })).toMatchObject({
      minimax: { requestsPerMinute: 40 },
      worker: { pollIntervalMs: 15_000 },
    });
    expect(loadConfig({ ...key, MINIMAX_RPM: '0' }).minimax.requestsPerMinute).toBeNull();
    const limits = {
      MINIMAX_IN_FLIGHT: '7',
      MINIMAX_SECOND_RPM: '300',
      MINIMAX_SECOND_IN_FLIGHT: '0',
    };
    expect(loadConfig({ ...key, ...limits }).minimax).toMatchObject({
      ...{ inFlight: 7, second: { requestsPerMinute: 300, inFlight: null } },
    });
  });

  test('a base URL may have a path', () => {
    expect(
      loadConfig({ ...key, MINIMAX_BASE_URL: 'https://proxy.example/minimax/' }).minimax.baseUrl,
    ).toMatch(/^https:\/\/proxy\.example\/minimax\/?$/);
  });
});

describe('a value that cannot be used', () => {
  test('is reported together with all others, each by its name', () => {
    const problems = problemsOf({
      NODE_ENV: 'production',
      LOG_LEVEL: 'loud',
      PORT: '70000',
      PUBLIC_URL: 'example.com',
      DATABASE_URL: 'mysql://localhost/x',
      MINIMAX_BASE_URL: 'https://user:pass@proxy.example',
      WORKER_CONCURRENCY: '1.5',
      SIMULATOR: 'yes',
      APOLLO_KEY: 'service:x',
    });
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
      'APOLLO_GRAPH_REF',
      'DATABASE_URL',
      'LOG_LEVEL',
      'MINIMAX_API_KEY',
      'MINIMAX_BASE_URL',
      'PORT',
      'PUBLIC_URL',
      'SIMULATOR',
      'WORKER_CONCURRENCY',
    ]);
  });

  test('tells what is allowed', () => {
    expect(problemsOf({ PORT: '70000' })).toEqual(['PORT must lie between 0 and 65535']);
    expect(problemsOf({ PORT: '4k' })).toEqual(['PORT must be a whole number']);
    expect(problemsOf({ SIMULATOR: 'yes' })).toEqual(['SIMULATOR must be one of on, off']);
  });

  test('is not repeated in the message: it may be a secret', () => {
    const secrets = {
      MINIMAX_API_KEY: 'sk api hunter2',
      MINIMAX_FORMER_ACCOUNTS: '[{"name":"a","apiKey":"hunter2","admin":1}',
      DATABASE_URL: 'mysql://admin:hunter2@db.internal/x',
      MINIMAX_BASE_URL: 'https://admin:hunter2@proxy.example',
      PUBLIC_URL: 'https://admin:hunter2@video.example',
      PORT: 'hunter2',
      LOG_LEVEL: 'hunter2',
      SIMULATOR: 'hunter2',
      APOLLO_KEY: 'hunter2',
    };
    const problems = problemsOf(secrets);
    for (const name of Object.keys(secrets)) expect(problems.join('\n')).toContain(name);
    const error = new ConfigError(problems);
    expect(`${error.message} ${error.stack}`).not.toMatch(/hunter2|admin/);
  });
});

test('the configuration cannot be changed, at any depth', () => {
  const config = loadConfig({ CORS_ORIGINS: 'https://a.example, https://b.example' });
  const change = config as { -readonly [Key in keyof typeof config]: unknown };
  expect(() => (change.production = true)).toThrow(/read only/);
  expect(() => ((config.http as { port: number }).port = 1)).toThrow(/read only/);
  expect(() => (config.http.corsOrigins as string[]).push('*')).toThrow(/not extensible/);
  expect(config.http.corsOrigins).toEqual(['https://a.example', 'https://b.example']);
});

test.each([
  [{}, true],
  [{ CONSOLE: 'off' }, false],
  [{ HOST: '0.0.0.0' }, false],
  [{ HOST: '0.0.0.0', CONSOLE: 'on' }, true],
  [{ NODE_ENV: 'production', MINIMAX_API_KEY: 'k' }, false],
  [{ NODE_ENV: 'production', MINIMAX_API_KEY: 'k', CONSOLE: 'on' }, true],
])('with %j there is a console: %s', (env, shown) => {
  expect(loadConfig(env).console).toBe(shown);
});

describe('who is let in', () => {
  test.each([
    [{}, true],
    [{ HOST: '::1' }, true],
    [{ HOST: '0.0.0.0' }, false],
    [{ HOST: '0.0.0.0', OPEN_ACCESS: 'on' }, true],
    [{ OPEN_ACCESS: 'off' }, false],
    [{ NODE_ENV: 'production', MINIMAX_API_KEY: 'k' }, false],
  ])('with %j without a key: %s', (env, open) => {
    expect(loadConfig(env).access.open).toBe(open);
  });

  test('is not everybody in production, even when asked for', () => {
    const env = { NODE_ENV: 'production', MINIMAX_API_KEY: 'k', OPEN_ACCESS: 'on' };
    expect(problemsOf(env)).toEqual([expect.stringContaining('OPEN_ACCESS must not be on')]);
  });

  test('webhooks stay out of the own network in production', () => {
    const env = { NODE_ENV: 'production', MINIMAX_API_KEY: 'k', WEBHOOK_ALLOW_PRIVATE: 'on' };
    expect(problemsOf(env)).toEqual([
      expect.stringContaining('WEBHOOK_ALLOW_PRIVATE must not be on'),
    ]);
  });

  test('depends on an audience where an issuer is named', () => {
    expect(problemsOf({ OIDC_ISSUER: 'https://login.example.com' })).toEqual([
      expect.stringContaining('OIDC_AUDIENCE is required'),
    ]);
    expect(problemsOf({ OIDC_CONSOLE_CLIENT_ID: 'console' })).toEqual([
      expect.stringContaining('OIDC_ISSUER is required'),
    ]);
  });
});

describe('former accounts', () => {
  const former = { name: '2025', baseUrl: 'https://api.minimax.io', apiKey: 'sk-hunter2' };
  const problemsOfList = (...accounts: unknown[]) =>
    problemsOf({ MINIMAX_API_KEY: 'k', MINIMAX_FORMER_ACCOUNTS: JSON.stringify(accounts) });

  test('are a list in JSON', () => {
    const MINIMAX_FORMER_ACCOUNTS = JSON.stringify([former, { ...former, name: '2024' }]);
    expect(loadConfig({ MINIMAX_FORMER_ACCOUNTS }).minimax.formerAccounts).toEqual([
      former,
      { ...former, name: '2024' },
    ]);
  });

  test.each<[string, unknown[], string]>([
    ['a text', ['sk-hunter2'], ' entry 1 must have name, baseUrl and apiKey, no more'],
    [
      'a fourth field',
      [{ ...former, 'sk-hunter2': 1 }],
      ' entry 1 must have name, baseUrl and apiKey, no more',
    ],
    ['no key', [former, { ...former, apiKey: undefined }], ' entry 2: apiKey must be a text'],
    [
      'a key of two words',
      [{ ...former, apiKey: 'sk hunter2' }],
      ' entry 1: apiKey must be one word of printable characters',
    ],
    [
      'an address with a password',
      [{ ...former, baseUrl: 'https://u:hunter2@x.example' }],
      ' entry 1: baseUrl must be an http(s) URL without credentials or query, such as https://api.minimax.io',
    ],
    [
      'a bad name',
      [{ ...former, name: 'last year' }],
      ' entry 1: name must have 1 to 100 letters, digits and "._-"',
    ],
    ['a name twice', [former, former], ' must name each account once, and has 2025 twice'],
    [
      'the name of the one that sends',
      [{ ...former, name: 'main' }],
      ' must not have the name of the account that sends, MINIMAX_ACCOUNT_NAME',
    ],
  ])('with %s are refused, and no key is told', (_what, accounts, problem) => {
    const problems = problemsOfList(...accounts);
    expect(problems).toEqual([`MINIMAX_FORMER_ACCOUNTS${problem}`]);
    expect(problems.join()).not.toContain('hunter2');
  });

  test.each(['sk-hunter2', '{"apiKey":"sk-hunter2"', '{"apiKey":"sk-hunter2"}'])(
    'that are no list are refused, and no key is told: %s',
    (MINIMAX_FORMER_ACCOUNTS) => {
      expect(problemsOf({ MINIMAX_FORMER_ACCOUNTS })).toEqual([
        'MINIMAX_FORMER_ACCOUNTS must be a list in JSON',
      ]);
    },
  );
});

describe('trusted documents', () => {
  const id = 'a'.repeat(64);

  test('are read with the configuration', () => {
    const TRUSTED_DOCUMENTS = aFile(JSON.stringify({ [id]: '{ me { callerId } }' }));
    expect(loadConfig({ TRUSTED_DOCUMENTS }).guards.trustedDocuments).toEqual({
      [id]: '{ me { callerId } }',
    });
  });

  test.each([
    ['{', ['it is not JSON']],
    ['[]', ['it is not a JSON object of documents by their SHA-256']],
    ['"text"', ['it is not a JSON object of documents by their SHA-256']],
    [
      JSON.stringify({ short: '{ a }', [id]: 5 }),
      ['"short" is not a SHA-256 in hexadecimal', `the document of ${id} is not text`],
    ],
  ])('in a file with %s are refused beside the other mistakes', (text, problems) => {
    expect(problemsOf({ TRUSTED_DOCUMENTS: aFile(text), PORT: 'x' })).toEqual([
      'PORT must be a whole number',
      ...problems.map(
        (problem) => `TRUSTED_DOCUMENTS names a file that cannot be used: ${problem}`,
      ),
    ]);
  });

  test('in a file that is not there are refused', () => {
    expect(problemsOf({ TRUSTED_DOCUMENTS: join(folder, 'absent.json') })).toEqual([
      expect.stringMatching(/^TRUSTED_DOCUMENTS names a file that cannot be used: ENOENT/),
    ]);
  });
});

describe('the key that signs checkpoints', () => {
  test('is read from a file, or given with its line breaks escaped', () => {
    const pem = aKey();
    const given = [aFile(pem, 'key.pem'), pem.replaceAll('\n', '\\n'), pem];
    for (const AUDIT_SIGNING_KEY of given) {
      expect(loadConfig({ AUDIT_SIGNING_KEY }).audit.signingKey!.trim()).toBe(pem.trim());
    }
  });

  test('is refused when it is another kind of key, without being repeated', () => {
    const { privateKey } = generateKeyPairSync('x25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    for (const AUDIT_SIGNING_KEY of [pem, '-----BEGIN nonsense', join(folder, 'absent.pem')]) {
      expect(problemsOf({ AUDIT_SIGNING_KEY })).toEqual([
        expect.stringMatching(/^AUDIT_SIGNING_KEY must be a private Ed25519 key as PEM/),
      ]);
    }
    expect(problemsOf({ AUDIT_TRUSTED_KEYS: 'short' })).toHaveLength(1);
  });
});

describe('proxies', () => {
  test('may be written in small letters, which count first, and an empty one counts as unset', () => {
    const { proxies } = loadConfig({
      ...{ HTTPS_PROXY: 'http://large:1', https_proxy: 'http://small:2', HTTP_PROXY: '' },
      ...{ http_proxy: ' http://plain:3 ', NO_PROXY: '*', no_proxy: 'a.example, .b.example  c:1' },
    }).minimax;
    expect(proxies).toEqual({
      https: 'http://small:2',
      http: 'http://plain:3',
      never: ['a.example', '.b.example', 'c:1'],
    });
  });

  test('that cannot be used are named without what they say', () => {
    const problem = 'must be an http(s) URL of a proxy, such as http://proxy.example.com:3128';
    const env = { HTTPS_PROXY: 'socks5://me:hunter2@proxy', http_proxy: 'me:hunter2@proxy:3128' };
    expect(problemsOf(env)).toEqual([`HTTPS_PROXY ${problem}`, `HTTP_PROXY ${problem}`]);
  });
});

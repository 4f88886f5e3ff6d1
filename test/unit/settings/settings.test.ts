import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';
import { loadConfig } from '../../../src/config.ts';
import { about } from '../../../src/settings/about.ts';
import { SettingsResolver } from '../../../src/settings/resolver.ts';
import { shown } from '../../../src/settings/shown.ts';

const example = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
const named = [...example.matchAll(/^#([A-Z][A-Z_]*)=/gm)].map((match) => match[1]!);
const hidden = named.filter((name) => shown[name as keyof typeof shown] === 'HIDDEN');

const folder = mkdtempSync(join(tmpdir(), 'reelgraph-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

function aFile(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** Each variable as the example shows it, with files that are there. */
function everything(): Record<string, string> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return {
    ...(parseEnv(example.replace(/^#(?=[A-Z][A-Z_]*=)/gm, '')) as Record<string, string>),
    TRUSTED_DOCUMENTS: aFile('documents.json', '{}'),
    AUDIT_SIGNING_KEY: aFile('key.pem', pem),
    // Where these say otherwise, others do not apply.
    SIMULATOR: 'off',
    MEDIA_KEEP_VIDEOS: 'tagged',
  };
}

const settingsOf = (env: Record<string, string>) =>
  new SettingsResolver(loadConfig(env)).settings();

test('each variable of .env.example is among them, in its order, with a line about it', () => {
  // A new variable has to be told of in both, and it has to be decided whether its value is.
  expect(Object.keys(shown)).toEqual(named);
  expect(Object.keys(about)).toEqual(named);
  expect(settingsOf({}).map(({ name }) => name)).toEqual(named);
});

test('what is set is told as it was written', () => {
  const env = everything();
  const told = settingsOf(env).filter(({ isHidden }) => !isHidden);
  expect(told.map(({ name, value, isSet }) => [name, value, isSet])).toEqual(
    told.map(({ name }) => [name, env[name], true]),
  );
});

test('keys, addresses, paths and buckets are hidden', () => {
  expect(hidden).toEqual(named.filter((name) => /_KEY(_ID)?$|SECRET|_ACCOUNTS$|_URL$|PROXY$|^HOST$|^PORT$|_DIR$|_FILE$|ORIGINS$|ISSUER$|AUDIENCE$|DOCUMENTS$|BUCKET$|ENDPOINT$|REGION$|PREFIX$|ENCRYPTION$/.test(name) && name !== 'TRUST_PROXY')); // prettier-ignore
});

test('of what is hidden nothing is told but whether it is set', () => {
  const mark = 'mark0of0a0secret';
  const marked = {
    ...everything(),
    MINIMAX_API_KEY: mark,
    MINIMAX_FORMER_ACCOUNTS: `[{"name":"2025","baseUrl":"https://${mark}.example","apiKey":"${mark}"}]`,
    MINIMAX_BASE_URL: `https://${mark}.example`,
    HTTPS_PROXY: `http://user:${mark}@proxy.example:3128`,
    HTTP_PROXY: `http://user:${mark}@proxy.example:3128`,
    NO_PROXY: `${mark}.example`,
    DATABASE_URL: `postgres://user:${mark}@db.example/x`,
    DATABASE_DIRECT_URL: `postgres://user:${mark}@db.example/x`,
    DATA_DIR: `./${mark}`,
    AUDIT_HEAD_FILE: `./${mark}`,
    OIDC_ISSUER: `https://${mark}.example`,
    OIDC_AUDIENCE: mark,
    OIDC_JWKS_URL: `https://${mark}.example/keys`,
    HOST: `${mark}.example`,
    PUBLIC_URL: `https://${mark}.example`,
    CORS_ORIGINS: `https://${mark}.example`,
    MEDIA_DIR: '',
    MEDIA_BUCKET: mark,
    MEDIA_ENDPOINT: `https://${mark}.example`,
    MEDIA_REGION: mark,
    MEDIA_PREFIX: mark,
    MEDIA_ENCRYPTION: `aws:kms:${mark}`,
    MEDIA_ACCESS_KEY_ID: mark,
    MEDIA_SECRET_ACCESS_KEY: mark,
    APOLLO_KEY: mark,
  };
  const settings = settingsOf(marked);
  expect(JSON.stringify(settings)).not.toContain(mark);
  expect(JSON.stringify(settings)).not.toContain(folder);
  for (const { name, value, isSet, isHidden } of settings) {
    if (isHidden) expect([name, value, isSet]).toEqual([name, null, name !== 'MEDIA_DIR']);
  }
});

test('what is not set has the value that holds all the same', () => {
  const settings = settingsOf({});
  const told = Object.fromEntries(settings.map(({ name, value }) => [name, value]));
  expect(settings.some(({ isSet }) => isSet)).toBe(false);
  expect(told).toMatchObject({
    ...{ MINIMAX_RPM: '300', MINIMAX_IN_FLIGHT: '0', SIMULATOR: 'on', OPEN_ACCESS: 'on' },
    ...{ RETENTION_DAYS: null, MINIMAX_EXTRA_MODELS: null, OIDC_ROLE_CLAIM: null },
    ...{ MEDIA_KEEP_VIDEOS: 'all', MEDIA_KEEP_TAGS: null, MEDIA_TENANT_MB: null },
  });
  const paid = settingsOf({ MINIMAX_API_KEY: 'k' }).find(({ name }) => name === 'MINIMAX_RPM');
  expect(paid).toMatchObject({ value: '5', isSet: false });
});

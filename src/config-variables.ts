import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { MediaConfig } from './media/config.ts';
import { parseUrl } from './network/parse-url.ts';
import { isProxyUrl } from './network/proxies.ts';

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must lie between ${min} and ${max}`);

const httpUrl = z.string().refine((text) => {
  const url = parseUrl(text);
  return url && /^https?:$/.test(url.protocol) && url.search === '' && url.username === '';
}, 'must be an http(s) URL without credentials or query, such as https://api.minimax.io');

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);

/** Never repeated in a message: it may have credentials. */
const proxyUrl = z
  .string()
  .refine(isProxyUrl, 'must be an http(s) URL of a proxy, such as http://proxy.example.com:3128');

const accountName = z
  .string()
  .regex(/^[\w.-]{1,100}$/, 'must have 1 to 100 letters, digits and "._-"');

const apiKey = z.string().regex(/^[\x21-\x7e]+$/, 'must be one word of printable characters');

const formerAccountList = z.array(
  z.strictObject({ name: accountName, baseUrl: httpUrl, apiKey }),
  'must be a list in JSON',
);

/** A list in JSON. What it holds is never repeated in a message: it has keys. */
const formerAccounts = z.string().transform((text, context): z.output<typeof formerAccountList> => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const { data, error } = formerAccountList.safeParse(value);
  const refuse = (message: string) => context.addIssue({ code: 'custom', message });
  for (const { code, path, message } of error?.issues ?? []) {
    const [index, field] = path;
    const entry = `entry ${Number(index) + 1}`;
    if (index === undefined) refuse(message);
    else if (field === undefined) refuse(`${entry} must have name, baseUrl and apiKey, no more`);
    else if (code === 'invalid_type') refuse(`${entry}: ${String(field)} must be a text`);
    else refuse(`${entry}: ${String(field)} ${message}`);
  }
  if (data === undefined) return z.NEVER;
  const names = data.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) refuse(`must name each account once, and has ${twice} twice`);
  return data;
});

/** A file `{ "<sha256>": "<document>" }`; whether the documents fit the schema is seen when there is one. */
const documents = z.string().transform((path, context): Readonly<Record<string, string>> => {
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message: `names a file that cannot be used: ${message}` });
    return z.NEVER;
  };
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return refuse(error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse('it is not a JSON object of documents by their SHA-256');
  }
  for (const [id, text] of Object.entries(value)) {
    if (!/^[\da-f]{64}$/.test(id)) refuse(`"${id}" is not a SHA-256 in hexadecimal`);
    else if (typeof text !== 'string') refuse(`the document of ${id} is not text`);
  }
  return value as Record<string, string>;
});

/** A private Ed25519 key as PEM, in which `\\n` may stand for a line break, or the path of a file with one. */
const signingKey = z.string().transform((text, context): string => {
  try {
    const pem = text.startsWith('-----BEGIN')
      ? text.replaceAll('\\n', '\n')
      : readFileSync(text, 'utf8');
    if (createPrivateKey(pem).asymmetricKeyType === 'ed25519') return pem;
  } catch {
    // Said below, without what may be the key.
  }
  context.addIssue({
    code: 'custom',
    message:
      'must be a private Ed25519 key as PEM, or the path of a file with one; "openssl genpkey -algorithm ed25519" makes one',
  });
  return z.NEVER;
});

const publicKeys = list.refine(
  (keys) => keys.every((key) => /^[\w-]{43}$/.test(key)),
  'must be a list of Ed25519 public keys, each of 43 characters in base64url',
);

/** The environment variables by themselves: what each may hold, and what it is when it is not set. */
export const variables = z.object({
  NODE_ENV: z.string().default('development'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  HOST: z.string().default('127.0.0.1'),
  PORT: whole(0, 65_535).default(4000),
  PUBLIC_URL: httpUrl.optional(),
  BODY_LIMIT_MB: whole(1, 200).default(30),
  IMAGE_MEMORY_MB: whole(1, 100_000).default(48),
  CORS_ORIGINS: list.default(['*']),
  TRUST_PROXY: whole(0, 10).default(0),
  RATE_LIMIT_PER_MINUTE: whole(0, 1_000_000).default(600),
  WS_CONNECTIONS: whole(1, 100_000).default(1_000),
  WS_CONNECTIONS_PER_IP: whole(1, 100_000).default(50),
  TRUSTED_DOCUMENTS: documents.optional(),
  INTROSPECTION: z.enum(['on', 'off']).default('on'),
  CONSOLE: z.enum(['on', 'off']).optional(),
  OPEN_ACCESS: z.enum(['on', 'off']).optional(),
  OIDC_ISSUER: httpUrl.optional(),
  OIDC_AUDIENCE: z.string().optional(),
  OIDC_JWKS_URL: httpUrl.optional(),
  OIDC_ROLE_CLAIM: z.string().default('role'),
  OIDC_CONSOLE_CLIENT_ID: z.string().optional(),
  OIDC_TENANT_CLAIM: z.string().default('tenant'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must be a postgres:// or postgresql:// URL')
    .optional(),
  DATABASE_DIRECT_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must be a postgres:// or postgresql:// URL')
    .optional(),
  DATABASE_POOL_SIZE: whole(1, 500).default(10),
  DATABASE_WORK_POOL_SIZE: whole(1, 500).default(5),
  DATABASE_SLOW_POOL_SIZE: whole(1, 100).default(3),
  DATA_DIR: z.string().default('./data'),
  AUDIT_SIGNING_KEY: signingKey.optional(),
  AUDIT_TRUSTED_KEYS: publicKeys.default([]),
  AUDIT_HEAD_FILE: z.string().optional(),
  MINIMAX_BASE_URL: httpUrl.optional(),
  MINIMAX_API_KEY: apiKey.optional(),
  MINIMAX_ACCOUNT_NAME: accountName.default('main'),
  MINIMAX_FORMER_ACCOUNTS: formerAccounts.default([]),
  MINIMAX_TIMEOUT_MS: whole(100, 600_000).default(30_000),
  MINIMAX_RPM: whole(0, 6_000).optional(),
  MINIMAX_IN_FLIGHT: whole(0, 100_000).optional(),
  MINIMAX_SECOND_RPM: whole(0, 6_000).optional(),
  MINIMAX_SECOND_IN_FLIGHT: whole(0, 100_000).optional(),
  MINIMAX_EXTRA_MODELS: list.default([]),
  HTTPS_PROXY: proxyUrl.optional(),
  HTTP_PROXY: proxyUrl.optional(),
  NO_PROXY: z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter(Boolean))
    .default([]),
  POLL_INTERVAL_MS: whole(50, 600_000).optional(),
  WORKER_CONCURRENCY: whole(1, 1_000).default(256),
  LEASE_MS: whole(1_000, 60_000).default(10_000),
  CREATE_WAIT_MS: whole(0, 30_000).default(5_000),
  HOLD_QUEUED: z.enum(['changed', 'all', 'off']).default('changed'),
  WEBHOOK_ALLOW_PRIVATE: z.enum(['on', 'off']).default('off'),
  WEBHOOK_TIMEOUT_MS: whole(100, 30_000).default(15_000),
  MEDIA_DIR: z.string().optional(),
  MEDIA_BUCKET: z
    .string()
    .regex(/^[\w.-]{3,255}$/, 'must be the name of a bucket')
    .optional(),
  MEDIA_ENDPOINT: httpUrl.optional(),
  MEDIA_REGION: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'must be the name of a region, such as eu-central-1')
    .default('us-east-1'),
  MEDIA_PATH_STYLE: z.enum(['on', 'off']).default('off'),
  MEDIA_PREFIX: z
    .string()
    .regex(
      /^[\w-][\w.-]*(\/[\w-][\w.-]*)*\/?$/,
      'must be words of letters, digits and "._-", with / between',
    )
    .default(''),
  MEDIA_ENCRYPTION: z
    .string()
    .regex(/^(AES256|aws:kms(:\S{1,2048})?)$/, 'must be AES256, aws:kms, or aws:kms: and a key')
    .optional(),
  MEDIA_ACCESS_KEY_ID: apiKey.optional(),
  MEDIA_SECRET_ACCESS_KEY: apiKey.optional(),
  MEDIA_KEEP_VIDEOS: z.enum(['all', 'tagged', 'off']).default('all'),
  MEDIA_KEEP_TAGS: list.default([]),
  MEDIA_MAX_VIDEO_MB: whole(1, 2_000).default(500),
  MEDIA_CONCURRENCY: whole(1, 100).default(4),
  MEDIA_TIMEOUT_MS: whole(1_000, 3_600_000).default(600_000),
  MEDIA_URL_MS: whole(60_000, 604_800_000).default(3_600_000),
  MEDIA_REDIRECT: z.enum(['on', 'off']).default('off'),
  MEDIA_FETCH_INPUTS: z.enum(['on', 'off']).default('off'),
  MEDIA_KEEP_DAYS: whole(1, 36_500).optional(),
  MEDIA_KEEP_FOR_MAX_DAYS: whole(1, 36_500).optional(),
  MEDIA_TENANT_MB: whole(1, 1_000_000_000).optional(),
  SIMULATOR: z.enum(['on', 'off']).optional(),
  SIMULATOR_RENDER_MS: whole(0, 3_600_000).default(4_000),
  RETENTION_DAYS: whole(1, 36_500).optional(),
  APOLLO_KEY: z.string().optional(),
  APOLLO_GRAPH_REF: z.string().optional(),
});

/** What the environment says; the names of proxies are written in small letters too, and then count first. */
export function valueOf(name: string, env: Record<string, string | undefined>): string | undefined {
  const small = name.endsWith('_PROXY') ? env[name.toLowerCase()]?.trim() : undefined;
  return small || env[name]?.trim();
}

/** How much may be sent; 0 stands for any number. */
export function sendingLimits(v: z.output<typeof variables>, simulated: boolean) {
  const limit = (given: number | undefined, usual: number | null) =>
    given === 0 ? null : (given ?? usual);
  return {
    requestsPerMinute: limit(v.MINIMAX_RPM, simulated ? 300 : 5),
    inFlight: limit(v.MINIMAX_IN_FLIGHT, null),
    second: {
      requestsPerMinute: limit(v.MINIMAX_SECOND_RPM, simulated ? 300 : 60),
      inFlight: limit(v.MINIMAX_SECOND_IN_FLIGHT, simulated ? null : 30),
    },
  };
}

const mb = 1024 * 1024;

/** Where media are kept, and which. */
export function mediaSettings(v: z.output<typeof variables>): MediaConfig {
  const { MEDIA_ACCESS_KEY_ID: accessKeyId, MEDIA_SECRET_ACCESS_KEY: secretAccessKey } = v;
  const keepTagged = { tags: v.MEDIA_KEEP_TAGS };
  return {
    directory: v.MEDIA_DIR ?? `${v.DATA_DIR}/media`,
    bucket:
      v.MEDIA_BUCKET === undefined
        ? undefined
        : {
            bucket: v.MEDIA_BUCKET,
            endpoint: v.MEDIA_ENDPOINT,
            region: v.MEDIA_REGION,
            pathStyle: v.MEDIA_PATH_STYLE === 'on',
            prefix: v.MEDIA_PREFIX.replace(/\/$/, ''),
            encryption: v.MEDIA_ENCRYPTION,
            keys:
              accessKeyId === undefined
                ? undefined
                : { accessKeyId, secretAccessKey: secretAccessKey! },
          },
    keepVideos: v.MEDIA_KEEP_VIDEOS === 'tagged' ? keepTagged : v.MEDIA_KEEP_VIDEOS,
    maxVideoBytes: v.MEDIA_MAX_VIDEO_MB * mb,
    concurrency: v.MEDIA_CONCURRENCY,
    timeoutMs: v.MEDIA_TIMEOUT_MS,
    urlMs: v.MEDIA_URL_MS,
    redirect: v.MEDIA_REDIRECT === 'on',
    fetchInputs: v.MEDIA_FETCH_INPUTS === 'on',
    keepDays: v.MEDIA_KEEP_DAYS,
    maxKeepForDays: v.MEDIA_KEEP_FOR_MAX_DAYS ?? v.MEDIA_KEEP_DAYS ?? 36_500,
    tenantBytes: v.MEDIA_TENANT_MB === undefined ? undefined : v.MEDIA_TENANT_MB * mb,
  };
}

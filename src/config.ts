import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseUrl } from './network/parse-url.ts';

/** Everything the service can be told from outside, checked once and frozen. */
export interface Config {
  readonly production: boolean;
  readonly logLevel: string;
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Address under which browsers reach this service; unset: `http://localhost:PORT`. */
    readonly publicUrl: string | undefined;
    readonly bodyLimitBytes: number;
    /** Proxies in front of the service whose X-Forwarded-For is believed. */
    readonly trustedProxies: number;
    readonly corsOrigins: readonly string[];
  };
  readonly guards: {
    /** Whether callers may ask for the schema. */
    readonly introspection: boolean;
    /** The only documents that may run, by their SHA-256; unset: any may. */
    readonly trustedDocuments: Readonly<Record<string, string>> | undefined;
    /** Of one caller, at all servers that share a database server; 0: any number. */
    readonly requestsPerMinute: number;
    /** Open at one time: in all, and from one address. */
    readonly webSockets: number;
    readonly webSocketsPerIp: number;
  };
  readonly access: {
    /** Everybody is let in as admin as long as there is neither a key nor an issuer. */
    readonly open: boolean;
    /** Tokens of this OpenID Connect issuer are accepted. */
    readonly issuer:
      | {
          issuer: string;
          audience: string;
          jwksUrl: string;
          roleClaim: string;
          tenantClaim: string;
        }
      | undefined;
  };
  readonly database: {
    /** Unset: the embedded database in `dataDir`. */
    readonly url: string | undefined;
    readonly dataDir: string;
  };
  readonly minimax: {
    /** Unset: the simulator inside this process. */
    readonly baseUrl: string | undefined;
    readonly apiKey: string;
    readonly timeoutMs: number;
    /** Submissions that may be sent within any 60 seconds, over all servers that share the database. */
    readonly requestsPerMinute: number;
    /** Rows made while this is true carry `simulated: true`. */
    readonly simulated: boolean;
    readonly extraModels: readonly string[];
  };
  readonly worker: {
    readonly pollIntervalMs: number;
    readonly concurrency: number;
    readonly leaseMs: number;
    /** How long `createVideoGeneration` waits for MiniMax before it answers `QUEUED` or `SUBMITTING`. */
    readonly createWaitMs: number;
  };
  readonly webhooks: {
    /** Whether receivers may be anywhere and speak http, as in development. */
    readonly allowPrivate: boolean;
    readonly timeoutMs: number;
  };
  readonly simulator: { readonly renderMs: number };
  /** Prompts and images of what is older are removed; unset: never. */
  readonly retentionDays: number | undefined;
  readonly apollo: { readonly key: string | undefined; readonly graphRef: string | undefined };
}

/** The configuration is unusable; `problems` has one sentence for each variable at fault. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length} problem(s):\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

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

const variables = z.object({
  NODE_ENV: z.string().default('development'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  HOST: z.string().default('127.0.0.1'),
  PORT: whole(0, 65_535).default(4000),
  PUBLIC_URL: httpUrl.optional(),
  BODY_LIMIT_MB: whole(1, 200).default(30),
  CORS_ORIGINS: list.default(['*']),
  TRUST_PROXY: whole(0, 10).default(0),
  RATE_LIMIT_PER_MINUTE: whole(0, 1_000_000).default(600),
  WS_CONNECTIONS: whole(1, 100_000).default(1_000),
  WS_CONNECTIONS_PER_IP: whole(1, 100_000).default(50),
  TRUSTED_DOCUMENTS: documents.optional(),
  INTROSPECTION: z.enum(['on', 'off']).default('on'),
  OPEN_ACCESS: z.enum(['on', 'off']).optional(),
  OIDC_ISSUER: httpUrl.optional(),
  OIDC_AUDIENCE: z.string().optional(),
  OIDC_JWKS_URL: httpUrl.optional(),
  OIDC_ROLE_CLAIM: z.string().default('role'),
  OIDC_TENANT_CLAIM: z.string().default('tenant'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must be a postgres:// or postgresql:// URL')
    .optional(),
  DATA_DIR: z.string().default('./data'),
  MINIMAX_BASE_URL: httpUrl.optional(),
  MINIMAX_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must be one word of printable characters')
    .optional(),
  MINIMAX_TIMEOUT_MS: whole(100, 600_000).default(30_000),
  MINIMAX_RPM: whole(1, 6_000).optional(),
  MINIMAX_EXTRA_MODELS: list.default([]),
  POLL_INTERVAL_MS: whole(50, 600_000).optional(),
  WORKER_CONCURRENCY: whole(1, 1_000).default(256),
  LEASE_MS: whole(1_000, 60_000).default(10_000),
  CREATE_WAIT_MS: whole(0, 30_000).default(5_000),
  WEBHOOK_ALLOW_PRIVATE: z.enum(['on', 'off']).default('off'),
  WEBHOOK_TIMEOUT_MS: whole(100, 30_000).default(15_000),
  SIMULATOR: z.enum(['on', 'off']).optional(),
  SIMULATOR_RENDER_MS: whole(0, 3_600_000).default(4_000),
  RETENTION_DAYS: whole(1, 36_500).optional(),
  APOLLO_KEY: z.string().optional(),
  APOLLO_GRAPH_REF: z.string().optional(),
});

/** The environment variables that the service understands; `.env.example` documents each. */
export const variableNames = Object.keys(variables.shape);

/**
 * Reads the service's configuration from environment variables.
 *
 * An empty value counts as unset. Throws one `ConfigError` that lists every
 * problem; nothing else in the service reads the environment.
 */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    variableNames.filter((name) => env[name]?.trim()).map((name) => [name, env[name]!.trim()]),
  );
  const parsed = variables.safeParse(given);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${String(issue.path[0])} ${explain(issue)}`);

  const production = given['NODE_ENV'] === 'production';
  const simulated =
    given['SIMULATOR'] === 'on' ||
    (given['SIMULATOR'] === undefined && !given['MINIMAX_API_KEY'] && !production);
  if (!simulated && !given['MINIMAX_API_KEY'] && (production || given['SIMULATOR'] === 'off')) {
    problems.push(
      production
        ? 'MINIMAX_API_KEY is required when NODE_ENV is production; to run on the simulator there, say SIMULATOR=on'
        : 'MINIMAX_API_KEY is required when SIMULATOR is off',
    );
  }
  if (given['OIDC_ISSUER'] && !given['OIDC_AUDIENCE']) {
    problems.push(
      'OIDC_AUDIENCE is required when OIDC_ISSUER is set: the audience of tokens for this service',
    );
  }
  if (production && given['OPEN_ACCESS'] === 'on') {
    problems.push(
      'OPEN_ACCESS must not be on when NODE_ENV is production: make a key with "node dist/cli/keys.js create"',
    );
  }
  if (production && given['WEBHOOK_ALLOW_PRIVATE'] === 'on') {
    problems.push(
      'WEBHOOK_ALLOW_PRIVATE must not be on when NODE_ENV is production: every caller could have this service write to its own network',
    );
  }
  if (given['APOLLO_KEY'] && !given['APOLLO_GRAPH_REF']) {
    problems.push('APOLLO_GRAPH_REF is required when APOLLO_KEY is set, such as my-graph@current');
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);

  const v = parsed.data;
  return deepFreeze({
    production,
    logLevel: v.LOG_LEVEL,
    http: {
      host: v.HOST,
      port: v.PORT,
      publicUrl: v.PUBLIC_URL?.replace(/\/+$/, ''),
      bodyLimitBytes: v.BODY_LIMIT_MB * 1024 * 1024,
      corsOrigins: v.CORS_ORIGINS,
      trustedProxies: v.TRUST_PROXY,
    },
    guards: {
      introspection: v.INTROSPECTION === 'on',
      trustedDocuments: v.TRUSTED_DOCUMENTS,
      requestsPerMinute: v.RATE_LIMIT_PER_MINUTE,
      webSockets: v.WS_CONNECTIONS,
      webSocketsPerIp: v.WS_CONNECTIONS_PER_IP,
    },
    access: {
      open: isOpen(v.OPEN_ACCESS, production, v.HOST),
      issuer:
        v.OIDC_ISSUER === undefined
          ? undefined
          : {
              issuer: v.OIDC_ISSUER,
              audience: v.OIDC_AUDIENCE!,
              jwksUrl:
                v.OIDC_JWKS_URL ?? `${v.OIDC_ISSUER.replace(/\/+$/, '')}/.well-known/jwks.json`,
              roleClaim: v.OIDC_ROLE_CLAIM,
              tenantClaim: v.OIDC_TENANT_CLAIM,
            },
    },
    database: { url: v.DATABASE_URL, dataDir: v.DATA_DIR },
    minimax: {
      // A simulator elsewhere is asked for by name and address together.
      baseUrl: simulated
        ? v.SIMULATOR === 'on'
          ? v.MINIMAX_BASE_URL
          : undefined
        : (v.MINIMAX_BASE_URL ?? 'https://api.minimax.io'),
      apiKey: v.MINIMAX_API_KEY ?? 'simulator',
      timeoutMs: v.MINIMAX_TIMEOUT_MS,
      requestsPerMinute: v.MINIMAX_RPM ?? (simulated ? 300 : 5),
      simulated,
      extraModels: v.MINIMAX_EXTRA_MODELS,
    },
    worker: {
      pollIntervalMs: v.POLL_INTERVAL_MS ?? (simulated ? 1_000 : 10_000),
      concurrency: v.WORKER_CONCURRENCY,
      leaseMs: v.LEASE_MS,
      createWaitMs: v.CREATE_WAIT_MS,
    },
    webhooks: {
      allowPrivate: v.WEBHOOK_ALLOW_PRIVATE === 'on',
      timeoutMs: v.WEBHOOK_TIMEOUT_MS,
    },
    simulator: { renderMs: v.SIMULATOR_RENDER_MS },
    retentionDays: v.RETENTION_DAYS,
    apollo: { key: v.APOLLO_KEY, graphRef: v.APOLLO_GRAPH_REF },
  });
}

/** By itself only on a developer's own machine. */
function isOpen(wanted: 'on' | 'off' | undefined, production: boolean, host: string): boolean {
  const isLoopback = ['127.0.0.1', '::1', 'localhost'].includes(host);
  return wanted === undefined ? isLoopback && !production : wanted === 'on';
}

function explain(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_value'
    ? `must be one of ${issue.values.join(', ')}`
    : issue.message;
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part as object);
  }
  return Object.freeze(value);
}

import type { z } from 'zod';
import { contradictions, isProduction, isSimulated, type Given } from './config-contradictions.ts';
import { mediaSettings, sendingLimits, valueOf, variables } from './config-variables.ts';
import type { MediaConfig } from './media/config.ts';
import type { Proxies } from './network/proxies.ts';
import type { SendingLimits } from './submission/request-budget.ts';
import type { AccountKey } from './upstream/accounts.ts';

/** Everything the service can be told from outside, checked once and frozen. */
export interface Config {
  /** The variables that are set; for the others their defaults hold. */
  readonly given: readonly VariableName[];
  readonly production: boolean;
  readonly logLevel: string;
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Address under which browsers reach this service; unset: `http://localhost:PORT`. */
    readonly publicUrl: string | undefined;
    readonly bodyLimitBytes: number;
    /** Of large bodies that are read at once. */
    readonly largeBodiesBytes: number;
    /** Proxies in front of the service whose X-Forwarded-For is believed. */
    readonly trustedProxies: number;
    readonly corsOrigins: readonly string[];
  };
  /** Whether the console is served at /console. */
  readonly console: boolean;
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
          /** As which client people sign in at the console; unset: with keys only. */
          consoleClientId: string | undefined;
        }
      | undefined;
  };
  readonly database: {
    /** Unset: the embedded database in `dataDir`. */
    readonly url: string | undefined;
    /** The server itself, where `url` leads to a pooler. */
    readonly directUrl: string | undefined;
    readonly dataDir: string;
    /** Connections for what callers ask for, for work, and for what may take minutes. */
    readonly poolSize: number;
    readonly workPoolSize: number;
    readonly slowPoolSize: number;
  };
  readonly audit: {
    /** As PEM; unset: the file in `dataDir`. */
    readonly signingKey: string | undefined;
    /** Public keys of other servers, and former ones. */
    readonly trustedKeys: readonly string[];
    /** Gets a line for each checkpoint. */
    readonly headFile: string | undefined;
  };
  readonly minimax: {
    /** Unset: the simulator inside this process. */
    readonly baseUrl: string | undefined;
    readonly apiKey: string;
    /** What the operator calls the account of that key. */
    readonly accountName: string;
    /** Accounts that only finish what they began. */
    readonly formerAccounts: readonly Readonly<AccountKey>[];
    readonly timeoutMs: number;
    /** Of the first API generation, over all servers that share the database; null: any number. */
    readonly requestsPerMinute: number | null;
    readonly inFlight: number | null;
    readonly second: Readonly<SendingLimits>;
    /** Rows made while this is true carry `simulated: true`. */
    readonly simulated: boolean;
    readonly extraModels: readonly string[];
    readonly proxies: Proxies;
  };
  readonly worker: {
    readonly pollIntervalMs: number;
    readonly concurrency: number;
    /** Of images that are sent at once. */
    readonly imageBytes: number;
    readonly leaseMs: number;
    /** How long `createVideoGeneration` waits for MiniMax before it answers `QUEUED` or `SUBMITTING`. */
    readonly createWaitMs: number;
    /** Which queued requests wait for an admin (generation/holds.ts). */
    readonly holdQueued: 'changed' | 'all' | 'off';
  };
  readonly webhooks: {
    /** Whether receivers may be anywhere and speak http, as in development. */
    readonly allowPrivate: boolean;
    readonly timeoutMs: number;
  };
  readonly media: MediaConfig;
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

/** The environment variables that the service understands; `.env.example` documents each. */
export const variableNames = Object.keys(variables.shape) as VariableName[];

export type VariableName = keyof typeof variables.shape;

/**
 * Reads the service's configuration from environment variables.
 *
 * An empty value counts as unset. Throws one `ConfigError` that lists every
 * problem; nothing else in the service reads the environment.
 */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    variableNames.map((name) => [name, valueOf(name, env)]).filter(([, value]) => value),
  ) as Given;
  const parsed = variables.safeParse(given);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${String(issue.path[0])} ${explain(issue)}`);

  problems.push(...contradictions(given));
  const { MINIMAX_FORMER_ACCOUNTS: former, MINIMAX_ACCOUNT_NAME: sending } = parsed.data ?? {};
  if (former?.some(({ name }) => name === sending)) {
    problems.push(
      'MINIMAX_FORMER_ACCOUNTS must not have the name of the account that sends, MINIMAX_ACCOUNT_NAME',
    );
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);

  return deepFreeze(toConfig(parsed.data, given));
}

function toConfig(v: z.output<typeof variables>, given: Given): Config {
  const production = isProduction(given);
  const simulated = isSimulated(given);
  return {
    given: variableNames.filter((name) => given[name] !== undefined),
    ...{ production, logLevel: v.LOG_LEVEL },
    http: {
      host: v.HOST,
      port: v.PORT,
      publicUrl: v.PUBLIC_URL?.replace(/\/+$/, ''),
      bodyLimitBytes: v.BODY_LIMIT_MB * 1024 * 1024,
      largeBodiesBytes: v.IMAGE_MEMORY_MB * 1024 * 1024,
      ...{ corsOrigins: v.CORS_ORIGINS, trustedProxies: v.TRUST_PROXY },
    },
    console: isOnOwnMachine(v.CONSOLE, production, v.HOST),
    guards: {
      introspection: v.INTROSPECTION === 'on',
      trustedDocuments: v.TRUSTED_DOCUMENTS,
      requestsPerMinute: v.RATE_LIMIT_PER_MINUTE,
      webSockets: v.WS_CONNECTIONS,
      webSocketsPerIp: v.WS_CONNECTIONS_PER_IP,
    },
    access: {
      open: isOnOwnMachine(v.OPEN_ACCESS, production, v.HOST),
      issuer:
        v.OIDC_ISSUER === undefined
          ? undefined
          : {
              issuer: v.OIDC_ISSUER,
              audience: v.OIDC_AUDIENCE!,
              jwksUrl:
                v.OIDC_JWKS_URL ?? `${v.OIDC_ISSUER.replace(/\/+$/, '')}/.well-known/jwks.json`,
              roleClaim: v.OIDC_ROLE_CLAIM,
              ...{ tenantClaim: v.OIDC_TENANT_CLAIM, consoleClientId: v.OIDC_CONSOLE_CLIENT_ID },
            },
    },
    database: {
      url: v.DATABASE_URL,
      directUrl: v.DATABASE_DIRECT_URL,
      dataDir: v.DATA_DIR,
      poolSize: v.DATABASE_POOL_SIZE,
      workPoolSize: v.DATABASE_WORK_POOL_SIZE,
      slowPoolSize: v.DATABASE_SLOW_POOL_SIZE,
    },
    audit: {
      signingKey: v.AUDIT_SIGNING_KEY,
      trustedKeys: v.AUDIT_TRUSTED_KEYS,
      headFile: v.AUDIT_HEAD_FILE,
    },
    minimax: {
      // A simulator elsewhere is asked for by name and address together.
      baseUrl: simulated
        ? v.SIMULATOR === 'on'
          ? v.MINIMAX_BASE_URL
          : undefined
        : (v.MINIMAX_BASE_URL ?? 'https://api.minimax.io'),
      apiKey: v.MINIMAX_API_KEY ?? 'simulator',
      accountName: simulated ? 'simulator' : v.MINIMAX_ACCOUNT_NAME,
      formerAccounts: v.MINIMAX_FORMER_ACCOUNTS,
      timeoutMs: v.MINIMAX_TIMEOUT_MS,
      ...sendingLimits(v, simulated),
      ...{ simulated, proxies: { http: v.HTTP_PROXY, https: v.HTTPS_PROXY, never: v.NO_PROXY } },
      extraModels: v.MINIMAX_EXTRA_MODELS,
    },
    worker: {
      pollIntervalMs: v.POLL_INTERVAL_MS ?? (simulated ? 1_000 : 10_000),
      concurrency: v.WORKER_CONCURRENCY,
      imageBytes: v.IMAGE_MEMORY_MB * 1024 * 1024,
      leaseMs: v.LEASE_MS,
      createWaitMs: v.CREATE_WAIT_MS,
      holdQueued: v.HOLD_QUEUED,
    },
    webhooks: {
      allowPrivate: v.WEBHOOK_ALLOW_PRIVATE === 'on',
      timeoutMs: v.WEBHOOK_TIMEOUT_MS,
    },
    ...{ media: mediaSettings(v), simulator: { renderMs: v.SIMULATOR_RENDER_MS } },
    retentionDays: v.RETENTION_DAYS,
    apollo: { key: v.APOLLO_KEY, graphRef: v.APOLLO_GRAPH_REF },
  };
}

/** What is on by itself only on a developer's own machine. */
function isOnOwnMachine(
  wanted: 'on' | 'off' | undefined,
  production: boolean,
  host: string,
): boolean {
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

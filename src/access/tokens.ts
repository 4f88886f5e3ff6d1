import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  jwtVerify,
  type FetchImplementation,
  type JWTHeaderParameters,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import type { Caller, Role } from '../graphql/caller.ts';
import { ApiError, retryAfterSeconds } from '../graphql/errors.ts';
import { isName, roleNamed, roles } from './names.ts';

export interface TokenOptions {
  issuer: string;
  audience: string;
  /** Where the issuer publishes its keys; they are fetched when needed and kept. */
  jwksUrl: string;
  /** Claim that names the role, e.g. `role` or `realm_access.roles`; text or a list of texts. */
  roleClaim: string;
  /** Claim that names the tenant; without it the caller has none. */
  tenantClaim: string;
}

export interface TokenLog {
  info(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Only signatures by a private key: with a shared secret whoever checks a token could make one. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];

/** Of access tokens and ID tokens, where they name one. A logout token or a proof of a key says nothing of who asks. */
const typePattern = /^(application\/)?(at\+)?jwt$/i;

/** OpenID Connect lets a subject have 255 ASCII characters; of others only what can be shown is taken. */
const subjectPattern =
  /^(?![^]*[\p{C}\p{Default_Ignorable_Code_Point}\u2800])[^\p{Z}](?:[^]{0,253}[^\p{Z}])?$/u;

/** The tokens of an OpenID Connect issuer. */
export class Tokens {
  readonly #options: TokenOptions;
  readonly #log: TokenLog;
  readonly #publishedKeys: ReturnType<typeof createRemoteJWKSet>;
  /** Until then the issuer is not asked again. */
  #silentUntil = -Infinity;

  /** Keys are not fetched again within `cooldownDuration` ms. */
  constructor(options: TokenOptions, log: TokenLog, cooldownDuration = 30_000) {
    this.#options = options;
    this.#log = log;
    this.#publishedKeys = createRemoteJWKSet(new URL(options.jwksUrl), {
      cooldownDuration,
      [customFetch]: fetchKeys,
    });
  }

  /**
   * The caller that a token speaks of; null when it is expired, not for this
   * service, not by this issuer, without a role, or when a claim is not what it has to be.
   *
   * Throws SERVICE_UNAVAILABLE when the issuer's keys cannot be fetched.
   */
  async authenticate(token: string): Promise<Caller | null> {
    const { issuer, audience } = this.#options;
    let payload: JWTPayload;
    let header: JWTHeaderParameters;
    try {
      ({ payload, protectedHeader: header } = await jwtVerify(token, this.#keyFor, {
        issuer,
        audience,
        algorithms,
        requiredClaims: ['sub', 'exp'],
      }));
    } catch (error) {
      if (error instanceof ApiError) throw error;
      // Whatever else is wrong is wrong with the token: nothing but the token is looked at.
      return null;
    }
    // As with the subject: the library promises a text, and does not look.
    const { typ = 'JWT' }: { typ?: unknown } = header;
    if (typeof typ !== 'string' || !typePattern.test(typ)) {
      return this.#refuse('by its typ it is neither an access token nor an ID token');
    }
    return this.#callerOf(payload);
  }

  #callerOf(payload: JWTPayload): Caller | null {
    const { roleClaim, tenantClaim } = this.#options;
    // Whoever shows it would have to prove that he has a key, which nobody here asks for.
    if (Object.hasOwn(payload, 'cnf')) return this.#refuse('it is bound to a key by its claim cnf');
    if (Object.hasOwn(payload, 'events')) {
      return this.#refuse('by its claim events it tells of something, and of nobody who asks');
    }
    // Its type is the library's promise, and not checked by it.
    const subject: unknown = payload.sub;
    if (typeof subject !== 'string' || !subjectPattern.test(subject)) {
      return this.#refuse('its subject is no text of 1 to 255 characters that can be shown');
    }
    const role = highestRole(claim(payload, roleClaim));
    if (role === null) return this.#refuse(`its claim ${roleClaim} names no role`);
    const tenant = claim(payload, tenantClaim) ?? null;
    if (tenant !== null && !isName(tenant)) {
      return this.#refuse(`its claim ${tenantClaim} is no name of a tenant`);
    }
    return { id: `jwt:${subject}`, kind: 'JWT', role, tenant };
  }

  /** The token is good, its claims are not: only the operator can mend that. */
  #refuse(reason: string): null {
    this.#log.info({}, `a token of the issuer was refused: ${reason}`);
    return null;
  }

  readonly #keyFor: JWTVerifyGetKey = async (header, token) => {
    let failure: unknown;
    if (performance.now() >= this.#silentUntil) {
      try {
        return await this.#publishedKeys(header, token);
      } catch (error) {
        if (isOfToken(error)) throw error;
        failure = error;
      }
    }
    // Whoever names a key that there is not has them fetched: that fails him alone.
    const known = this.#publishedKeys.fresh ? this.#publishedKeys.jwks() : undefined;
    if (known !== undefined) {
      try {
        return await createLocalJWKSet(known)(header, token);
      } catch (error) {
        // One that is published and cannot be used.
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      }
    }
    if (failure !== undefined) {
      this.#silentUntil = performance.now() + retryAfterSeconds * 1_000;
      this.#log.error({ error: failure }, 'the keys of the issuer of tokens could not be fetched');
    }
    throw issuerSilent();
  };
}

/** One that publishes no keys at all is being set up: what is known of it stays good. */
const fetchKeys: FetchImplementation = async (url, options) => {
  const response = await fetch(url, options);
  if (response.ok) {
    const published = (await response.clone().json()) as { keys?: unknown[] } | null;
    if (published?.keys?.length === 0) throw new Error('The issuer publishes no keys.');
  }
  return response;
};

/** Of those that the issuer publishes none, or more than one, can be meant. */
function isOfToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys
  );
}

function issuerSilent(): ApiError {
  return new ApiError(
    'SERVICE_UNAVAILABLE',
    `Whether your token is good cannot be checked now: its issuer does not answer. Ask again in ${retryAfterSeconds} seconds.`,
    { retryAfterSeconds },
  );
}

/** Of this name, dots and all, as in `https://example.com/role`; or else within others. */
function claim(payload: JWTPayload, path: string): unknown {
  if (Object.hasOwn(payload, path)) return payload[path];
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key)
          ? (value as Record<string, unknown>)[key]
          : undefined,
      payload,
    );
}

/** Among other names there may be, as issuers have roles for other services; null where one is no text. */
function highestRole(value: unknown): Role | null {
  const given: unknown[] = Array.isArray(value) ? value : [value];
  if (given.some((each) => typeof each !== 'string')) return null;
  const named = given.map(roleNamed);
  return roles.findLast((role) => named.includes(role)) ?? null;
}

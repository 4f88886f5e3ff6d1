import { createRemoteJWKSet, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import type { Caller, Role } from '../graphql/caller.ts';

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

/** Roles from the one that may least, as a token may carry several. */
const roles: readonly Role[] = ['CLIENT', 'AUDITOR', 'ADMIN'];

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

/** The tokens of an OpenID Connect issuer. */
export class Tokens {
  readonly #options: TokenOptions;
  readonly #keys: JWTVerifyGetKey;

  constructor(options: TokenOptions) {
    this.#options = options;
    this.#keys = createRemoteJWKSet(new URL(options.jwksUrl));
  }

  /**
   * The caller that a token speaks of; null when it is expired, not for this
   * service, not by this issuer or without a role.
   *
   * Throws when the issuer's keys cannot be fetched.
   */
  async authenticate(token: string): Promise<Caller | null> {
    const { issuer, audience, roleClaim, tenantClaim } = this.#options;
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, this.#keys, {
        issuer,
        audience,
        algorithms,
        requiredClaims: ['sub', 'exp'],
      }));
    } catch (error) {
      const code = (error as { code?: string }).code ?? '';
      const isRefusal = /^ERR_(JWT|JWS|JOSE_ALG|JWKS_NO_MATCHING|JWKS_MULTIPLE)/.test(code);
      if (isRefusal) return null;
      throw error;
    }
    const role = highestRole(claim(payload, roleClaim));
    if (role === null) return null;
    const tenant = claim(payload, tenantClaim);
    return {
      id: `jwt:${payload.sub}`,
      kind: 'JWT',
      role,
      tenant: typeof tenant === 'string' ? tenant : null,
    };
  }
}

function claim(payload: JWTPayload, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null
          ? (value as Record<string, unknown>)[key]
          : undefined,
      payload,
    );
}

function highestRole(value: unknown): Role | null {
  const names = (Array.isArray(value) ? value : [value]).map((name) => String(name).toUpperCase());
  return roles.findLast((role) => names.includes(role)) ?? null;
}

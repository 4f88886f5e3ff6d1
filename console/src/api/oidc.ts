/**
 * Signing in at an OpenID Connect issuer, by authorisation code with PKCE. What must outlive the way
 * there and back, the verifier and the state, is good for one sign-in and taken away when it is used.
 */

import { watchedFetch } from './connection.ts';

export interface OidcPlace {
  authorizeUrl: string;
  clientId: string;
  /** What is asked for. */
  scope: string;
  /** The host, for people. */
  issuer: string;
}

/** What a sign-in is good for. It is held in memory, and nowhere else. */
export interface Tokens {
  token: string;
  /** Good for the next one, where the issuer gives such. */
  refreshToken?: string;
}

interface Pending {
  state: string;
  verifier: string;
  /** Where to go on afterwards. */
  path: string;
}

const storageKey = 'reelgraph:console:sign-in';
const returnPath = '/console/signed-in';

export interface WayIn {
  /** Whether everybody is let in. */
  open: boolean;
  /** Null where no issuer is configured, or it does not answer. */
  oidc: OidcPlace | null;
}

/** Tells how one is let in; rejects while nothing answers. */
export async function findWayIn(): Promise<WayIn> {
  const response = await watchedFetch('/console/sign-in.json');
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return (await response.json()) as WayIn;
}

/** Leaves the page for the issuer's. */
export async function goToIssuer({ authorizeUrl, clientId, scope }: OidcPlace): Promise<void> {
  const { pathname, search } = location;
  const pending: Pending = { state: randomText(), verifier: randomText(), path: pathname + search };
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(pending.verifier));
  sessionStorage.setItem(storageKey, JSON.stringify(pending));
  const url = new URL(authorizeUrl);
  const words = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: location.origin + returnPath,
    scope,
    state: pending.state,
    code_challenge: base64Url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(words)) url.searchParams.set(name, value);
  location.assign(url);
}

/**
 * The tokens of somebody who comes back from the issuer; undefined when nobody does. Throws what is to
 * be told when the issuer, or the service, refused.
 */
export async function readReturn(): Promise<Tokens | undefined> {
  if (location.pathname !== returnPath) return undefined;
  const answer = new URLSearchParams(location.search);
  const pending = JSON.parse(sessionStorage.getItem(storageKey) ?? 'null') as Pending | null;
  sessionStorage.removeItem(storageKey);
  // Neither the code nor the error is to stand in the address, or in the history.
  history.replaceState(null, '', pending?.path ?? '/console');
  const code = answer.get('code');
  if (!pending || !code || answer.get('state') !== pending.state) {
    throw new Error(answer.get('error_description') ?? answer.get('error') ?? '');
  }
  const { verifier } = pending;
  return await exchange({ code, verifier, redirectUri: location.origin + returnPath });
}

/** A refusal, with what is to be told. */
class RefusedError extends Error {}

async function exchange(grant: Record<string, string>): Promise<Tokens> {
  const response = await fetch('/console/token', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(grant),
  });
  const answer = (await response.json()) as Partial<Tokens> & { message?: string };
  if (answer.token === undefined) {
    const message = answer.message ?? '';
    throw response.status === 401 ? new RefusedError(message) : new Error(message);
  }
  return answer as Tokens;
}

/** How long before its end a token is exchanged for the next. */
const earlyMs = 30_000;

/**
 * Gives the token that is good now: shortly before it ends it is exchanged for the next, where there is
 * a refresh token. Where the issuer refuses that, the token ends, and the API asks for a new sign-in.
 */
export function keepToken(first: Tokens): () => Promise<string> {
  let tokens = first;
  let renewAt = renewalOf(first.token);
  let renewing: Promise<void> | undefined;
  const renew = async (refreshToken: string) => {
    try {
      tokens = await exchange({ refreshToken });
      renewAt = renewalOf(tokens.token);
    } catch (error) {
      // While nothing answers it is tried again with the next request.
      if (error instanceof RefusedError) tokens = { token: tokens.token };
    } finally {
      renewing = undefined;
    }
  };
  return async () => {
    if (tokens.refreshToken !== undefined && Date.now() >= renewAt) {
      await (renewing ??= renew(tokens.refreshToken));
    }
    return tokens.token;
  };
}

/** By the clock of this machine: that of the issuer may be another. */
function renewalOf(token: string): number {
  const claims = token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/');
  const { iat, exp } = JSON.parse(atob(claims)) as { iat?: number; exp?: number };
  if (iat === undefined || exp === undefined) return Infinity;
  const lifeMs = (exp - iat) * 1_000;
  return Date.now() + Math.max(lifeMs - earlyMs, lifeMs / 2);
}

const randomText = () => base64Url(crypto.getRandomValues(new Uint8Array(32)));

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

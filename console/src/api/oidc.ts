/**
 * Signing in at an OpenID Connect issuer, by authorisation code with PKCE. What must outlive the way
 * there and back, the verifier and the state, is good for one sign-in and taken away when it is used.
 */

import { watchedFetch } from './connection.ts';

export interface OidcPlace {
  authorizeUrl: string;
  clientId: string;
  /** The host, for people. */
  issuer: string;
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
export async function goToIssuer({ authorizeUrl, clientId }: OidcPlace): Promise<void> {
  const { pathname, search } = location;
  const pending: Pending = { state: randomText(), verifier: randomText(), path: pathname + search };
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(pending.verifier));
  sessionStorage.setItem(storageKey, JSON.stringify(pending));
  const url = new URL(authorizeUrl);
  const words = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: location.origin + returnPath,
    scope: 'openid',
    state: pending.state,
    code_challenge: base64Url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(words)) url.searchParams.set(name, value);
  location.assign(url);
}

/**
 * The token of somebody who comes back from the issuer; undefined when nobody does. Throws what is to
 * be told when the issuer, or the service, refused.
 */
export async function readReturn(): Promise<string | undefined> {
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
  const response = await fetch('/console/token', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      ...{ code, verifier: pending.verifier },
      redirectUri: location.origin + returnPath,
    }),
  });
  const { token, message } = (await response.json()) as { token?: string; message?: string };
  if (token === undefined) throw new Error(message ?? '');
  return token;
}

const randomText = () => base64Url(crypto.getRandomValues(new Uint8Array(32)));

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

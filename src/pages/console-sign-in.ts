import express, { type Express } from 'express';
import { request } from 'undici';

export interface SignInOptions {
  /** Whether everybody is let in, without a key. */
  isOpen: () => Promise<boolean>;
  /** Without a client's id nobody signs in there. */
  issuer: { issuer: string; consoleClientId: string | undefined } | undefined;
}

interface Endpoints {
  authorizeUrl: string;
  tokenUrl: string;
  /** What is asked for: also to go on without a new sign-in, where the issuer offers that. */
  scope: string;
}

interface Tokens {
  /** For the API. */
  token: string;
  /** Good for the next one; undefined where the issuer gives none. */
  refreshToken: string | undefined;
}

const timeoutMs = 5_000;
/** After which an issuer that did not answer is asked again. */
const silentMs = 10_000;
/** Codes that are exchanged at one time: nobody has signed in yet, so that there is no other limit. */
const atOnce = 10;

/**
 * How one is let in, which the page would otherwise find out by being refused, and that is recorded;
 * and signing in at an OpenID Connect issuer: the authorisation code flow with PKCE.
 *
 * The page sends people to the issuer and keeps the verifier; the code that they come back with is
 * exchanged here, so that the page asks no other host. The token goes to the page and is kept nowhere.
 */
export function mountSignIn(app: Express, { isOpen, issuer }: SignInOptions): void {
  const clientId = issuer?.consoleClientId;
  const discover = issuer && clientId !== undefined ? remembered(issuer.issuer) : undefined;
  app.get('/console/sign-in.json', async (_request, response) => {
    const [open, endpoints] = await Promise.all([isOpen(), discover?.()]);
    response.set('Cache-Control', 'no-store').json({
      open,
      oidc: endpoints
        ? {
            ...{ authorizeUrl: endpoints.authorizeUrl, scope: endpoints.scope },
            ...{ clientId, issuer: new URL(issuer!.issuer).host },
          }
        : null,
    });
  });
  if (!discover) return;
  let running = 0;
  app.post('/console/token', express.json({ limit: '16kb' }), async (incoming, response) => {
    const fields = grantOf((incoming.body ?? {}) as Record<string, unknown>);
    response.set('Cache-Control', 'no-store');
    if (!fields) {
      const message = 'Give code, verifier and redirectUri, or refreshToken.';
      return void response.status(400).json({ message });
    }
    if (running >= atOnce) {
      return void response.status(503).json({ message: 'Too many sign in now; try again.' });
    }
    running += 1;
    try {
      const endpoints = await discover();
      const tokens =
        endpoints && (await exchange(endpoints.tokenUrl, { ...fields, client_id: clientId! }));
      if (tokens) response.json(tokens);
      else {
        const message = 'The identity provider did not accept the sign-in. Begin it anew.';
        response.status(401).json({ message });
      }
    } finally {
      running -= 1;
    }
  });
}

/** What the issuer is sent for a code or a refresh token; undefined when something is missing. */
function grantOf(body: Record<string, unknown>): Record<string, string> | undefined {
  const { code, verifier, redirectUri, refreshToken } = body;
  const isWord = (value: unknown): value is string => typeof value === 'string' && value !== '';
  if (isWord(refreshToken)) return { grant_type: 'refresh_token', refresh_token: refreshToken };
  if (!isWord(code) || !isWord(verifier) || !isWord(redirectUri)) return undefined;
  const grant = { grant_type: 'authorization_code', code };
  return { ...grant, code_verifier: verifier, redirect_uri: redirectUri };
}

/** The tokens that a grant is good for; undefined when the issuer gives none. */
async function exchange(
  tokenUrl: string,
  fields: Record<string, string>,
): Promise<Tokens | undefined> {
  const answer = await readJson(tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams(fields).toString(),
  });
  // An access token may be a word that only the issuer understands; the service reads JWTs.
  const token = [answer?.['access_token'], answer?.['id_token']].find(
    (each): each is string => typeof each === 'string' && each.split('.').length === 3,
  );
  const given = answer?.['refresh_token'];
  // One that may be used again is not always repeated.
  const refreshToken = typeof given === 'string' ? given : fields['refresh_token'];
  return token === undefined ? undefined : { token, refreshToken };
}

/** What the issuer publishes about itself, asked for when it is first needed. */
function remembered(issuer: string): () => Promise<Endpoints | undefined> {
  let known: Promise<Endpoints | undefined> | undefined;
  return () => {
    known ??= discoverAt(issuer).then((endpoints) => {
      if (!endpoints) setTimeout(() => (known = undefined), silentMs).unref();
      return endpoints;
    });
    return known;
  };
}

async function discoverAt(issuer: string): Promise<Endpoints | undefined> {
  const url = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`;
  const published = await readJson(url, { method: 'GET' });
  const authorizeUrl = published?.['authorization_endpoint'];
  const tokenUrl = published?.['token_endpoint'];
  if (typeof authorizeUrl !== 'string' || typeof tokenUrl !== 'string') return undefined;
  const scopes = published?.['scopes_supported'];
  const isLasting = Array.isArray(scopes) && scopes.includes('offline_access');
  return { authorizeUrl, tokenUrl, scope: isLasting ? 'openid offline_access' : 'openid' };
}

/** The JSON object that is answered with success; undefined for whatever else comes, or nothing. */
async function readJson(
  url: string,
  options: { method: 'GET' | 'POST'; headers?: Record<string, string>; body?: string },
): Promise<Record<string, unknown> | undefined> {
  try {
    const { statusCode, body } = await request(url, {
      ...options,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    const answer: unknown = await body.json();
    const isObject = typeof answer === 'object' && answer !== null;
    return statusCode === 200 && isObject ? (answer as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface TestIssuer {
  url: string;
  /** Refresh tokens, each good once: whoever signs in gets one where they are given. */
  readonly refresh: { given: boolean; used: number };
  /** Whether it publishes its keys, or a set of none. */
  published: boolean;
  /** A token for `alice`, a client of `reelgraph` for five minutes unless told otherwise. */
  token(claims?: object, audience?: string, expires?: string, header?: object): Promise<string>;
  close(): Promise<void>;
}

/** An OpenID Connect issuer on a real socket, with one signing key, and what else it is to publish. */
export async function startIssuer({ moreKeys = [] as object[] } = {}): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const server = createServer((request, response) => {
    void answer(request).then(({ location, body }) => {
      if (location) return response.writeHead(302, { location }).end();
      response.writeHead(body ? 200 : 400, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? { error: 'invalid_grant' }));
    });
  });
  const refresh = { given: false, used: 0 };
  const refreshTokens = new Set<string>();
  /** What codes were given for; each is good once. */
  const given = new Map<string, { challenge: string; redirectUri: string }>();
  /** Keys at any address but those of a sign-in, which lets everybody through as `alice`. */
  async function answer(request: IncomingMessage): Promise<{ location?: string; body?: object }> {
    const { pathname, searchParams: asked } = new URL(request.url!, url);
    if (pathname === '/.well-known/openid-configuration') {
      return {
        body: {
          ...{ authorization_endpoint: `${url}/authorize`, token_endpoint: `${url}/token` },
          scopes_supported: ['openid', 'offline_access'],
        },
      };
    }
    if (pathname === '/authorize') {
      const redirectUri = asked.get('redirect_uri')!;
      const code = randomUUID();
      given.set(code, { challenge: asked.get('code_challenge')!, redirectUri });
      return {
        location: `${redirectUri}?${String(new URLSearchParams({ code, state: asked.get('state')! }))}`,
      };
    }
    if (pathname === '/token') {
      const sent = new URLSearchParams(await text(request));
      const grant = given.get(sent.get('code')!);
      given.delete(sent.get('code')!);
      const hash = createHash('sha256')
        .update(sent.get('code_verifier') ?? '')
        .digest('base64url');
      const fits = grant?.challenge === hash && grant.redirectUri === sent.get('redirect_uri');
      const isRefreshed = refreshTokens.delete(sent.get('refresh_token') ?? '');
      if (isRefreshed) refresh.used += 1;
      if (!fits && !isRefreshed) return {};
      const refresh_token = randomUUID();
      if (refresh.given) refreshTokens.add(refresh_token);
      const access = { access_token: await token(), token_type: 'Bearer' };
      return { body: { ...access, ...(refresh.given && { refresh_token }) } };
    }
    return { body: { keys: issuer.published ? [jwk, ...moreKeys] : [] } };
  }
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token: TestIssuer['token'] = async (
    claims = {},
    audience = 'reelgraph',
    expires = '5m',
    header = {},
  ) =>
    await new SignJWT({ role: 'client', sub: 'alice', ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header })
      .setIssuer(url)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(privateKey, { crit: { unheard: true } });
  const issuer: TestIssuer = {
    url,
    refresh,
    published: true,
    token,
    close: async () => {
      await new Promise((done) => server.close(done));
    },
  };
  return issuer;
}

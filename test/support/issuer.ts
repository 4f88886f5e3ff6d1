import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface TestIssuer {
  url: string;
  /** A token for `alice`, a client of `reelgraph` for five minutes unless told otherwise. */
  token(claims?: object, audience?: string, expires?: string, header?: object): Promise<string>;
  close(): Promise<void>;
}

/** An OpenID Connect issuer on a real socket, with one signing key. */
export async function startIssuer(): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    token: async (claims = {}, audience = 'reelgraph', expires = '5m', header = {}) =>
      await new SignJWT({ role: 'client', sub: 'alice', ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header })
        .setIssuer(url)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(expires)
        .sign(privateKey, { crit: { unheard: true } }),
    close: async () => {
      await new Promise((done) => server.close(done));
    },
  };
}

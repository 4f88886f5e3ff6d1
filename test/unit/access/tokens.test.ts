import { afterEach, expect, test } from '@jest/globals';
import { Tokens } from '../../../src/access/tokens.ts';
import { startIssuer, type TestIssuer } from '../../support/issuer.ts';

const log = { info: () => undefined, error: () => undefined };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

function tokensOf({ url }: TestIssuer): Tokens {
  const place = { issuer: url, audience: 'reelgraph', jwksUrl: `${url}/jwks` };
  return new Tokens({ ...place, roleClaim: 'role', tenantClaim: 'tenant' }, log, 0);
}

const alice = { id: 'jwt:alice', kind: 'JWT', role: 'CLIENT', tenant: null };

test('whoever names a key that there is not while the issuer is away keeps nobody else out', async () => {
  const issuer = await startIssuer();
  const tokens = tokensOf(issuer);
  const good = await issuer.token();
  const unknown = await issuer.token({}, 'reelgraph', '5m', { kid: 'k2' });
  expect(await tokens.authenticate(good)).toEqual(alice);
  expect(await tokens.authenticate(unknown)).toBeNull();
  await issuer.close();
  for (let time = 0; time < 3; time++) {
    await expect(tokens.authenticate(unknown)).rejects.toThrow('its issuer does not answer');
    expect(await tokens.authenticate(good)).toEqual(alice);
  }
});

test('an issuer that publishes no keys for a moment is one that is away', async () => {
  const issuer = await startIssuer();
  closing.push(() => issuer.close());
  const tokens = tokensOf(issuer);
  issuer.published = false;
  await expect(tokens.authenticate(await issuer.token())).rejects.toThrow('does not answer');
  issuer.published = true;
  const known = tokensOf(issuer);
  expect(await known.authenticate(await issuer.token())).toEqual(alice);
  issuer.published = false;
  // Has the keys fetched anew.
  const unknown = await issuer.token({}, 'reelgraph', '5m', { kid: 'k2' });
  await expect(known.authenticate(unknown)).rejects.toThrow('does not answer');
  expect(await known.authenticate(await issuer.token())).toEqual(alice);
});

test.each(['JWT', 'at+jwt', 'application/at+JWT', undefined])(
  'a token of typ %s is taken',
  async (typ) => {
    const issuer = await startIssuer();
    closing.push(() => issuer.close());
    const token = await issuer.token({}, 'reelgraph', '5m', { typ });
    expect(await tokensOf(issuer).authenticate(token)).toEqual(alice);
  },
);

test.each([
  ['that tells of a sign-out', {}, { typ: 'logout+jwt' }],
  ['that proves a key', {}, { typ: 'dpop+jwt' }],
  ['whose type is no text', {}, { typ: ['JWT'] }],
  ['that is an event', { events: {} }, {}],
  ['that is good with a key only', { cnf: { jkt: 'x' } }, {}],
])('a token %s is refused', async (_, claims, header) => {
  const issuer = await startIssuer();
  closing.push(() => issuer.close());
  const token = await issuer.token(claims, 'reelgraph', '5m', header);
  expect(await tokensOf(issuer).authenticate(token)).toBeNull();
});

test('a key that cannot be used fails those alone who name it', async () => {
  const broken = { kty: 'RSA', n: 'AAAA', e: '', kid: 'broken', alg: 'RS256' };
  const issuer = await startIssuer({ moreKeys: [broken] });
  closing.push(() => issuer.close());
  const tokens = tokensOf(issuer);
  const odd = await issuer.token({}, 'reelgraph', '5m', { kid: 'broken' });
  for (let time = 0; time < 3; time++) {
    expect(await tokens.authenticate(odd)).toBeNull();
    expect(await tokens.authenticate(await issuer.token())).toEqual(alice);
  }
});

test.each(['\u3164', '\u2800', 'a\ufe0f', 'a\u034f', 'a\u200b', ' a', 'a\u00a0', ''])(
  'a subject that cannot be seen as what it is is refused (%j)',
  async (sub) => {
    const issuer = await startIssuer();
    closing.push(() => issuer.close());
    expect(await tokensOf(issuer).authenticate(await issuer.token({ sub }))).toBeNull();
  },
);

test.each(['a', 'Jürgen Müller', '李雷', 'a'.repeat(255)])('%s is a subject', async (sub) => {
  const issuer = await startIssuer();
  closing.push(() => issuer.close());
  const caller = await tokensOf(issuer).authenticate(await issuer.token({ sub }));
  expect(caller).toMatchObject({ id: `jwt:${sub}` });
});

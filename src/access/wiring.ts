import type { Database } from '../database/database.ts';
import type { NodeSource } from '../graphql/node.ts';
import { ApiKeys, type ApiKeysOptions } from './api-keys.ts';
import { Authenticator, type AuthenticatorOptions } from './authenticator.ts';
import { ApiKeyResolver } from './resolver.ts';
import { Tokens, type TokenLog, type TokenOptions } from './tokens.ts';

export interface AccessOptions {
  prisma: Database['prisma'];
  now: () => Date;
  log: TokenLog;
  /** Whether everybody is let in as admin as long as there is neither a key nor an issuer. */
  open: boolean;
  /** Whose tokens are accepted. */
  issuer: TokenOptions | undefined;
  recordKeyChange: ApiKeysOptions['record'];
  recordRefusal: AuthenticatorOptions['onRefused'];
}

/** Who asks: API keys and tokens. */
export function createAccess(options: AccessOptions) {
  const { prisma, now, log, open, issuer } = options;
  const apiKeys = new ApiKeys({ prisma, now, record: options.recordKeyChange });
  const authenticator = new Authenticator({
    apiKeys,
    tokens: issuer && new Tokens(issuer, log),
    open,
    onRefused: options.recordRefusal,
  });
  const resolver = new ApiKeyResolver({ apiKeys, now });
  const nodes: NodeSource[] = [
    { type: 'ApiKey', find: (ids, context) => resolver.findNodes(ids, context) },
  ];
  return { authenticator, resolvers: [resolver], nodes };
}

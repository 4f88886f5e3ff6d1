import type { Database } from '../database/database.ts';
import type { NodeSource } from '../graphql/node.ts';
import { ApiKeys, type ApiKeysOptions } from './api-keys.ts';
import { Authenticator, type AuthenticatorOptions } from './authenticator.ts';
import { ApiKeyResolver } from './resolver.ts';
import { Tokens, type TokenLog, type TokenOptions } from './tokens.ts';

export interface AccessOptions {
  database: Pick<Database, 'prisma' | 'listen'>;
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
export async function createAccess(options: AccessOptions) {
  const { database, now, log, open, issuer } = options;
  const record = options.recordKeyChange;
  const apiKeys = new ApiKeys({ prisma: database.prisma, now, record });
  await apiKeys.listen(database);
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
  return { authenticator, resolvers: [resolver], nodes, close: () => apiKeys.close() };
}

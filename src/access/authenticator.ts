import type { Caller } from '../graphql/caller.ts';
import { ApiError } from '../graphql/errors.ts';
import type { Sender } from '../graphql/sender.ts';
import type { ApiKeys } from './api-keys.ts';
import type { Tokens } from './tokens.ts';

export interface AuthenticatorOptions {
  apiKeys: ApiKeys;
  /** Undefined when no issuer is configured. */
  tokens: Tokens | undefined;
  /** Whether everybody is let in as admin as long as there is neither a key nor an issuer. */
  open: boolean;
  /** Told of each refusal, with the first part of the key when one of ours was shown. */
  onRefused: (sender: Sender, keyPrefix: string | null) => void;
}

const everybody: Caller = { id: 'local', kind: 'LOCAL', role: 'ADMIN', tenant: null };

/** Finds out who asks, by the `Authorization` header. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  #keyExists = false;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** Whether everybody is let in. Once a key exists it stays closed, also for a server that started before. */
  async isOpen(): Promise<boolean> {
    const { apiKeys, tokens, open } = this.#options;
    if (!open || tokens || this.#keyExists) return false;
    this.#keyExists = await apiKeys.exist();
    return !this.#keyExists;
  }

  /** Who is let in: everybody, callers with a key or a token, or nobody, since there is neither key nor issuer. */
  async letsIn(): Promise<'everybody' | 'callers' | 'nobody'> {
    const { apiKeys, tokens } = this.#options;
    if (await this.isOpen()) return 'everybody';
    return tokens || (await apiKeys.exist()) ? 'callers' : 'nobody';
  }

  /**
   * Whether a caller that was let in some minutes ago would be let in now: the same key still works,
   * or everybody still is. A token cannot be revoked here.
   */
  async admitsStill({ kind, apiKeyId }: Pick<Caller, 'kind' | 'apiKeyId'>): Promise<boolean> {
    const { apiKeys, tokens } = this.#options;
    switch (kind) {
      case 'LOCAL':
        return await this.isOpen();
      case 'API_KEY':
        return apiKeyId !== undefined && (await apiKeys.works(apiKeyId));
      case 'JWT':
        return tokens !== undefined;
    }
  }

  /**
   * The caller behind `Bearer <api key or token>`.
   *
   * Throws UNAUTHENTICATED, with the same words whatever is wrong with the
   * credentials, so that nobody learns which keys exist.
   */
  async authenticate(authorization: string | undefined, sender: Sender): Promise<Caller> {
    const { apiKeys, tokens, onRefused } = this.#options;
    if (await this.isOpen()) return everybody;
    const secret = /^Bearer +(\S{1,8192}) *$/i.exec(authorization ?? '')?.[1];
    const caller =
      secret === undefined
        ? null
        : secret.startsWith('rg_')
          ? await apiKeys.authenticate(secret)
          : ((await tokens?.authenticate(secret)) ?? null);
    if (caller === null) {
      onRefused(sender, /^(rg_[\da-f]{8})_/.exec(secret ?? '')?.[1] ?? null);
      throw new ApiError(
        'UNAUTHENTICATED',
        'Say who you are: send "Authorization: Bearer <api key>" with a key that is neither expired nor revoked.',
      );
    }
    return caller;
  }
}

import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../database/make-directory.ts';
import type { SigningKey, Trust } from './head.ts';

export interface SigningOptions {
  /** A private key as PEM; undefined: the file in `dataDir`. */
  signingKey: string | undefined;
  /** Public keys of other servers, and former ones. */
  trustedKeys: readonly string[];
  dataDir: string;
  log: { warn(details: object, message: string): void };
}

/**
 * The key for checkpoints and whose signatures count: the configured one, or that of the file
 * `audit-signing-key.pem` in the data directory, which is made when there is none.
 *
 * A directory that cannot be written is no reason not to start: checkpoints go unsigned then.
 */
export async function openSigningKey(
  options: SigningOptions,
): Promise<{ key: SigningKey | undefined; trust: Trust }> {
  const { signingKey, trustedKeys, dataDir, log } = options;
  const file = join(dataDir, 'audit-signing-key.pem');
  let key: SigningKey | undefined;
  try {
    key = toSigningKey(signingKey ?? (await readOrMake(file)));
  } catch (error) {
    const message =
      'There is no key for audit checkpoints, so they are not signed: set AUDIT_SIGNING_KEY, or let DATA_DIR be written';
    log.warn({ error, file }, message);
  }
  return {
    key,
    trust: {
      publicKeys: new Set([...(key ? [key.publicKey] : []), ...trustedKeys]),
      pinned: signingKey !== undefined || trustedKeys.length > 0,
    },
  };
}

/** The two halves of an Ed25519 key; throws for anything else. */
export function toSigningKey(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('it is not an Ed25519 key');
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { privateKey, publicKey: x! };
}

async function readOrMake(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await makeDirectory(join(file, '..'));
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  // Put in place whole, and never in place of another's: several servers may start at once.
  const unfinished = `${file}.${randomUUID()}`;
  await writeFile(unfinished, pem, { mode: 0o600 });
  try {
    await link(unfinished, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(unfinished);
  }
  return await readFile(file, 'utf8');
}

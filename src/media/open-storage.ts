import type { Logger } from '../logger.ts';
import type { MediaConfig } from './config.ts';
import { DirectoryStorage } from './storage-directory.ts';
import type { MediaStorage } from './storage.ts';

/** The storage that is configured; throws a StorageConfigError when it cannot be used. */
export async function openStorage(
  config: MediaConfig,
  log: Pick<Logger, 'warn'>,
): Promise<MediaStorage> {
  if (config.bucket === undefined) return await DirectoryStorage.open(config.directory);
  // Loaded only where there is one: it is large.
  const { BucketStorage } = await import('./storage-bucket.ts');
  return await BucketStorage.open(config.bucket, log);
}

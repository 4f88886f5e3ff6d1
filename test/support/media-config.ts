import type { MediaConfig } from '../../src/media/config.ts';

/** What a test does not say about media. */
export function aMediaConfig(given: Partial<MediaConfig> = {}): MediaConfig {
  return {
    directory: '/dev/null/media',
    bucket: undefined,
    keepVideos: 'all',
    maxVideoBytes: 100 * 1024 * 1024,
    concurrency: 4,
    timeoutMs: 60_000,
    urlMs: 3_600_000,
    redirect: false,
    fetchInputs: false,
    keepDays: undefined,
    maxKeepForDays: 36_500,
    tenantBytes: undefined,
    ...given,
  };
}

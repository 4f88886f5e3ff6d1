import type { InputTrack } from 'mediabunny';
import { buffer } from 'node:stream/consumers';
import { stopsEarly } from './measure-boxes.ts';
import { StorageError, type MediaStorage } from './storage.ts';

/** What a video says of itself. */
export interface VideoFacts {
  width: number;
  height: number;
  durationMs: number;
  frameRate: number | null;
  tracks: { kind: string; codec: string | null }[];
}

/** What was fetched is no MP4 with pictures, or stops before its end. */
export class NotAVideoError extends Error {
  readonly isCutOff: boolean;
  constructor(isCutOff: boolean, options?: ErrorOptions) {
    const fault = isCutOff ? 'stops before the video is whole' : 'is not a video';
    super(`What MiniMax’s link gave ${fault}.`, options);
    this.name = 'NotAVideoError';
    this.isCutOff = isCutOff;
  }
}

/** A video of an hour has 100,000; the rate is that of the first ones. */
const countedPackets = 120;
const mostTracks = 32;
const longestMs = 30_000;

/**
 * Reads an MP4 where it is stored: its index alone, which is far smaller than the video. Throws a
 * NotAVideoError, or what the storage failed by.
 */
export async function readVideo(
  storage: MediaStorage,
  key: string,
  bytes: number,
): Promise<VideoFacts> {
  // Loaded when there is a first video: it is large.
  const { CustomSource, Input, MP4, QTFF } = await import('mediabunny');
  let waiting = 0;
  let failed: StorageError | undefined;
  const read = async (start: number, end: number) => {
    waiting += 1;
    try {
      return await buffer(await storage.get(key, { start, end: end - 1 }));
    } catch (error) {
      failed ??= error instanceof StorageError ? error : new StorageError(error);
      throw error;
    } finally {
      waiting -= 1;
    }
  };
  const source = new CustomSource({
    ...{ getSize: () => bytes, read },
    maxCacheSize: 8 * 1024 * 1024,
    prefetchProfile: 'none',
  });
  const input = new Input({ source, formats: [MP4, QTFF] });
  let timer: NodeJS.Timeout | undefined;
  try {
    const tooLong = new Promise<never>((_done, fail) => {
      timer = setTimeout(() => {
        const error = new Error('reading took too long');
        if (waiting > 0) failed ??= new StorageError(error);
        fail(error);
      }, longestMs);
    });
    return await Promise.race([readFacts(), tooLong]);
  } catch (cause) {
    if (cause instanceof NotAVideoError) throw cause;
    if (failed !== undefined) throw failed;
    throw new NotAVideoError(false, { cause });
  } finally {
    clearTimeout(timer);
    input.dispose();
  }

  async function readFacts(): Promise<VideoFacts> {
    if (await stopsEarly({ size: bytes, read })) throw new NotAVideoError(true);
    const tracks = await input.getTracks();
    const pictures = await input.getPrimaryVideoTrack();
    if (pictures === null) throw new NotAVideoError(false);
    const { averagePacketRate } = await pictures.computePacketStats(countedPackets);
    return {
      width: pictures.displayWidth,
      height: pictures.displayHeight,
      durationMs: Math.round((await input.computeDuration()) * 1_000),
      frameRate: Number.isFinite(averagePacketRate)
        ? Math.round(averagePacketRate * 100) / 100
        : null,
      tracks: tracks
        .slice(0, mostTracks)
        .map(({ type, codec }: InputTrack) => ({ kind: type, codec })),
    };
  }
}

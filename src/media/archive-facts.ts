import type { Input, InputTrack } from 'mediabunny';
import type { FileBytes } from './file-bytes.ts';
import { stopsEarly } from './measure-boxes.ts';

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

/** Reads an MP4 where it is: its index alone, which is far smaller than the video. Throws a NotAVideoError. */
export async function readVideo(file: FileBytes): Promise<VideoFacts> {
  if (await stopsEarly(file)) throw new NotAVideoError(true);
  // Loaded when there is a first video: it is large.
  const { CustomSource, Input, MP4, QTFF } = await import('mediabunny');
  const source = new CustomSource({
    getSize: () => file.size,
    read: (start, end) => file.read(start, end),
    maxCacheSize: 8 * 1024 * 1024,
    prefetchProfile: 'none',
  });
  const input = new Input({ source, formats: [MP4, QTFF] });
  try {
    return await readFacts(input);
  } catch (cause) {
    if (cause instanceof NotAVideoError) throw cause;
    throw new NotAVideoError(false, { cause });
  } finally {
    input.dispose();
  }
}

async function readFacts(input: Input): Promise<VideoFacts> {
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

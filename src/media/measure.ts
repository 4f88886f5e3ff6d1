import type { Input } from 'mediabunny';
import { inspectImage } from '../minimax/images.ts';
import type { MeasuredMedia, MediaProblemCode } from '../minimax/measured-media.ts';
import { mediaKindOf } from '../minimax/media-kind.ts';
import { MediaKind } from '../minimax/model.ts';
import { alsoIs, nameOfFormat, startBytes, tailBytes } from '../minimax/other-formats.ts';
import { limitsOf } from '../minimax/v2/models.ts';
import type { FileBytes } from './file-bytes.ts';
import { boxProblem } from './measure-boxes.ts';

export interface MeasureProblem {
  code: MediaProblemCode | 'MEDIA_EMPTY' | 'MEDIA_FORMAT_UNSUPPORTED';
  /** Says what to do. */
  message: string;
}

export type Measuring =
  { media: MeasuredMedia; problem?: undefined } | { media?: undefined; problem: MeasureProblem };

/** What the formats may hold (V2 §2.3). */
const videoCodecs = ['avc', 'hevc'];
const audioCodecs = ['aac', 'mp3'];

/** Its pictures are counted to know how many there are in a second. */
const mostCounted = 2_000;

/**
 * What a file is, by its bytes alone, or why it is none that MiniMax takes, whatever the model.
 *
 * What the bytes say of themselves is believed only as far as limits go: of parts, pictures and samples.
 * What takes time all the same is for `measureApart` to end. Of an image all bytes are in memory meanwhile, which are 30 MiB at most; of a clip some pieces.
 */
export async function measureFile(file: FileBytes): Promise<Measuring> {
  if (file.size === 0) return refused('MEDIA_EMPTY', 'The file is empty: send all of it.');
  const start = await file.read(0, Math.min(startBytes, file.size));
  const kind = mediaKindOf(start);
  if (kind === null) return refused('MEDIA_FORMAT_UNSUPPORTED', unknownMessage(start));
  const { maxBytes } = limitsOf(kind);
  if (file.size > maxBytes) {
    const noun = kind.toLowerCase();
    const code = kind === MediaKind.IMAGE ? 'IMAGE_TOO_LARGE' : 'REFERENCE_TOO_LARGE';
    return refused(code, `The ${noun} has ${file.size} bytes; MiniMax takes at most ${maxBytes}.`);
  }
  if (kind === MediaKind.IMAGE) {
    const { measured, problem } = measuredOf(await file.read(0, file.size));
    return problem ? { problem } : { media: measured };
  }
  const tail = await file.read(Math.max(0, file.size - tailBytes), file.size);
  const other = alsoIs(start, tail);
  if (other !== null) return broken(`is ${other} as well: make it anew.`);
  const misfit = kind === MediaKind.VIDEO ? await boxProblem(file) : null;
  return misfit === null ? await measureClip(file, kind) : broken(misfit);
}

function measuredOf(bytes: Buffer) {
  const inspected = inspectImage(bytes);
  return 'measured' in inspected
    ? { measured: inspected.measured }
    : { problem: inspected.problem };
}

/** The library is loaded when it is needed first: it takes a tenth of a second. */
async function measureClip(file: FileBytes, kind: MediaKind): Promise<Measuring> {
  const { Input, CustomSource, MP4, QTFF, WAVE, MP3 } = await import('mediabunny');
  const input = new Input({
    formats: kind === MediaKind.VIDEO ? [MP4, QTFF] : [WAVE, MP3],
    source: new CustomSource({
      getSize: () => file.size,
      read: (start, end) => file.read(start, end),
      maxCacheSize: 2 * 1024 * 1024,
      handleUnhandledError: () => {},
    }),
  });
  try {
    return kind === MediaKind.VIDEO ? await readVideo(input, file) : await readSound(input, file);
  } catch {
    return broken('cannot be read: make it anew.');
  } finally {
    input.dispose();
  }
}

async function readVideo(input: Input, file: FileBytes): Promise<Measuring> {
  const format = (await input.getFormat()).name === 'QuickTime File Format' ? 'MOV' : 'MP4';
  const picture = await input.getPrimaryVideoTrack();
  if (!picture) return broken('has no picture: give it among referenceAudios, as WAV or MP3.');
  const codec = await picture.getCodec();
  if (codec === null || !videoCodecs.includes(codec)) {
    return codecProblem(`a picture in ${codec ?? 'an unknown codec'}`);
  }
  for (const sound of await input.getAudioTracks()) {
    const soundCodec = await sound.getCodec();
    if (soundCodec === null || !audioCodecs.includes(soundCodec)) {
      return codecProblem(`sound in ${soundCodec ?? 'an unknown codec'}`);
    }
  }
  const { averagePacketRate, packetCount } = await picture.computePacketStats(mostCounted);
  if (packetCount === 0) return broken('has no pictures in it: make it anew.');
  return {
    media: {
      ...{ kind: MediaKind.VIDEO, format, bytes: file.size },
      mediaType: format === 'MOV' ? 'video/quicktime' : 'video/mp4',
      width: await picture.getDisplayWidth(),
      height: await picture.getDisplayHeight(),
      seconds: thousandths(await input.computeDuration()),
      framesPerSecond: thousandths(averagePacketRate),
    },
  };
}

async function readSound(input: Input, file: FileBytes): Promise<Measuring> {
  const format = (await input.getFormat()).name === 'WAVE' ? 'WAV' : 'MP3';
  if (!(await input.getPrimaryAudioTrack())) return broken('has no sound in it: make it anew.');
  if (format === 'WAV' && !(await hasWholeData(file))) {
    return broken('stops before it is whole, as after a broken upload: send all of the file.');
  }
  const seconds = thousandths(await input.computeDuration());
  const mediaType = format === 'WAV' ? 'audio/wav' : 'audio/mpeg';
  return {
    media: {
      ...{ kind: MediaKind.AUDIO, format, mediaType, bytes: file.size },
      ...{ width: null, height: null, seconds, framesPerSecond: null },
    },
  };
}

/** Whether the parts of a WAV are as long as they say, the last one too. */
async function hasWholeData(file: FileBytes): Promise<boolean> {
  for (let at = 12, parts = 0; at + 8 <= file.size && parts < 1_000; parts += 1) {
    const head = await file.read(at, at + 8);
    const length = head.readUInt32LE(4);
    if (head.toString('latin1', 0, 4) === 'data') return at + 8 + length <= file.size;
    at += 8 + length + (length % 2);
  }
  return false;
}

function unknownMessage(start: Buffer): string {
  const name = nameOfFormat(start);
  const what =
    name === null ? 'nothing that MiniMax takes' : `${name}, which MiniMax does not take`;
  return `The file is ${what}, whatever its name says: send an image (JPEG, PNG, WebP, HEIC, HEIF), a video (MP4, MOV) or a sound (WAV, MP3).`;
}

function codecProblem(what: string): Measuring {
  const message = `The clip has ${what}; MiniMax takes pictures in H.264 or H.265, and sound in AAC or MP3: convert it.`;
  return refused('REFERENCE_FORMAT_UNSUPPORTED', message);
}

function broken(what: string): Measuring {
  return refused('REFERENCE_INVALID', `The clip ${what}`);
}

function refused(code: MeasureProblem['code'], message: string): Measuring {
  return { problem: { code, message } };
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000;
}

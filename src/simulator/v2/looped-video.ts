import { framesPerSecond } from '../../minimax/v2/video-length.ts';
/** One box of an MP4 file (ISO 14496-12), without its head. */
interface Box {
  type: string;
  payload: Buffer;
}

/** A track of the loop: its samples, and what describes them. */
interface Track {
  isVideo: boolean;
  header: Buffer;
  mediaHeader: Buffer;
  handler: Buffer;
  /** `vmhd` or `smhd`, and `dinf`. */
  information: Buffer[];
  description: Buffer;
  /** In units of the media's time scale. */
  sampleDuration: number;
  timeScale: number;
  samples: Buffer[];
}

/**
 * A video with sound of so many frames from one whose picture and sound come round: its samples
 * again and again, in one file whose index is in front.
 *
 * The loop has one sample description in each track, samples of equal length, and a first frame that
 * needs no other.
 */
export function loopVideo(loop: Buffer, frames: number): Buffer {
  const top = boxes(loop);
  const moov = find(top, 'moov');
  const movieHeader = Buffer.from(find(boxes(moov), 'mvhd'));
  const tracks = boxes(moov)
    .filter(({ type }) => type === 'trak')
    .map(({ payload }) => readTrack(payload, loop));
  const seconds = frames / framesPerSecond;
  const timeScale = movieHeader.readUInt32BE(12);
  movieHeader.writeUInt32BE(Math.round(seconds * timeScale), 16);
  const head = box('ftyp', find(top, 'ftyp'));

  const media = tracks.map((track) => {
    const perSecond = track.timeScale / track.sampleDuration;
    const count = track.isVideo ? frames : Math.round(seconds * perSecond);
    return Array.from({ length: count }, (_, at) => track.samples[at % track.samples.length]!);
  });
  // The places of the samples depend on the length of the index, which does not depend on them.
  const index = (start: number) => {
    let at = start;
    const written = tracks.map((track, place) => {
      const samples = media[place]!;
      const made = writeTrack(track, samples, at, Math.round(seconds * timeScale));
      at += samples.reduce((sum, { length }) => sum + length, 0);
      return made;
    });
    return box('moov', box('mvhd', movieHeader), ...written);
  };
  const start = head.length + index(0).length + 8;
  return Buffer.concat([head, index(start), box('mdat', ...media.flat())]);
}

function readTrack(trak: Buffer, file: Buffer): Track {
  const inTrak = boxes(trak);
  const inMedia = boxes(find(inTrak, 'mdia'));
  const inInformation = boxes(find(inMedia, 'minf'));
  const table = boxes(find(inInformation, 'stbl'));
  const mediaHeader = Buffer.from(find(inMedia, 'mdhd'));
  const handler = find(inMedia, 'hdlr');
  return {
    isVideo: handler.toString('latin1', 8, 12) === 'vide',
    header: Buffer.from(find(inTrak, 'tkhd')),
    mediaHeader,
    handler,
    information: inInformation
      .filter(({ type }) => type !== 'stbl')
      .map(({ type, payload }) => box(type, payload)),
    description: find(table, 'stsd'),
    sampleDuration: find(table, 'stts').readUInt32BE(12),
    timeScale: mediaHeader.readUInt32BE(12),
    samples: readSamples(table, file),
  };
}

function readSamples(table: Box[], file: Buffer): Buffer[] {
  const sizes = find(table, 'stsz');
  const count = sizes.readUInt32BE(8);
  const chunks = find(table, 'stco');
  const runs = find(table, 'stsc');
  const samples: Buffer[] = [];
  for (let chunk = 0; chunk < chunks.readUInt32BE(4); chunk += 1) {
    let at = chunks.readUInt32BE(8 + 4 * chunk);
    for (let left = samplesIn(runs, chunk + 1); left > 0 && samples.length < count; left -= 1) {
      const size = sizes.readUInt32BE(12 + 4 * samples.length);
      samples.push(file.subarray(at, at + size));
      at += size;
    }
  }
  return samples;
}

/** How many samples a chunk has, by the runs of equal ones. */
function samplesIn(runs: Buffer, chunk: number): number {
  let samples = 0;
  for (let run = 0; run < runs.readUInt32BE(4); run += 1) {
    if (runs.readUInt32BE(8 + 12 * run) <= chunk) samples = runs.readUInt32BE(12 + 12 * run);
  }
  return samples;
}

function writeTrack(
  { isVideo, header, mediaHeader, handler, information, description, ...track }: Track,
  samples: readonly Buffer[],
  start: number,
  movieDuration: number,
): Buffer {
  header.writeUInt32BE(movieDuration, 20);
  mediaHeader.writeUInt32BE(samples.length * track.sampleDuration, 16);
  const keyFrames = samples.flatMap((_, at) => (at % track.samples.length === 0 ? [at + 1] : []));
  const table = box(
    'stbl',
    box('stsd', description),
    box('stts', integers(0, 1, samples.length, track.sampleDuration)),
    ...(isVideo ? [box('stss', integers(0, keyFrames.length, ...keyFrames))] : []),
    box('stsc', integers(0, 1, 1, samples.length, 1)),
    box('stsz', integers(0, 0, samples.length, ...samples.map(({ length }) => length))),
    box('stco', integers(0, 1, start)),
  );
  const media = box(
    'mdia',
    box('mdhd', mediaHeader),
    box('hdlr', handler),
    box('minf', ...information, table),
  );
  return box('trak', box('tkhd', header), media);
}

function boxes(bytes: Buffer): Box[] {
  const found: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    found.push({ type, payload: bytes.subarray(at + 8, at + size) });
    at += size;
  }
  return found;
}

function find(list: readonly Box[], wanted: string): Buffer {
  const found = list.find(({ type }) => type === wanted);
  if (!found) throw new Error(`the loop has no box ${wanted}`);
  return found.payload;
}

function box(type: string, ...parts: Buffer[]): Buffer {
  const size = parts.reduce((sum, { length }) => sum + length, 8);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(size, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...parts]);
}

function integers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, 4 * at);
  return bytes;
}

import type { FileBytes } from './file-bytes.ts';

/** Those that hold boxes, with what stands before these. */
const containers: Readonly<Record<string, number>> = {
  ...{ moov: 0, trak: 0, mdia: 0, minf: 0, stbl: 0, edts: 0, dinf: 0, udta: 0, mvex: 0 },
  ...{ moof: 0, traf: 0, mfra: 0, sinf: 0, schi: 0, wave: 0 },
};

/** Bytes of each entry of a table, behind a head of 8 bytes. */
const entryBytes: Readonly<Record<string, number>> = {
  ...{ stts: 8, ctts: 8, stsc: 12, stco: 4, co64: 8, stss: 4 },
};

/** Where a table says of how many samples it is. */
const countAt: Readonly<Record<string, number>> = { trun: 4, stsz: 8, stz2: 8, tfra: 12 };
const samplesAt: Readonly<Record<string, number>> = { stts: 0, ctts: 0, stsc: 4 };

/** A clip of 15 seconds has a hundred or two; one in fragments some thousand. */
const mostBoxes = 20_000;
const deepest = 10;
/** What is said of the pictures, not they themselves. */
const mostDescribing = 8 * 1024 * 1024;
/** 15 seconds of sound have less than 2,000. */
const mostSamples = 200_000;

/**
 * Why the boxes of an MP4 or MOV are not to be given to a reader, or null: it stops before its end, a
 * box is larger than the one around it, or there are more of them, or deeper, or of more samples, than a
 * clip needs, by which a small file would take memory and hours.
 */
export async function boxProblem(file: FileBytes): Promise<string | null> {
  const scan = new BoxScan();
  const seen = new Set<string>();
  let whole = 0;
  for await (const { type, start, end } of outerBoxes(file)) {
    if (end > file.size) return cutOff;
    if (type in containers) {
      if (end - start > mostDescribing) return tooMuch;
      const problem = scan.look(await file.read(start, end));
      if (problem !== null) return problem;
    } else if (!scan.count()) return tooMuch;
    seen.add(type);
    whole = end;
  }
  return isComplete(seen) && whole === file.size ? null : cutOff;
}

/**
 * Whether a video ends before what its boxes say. What stands behind them is nobody's concern: of what was
 * paid for nothing is lost for it.
 */
export async function stopsEarly(file: FileBytes): Promise<boolean> {
  const seen = new Set<string>();
  let count = 0;
  for await (const { type, end } of outerBoxes(file)) {
    // What begins as no video does is none.
    if (count === 0 && !first.includes(type)) return false;
    if (end > file.size) return !isComplete(seen) || needed.includes(type);
    seen.add(type);
    count += 1;
    if (count > mostOuterBoxes) return false;
  }
  return seen.size > 0 && !isComplete(seen);
}

const needed = ['moov', 'mdat', 'moof'];
const first = ['ftyp', 'styp', 'free', 'skip', 'wide', ...needed];
/** Each is read by a request of its own. */
const mostOuterBoxes = 1_000;

function isComplete(seen: ReadonlySet<string>): boolean {
  return seen.has('moov') && seen.has('mdat');
}

/** Those that no other is around, up to where something else stands; the last one may end behind the file. */
async function* outerBoxes(file: FileBytes) {
  const { size } = file;
  for (let start = 0; start < size;) {
    const head = await file.read(start, Math.min(start + 16, size));
    const length = boxSize(head, 0, size - start);
    if (length === null) return;
    const end = start + length;
    yield { type: head.toString('latin1', 4, 8), start, end };
    start = end;
  }
}

const cutOff = 'stops before it is whole, as after a broken upload: send all of the file.';
const tooMuch = 'says that it has far more parts than a clip needs: make it anew.';
const nested = 'has boxes that do not fit into one another: make it anew.';

class BoxScan {
  #boxes = 0;
  readonly #samples = new Map<string, number>();

  count(): boolean {
    this.#boxes += 1;
    return this.#boxes <= mostBoxes;
  }

  /** Of a box with its head, and of what is in it. */
  look(bytes: Buffer, depth = 0): string | null {
    if (!this.count() || depth > deepest) return tooMuch;
    const type = bytes.toString('latin1', 4, 8);
    const start = bytes.readUInt32BE(0) === 1 ? 16 : 8;
    const before = containers[type];
    if (before === undefined) return this.#lookAtTable(type, bytes.subarray(start));
    for (let at = start + before; at + 8 <= bytes.length;) {
      const size = boxSize(bytes, at, bytes.length - at);
      if (size === null || at + size > bytes.length) return nested;
      const problem = this.look(bytes.subarray(at, at + size), depth + 1);
      if (problem !== null) return problem;
      at += size;
    }
    return null;
  }

  #lookAtTable(type: string, body: Buffer): string | null {
    const counted = countAt[type];
    if (counted !== undefined)
      return this.#add(type, body.length < counted + 4 ? 0 : body.readUInt32BE(counted));
    const each = entryBytes[type];
    if (each === undefined || body.length < 8) return null;
    const entries = body.readUInt32BE(4);
    if (8 + entries * each > body.length) return nested;
    // Where an entry says for how many samples it is: a reader steps through them.
    const at = samplesAt[type];
    if (at === undefined) return null;
    let samples = 0;
    for (let entry = 0; entry < entries; entry += 1)
      samples += body.readUInt32BE(8 + entry * each + at);
    return this.#add(type, samples);
  }

  /** Of all tables of a kind together: a reader may append one to another. */
  #add(type: string, samples: number): string | null {
    const sum = (this.#samples.get(type) ?? 0) + samples;
    this.#samples.set(type, sum);
    return sum > mostSamples ? tooMuch : null;
  }
}

/** In bytes, its head included; null when that is cut off or impossible. */
function boxSize(bytes: Buffer, at: number, left: number): number | null {
  if (at + 8 > bytes.length) return null;
  const size = bytes.readUInt32BE(at);
  if (size === 0) return left;
  if (size > 1) return size >= 8 ? size : null;
  if (at + 16 > bytes.length) return null;
  const large = Number(bytes.readBigUInt64BE(at + 8));
  return large >= 16 ? large : null;
}

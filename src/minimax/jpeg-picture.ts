/** A component of the frame, or what a scan says of it. */
interface Component {
  id: number;
  /** Blocks of a component in a unit of an interleaved scan. */
  across: number;
  down: number;
}

interface Frame {
  isProgressive: boolean;
  width: number;
  height: number;
  components: Component[];
}

/** Code to `length << 8 | symbol`, by its next 16 bits; 0 where no code begins so. */
type Codes = Uint16Array;

const longestCode = 16;
/** Of a picture without an end mark; as many as photographs of 30 MB have. */
const mostSymbols = 40_000_000;
const mostComponents = 4;
/** Far more than encoders write. */
const mostScans = 500;
/** Between two scans, bytes of filling counted; a profile of colours has a hundred at most. */
const mostSegments = 10_000;

/**
 * Where the compressed data of a JPEG begin: after the header of its first scan. -1 without one.
 */
export function firstScanOf(bytes: Buffer): number {
  for (const { marker, end } of segmentsOf(bytes, 2)) if (marker === 0xda) return end;
  return -1;
}

/** What is before its first picture, as far as it goes, without bytes of filling. */
export function headOfJpeg(bytes: Buffer): Buffer {
  // A reader of sizes passes over the first segment.
  const parts = [bytes.subarray(0, 2), Buffer.from('ffe00002', 'hex')];
  for (const { marker, start, end } of segmentsOf(bytes, 2)) {
    parts.push(bytes.subarray(start - 4, end));
    if (marker === 0xda) break;
  }
  return Buffer.concat(parts);
}

/**
 * Whether a JPEG without an end mark has all of its picture.
 *
 * Reads the codes of a sequential picture up to its last block. A progressive one is whole enough when
 * its last scan has begun: what that misses is detail. Others, and what is broken, count as cut off.
 */
export function hasWholePicture(bytes: Buffer): boolean {
  const tables = new Map<number, Buffer>();
  let frame: Frame | null = null;
  let restartEvery = 0;
  /** Bits that are still missing of each coefficient, by component. */
  const missing = new Map<number, Uint8Array>();
  let at = 2;
  for (let scans = 0; scans < mostScans; scans += 1) {
    let next = -1;
    for (const { marker, start, end } of segmentsOf(bytes, at)) {
      const body = bytes.subarray(start, end);
      if (marker === 0xc4) keepTables(body, tables);
      else if (marker === 0xdd && body.length >= 2) restartEvery = body.readUInt16BE(0);
      else if (marker >= 0xc0 && marker <= 0xc2) {
        // There is one, and each is as large as it says.
        if (frame !== null) return false;
        frame = frameOf(body, marker === 0xc2);
        missing.clear();
        for (const { id } of frame?.components ?? []) missing.set(id, new Uint8Array(64).fill(14));
      } else if (marker === 0xda) {
        if (frame === null) return false;
        const scan = scanOf(body, frame);
        if (scan === null) return false;
        for (const { id } of scan.components) missing.get(id)!.fill(scan.low, scan.from, scan.to);
        next = frame.isProgressive
          ? endOfData(bytes, end)
          : skipBlocks(bytes, end, blocksOf(scan, frame, tables), restartEvery);
        if (next < 0) return false;
        break;
      }
    }
    if (next < 0) return false;
    if ([...missing.values()].every((bits) => bits.every((count) => count === 0))) return true;
    at = next;
  }
  return false;
}

function* segmentsOf(bytes: Buffer, from: number) {
  let at = from;
  for (let steps = 0; at + 4 <= bytes.length && bytes[at] === 0xff; steps += 1) {
    if (steps > mostSegments) return;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    if (end > bytes.length || end < at + 4) return;
    yield { marker, start: at + 4, end };
    at = end;
  }
}

function frameOf(body: Buffer, isProgressive: boolean): Frame | null {
  const count = body[5] ?? 0;
  if (count === 0 || count > mostComponents || body.length < 6 + 3 * count) return null;
  const components = Array.from({ length: count }, (_, index) => {
    const at = 6 + 3 * index;
    return { id: body[at]!, across: body[at + 1]! >> 4, down: body[at + 1]! & 15 };
  });
  const height = body.readUInt16BE(1);
  const width = body.readUInt16BE(3);
  const isSound = components.every(({ across, down }) => across > 0 && down > 0);
  return isSound && width > 0 && height > 0 ? { isProgressive, width, height, components } : null;
}

interface Scan {
  components: (Component & { tables: number })[];
  /** Of the 64 coefficients, the end excluded. */
  from: number;
  to: number;
  /** Bits of each that a later scan brings. */
  low: number;
}

function scanOf(body: Buffer, { isProgressive, components }: Frame): Scan | null {
  const count = body[0] ?? 0;
  if (count === 0 || count > mostComponents || body.length < 4 + 2 * count) return null;
  const found = Array.from({ length: count }, (_, index) => {
    const component = components.find(({ id }) => id === body[1 + 2 * index]);
    return component && { ...component, tables: body[2 + 2 * index]! };
  });
  if (!found.every((component) => component !== undefined)) return null;
  if (new Set(found.map(({ id }) => id)).size < count) return null;
  const [from, last, bits] = [body[1 + 2 * count]!, body[2 + 2 * count]!, body[3 + 2 * count]!];
  return isProgressive
    ? { components: found, from, to: last + 1, low: bits & 15 }
    : { components: found, from: 0, to: 64, low: 0 };
}

/** Keeps each table of codes as it is written, by its class and number. */
function keepTables(body: Buffer, tables: Map<number, Buffer>): void {
  for (let at = 0; at + 17 <= body.length;) {
    const symbols = body.subarray(at + 1, at + 17).reduce((sum, count) => sum + count, 0);
    tables.set(body[at]!, body.subarray(at + 1, at + 17 + symbols));
    at += 17 + symbols;
  }
}

/** Of each table as it was written, which many scans may use. */
const codesOfTables = new WeakMap<Buffer, Codes>();

function codesOf(table: Buffer | undefined): Codes | null {
  if (table === undefined) return null;
  const known = codesOfTables.get(table);
  if (known) return known;
  const codes: Codes = new Uint16Array(1 << longestCode);
  let symbol = 16;
  let code = 0;
  for (let length = 1; length <= longestCode; length += 1) {
    const wide = 1 << (longestCode - length);
    for (let index = table[length - 1]!; index > 0; index -= 1) {
      if (code >= codes.length) return null;
      codes.fill((length << 8) | (table[symbol] ?? 0), code, code + wide);
      code += wide;
      symbol += 1;
    }
  }
  codesOfTables.set(table, codes);
  return codes;
}

interface Blocks {
  units: number;
  /** The codes of the blocks of one unit. */
  unit: { first: Codes; others: Codes }[];
}

function blocksOf({ components }: Scan, frame: Frame, written: Map<number, Buffer>): Blocks | null {
  const widest = Math.max(...frame.components.map(({ across }) => across));
  const highest = Math.max(...frame.components.map(({ down }) => down));
  const isAlone = components.length === 1;
  const unit = components.flatMap(({ across, down, tables }) => {
    const first = codesOf(written.get(tables >> 4));
    const others = codesOf(written.get(0x10 | (tables & 15)));
    if (first === null || others === null) return [];
    return Array.from({ length: isAlone ? 1 : across * down }, () => ({ first, others }));
  });
  const [only] = components;
  const unitsAcross = isAlone
    ? Math.ceil(Math.ceil((frame.width * only!.across) / widest) / 8)
    : Math.ceil(frame.width / (8 * widest));
  const unitsDown = isAlone
    ? Math.ceil(Math.ceil((frame.height * only!.down) / highest) / 8)
    : Math.ceil(frame.height / (8 * highest));
  return unit.length < components.length ? null : { units: unitsAcross * unitsDown, unit };
}

/** Where the data of a scan end; -1 when its blocks are not all there. */
function skipBlocks(
  bytes: Buffer,
  from: number,
  blocks: Blocks | null,
  restartEvery: number,
): number {
  if (blocks === null) return -1;
  const reader = new BitReader(bytes, from);
  let symbols = 0;
  for (let unit = 0; unit < blocks.units; unit += 1) {
    if (restartEvery > 0 && unit > 0 && unit % restartEvery === 0 && !reader.restart()) return -1;
    for (const { first, others } of blocks.unit) {
      if (reader.skip(first) < 0) return -1;
      for (let coefficient = 1; coefficient < 64; coefficient += 1) {
        const symbol = reader.skip(others);
        symbols += 1;
        if (symbol < 0 || symbols > mostSymbols) return -1;
        // The block ends here, or sixteen zeros follow one another.
        if (symbol === 0) break;
        coefficient += symbol >> 4;
      }
    }
  }
  return endOfData(bytes, reader.at);
}

class BitReader {
  at: number;
  readonly #bytes: Buffer;
  #bits = 0;
  #count = 0;
  /** Of the count, those that are made up because the data ended. */
  #madeUp = 0;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Passes a code and the bits that it announces; gives its symbol, -1 when there is none. */
  skip(codes: Codes): number {
    this.#fill();
    const entry = codes[(this.#bits >>> (this.#count - 16)) & 0xffff]!;
    if (entry === 0) return -1;
    this.#count -= entry >> 8;
    this.#fill();
    this.#count -= entry & 15;
    return this.#count < this.#madeUp ? -1 : entry & 0xff;
  }

  /** Goes on behind a restart mark; false when none is there. */
  restart(): boolean {
    const isThere = this.#bytes[this.at] === 0xff && (this.#bytes[this.at + 1]! & 0xf8) === 0xd0;
    if (isThere) this.at += 2;
    this.#bits = this.#count = this.#madeUp = 0;
    return isThere;
  }

  #fill(): void {
    while (this.#count <= 16) {
      let byte = this.#bytes[this.at] ?? -1;
      if (byte === 0xff && this.#bytes[this.at + 1] !== 0) byte = -1;
      if (byte < 0) this.#madeUp += 8;
      else this.at += byte === 0xff ? 2 : 1;
      this.#bits = (this.#bits << 8) | (byte & 0xff);
      this.#count += 8;
    }
  }
}

/** The next mark that is neither a restart nor a stuffed byte, or the end. */
function endOfData(bytes: Buffer, from: number): number {
  let at = from;
  for (; at + 1 < bytes.length; at += 1) {
    if (bytes[at] !== 0xff) continue;
    const next = bytes[at + 1]!;
    if (next !== 0 && next !== 0xff && (next & 0xf8) !== 0xd0) return at;
  }
  return bytes.length;
}

import { expect, test } from '@jest/globals';
import { hasWholePicture } from '../../../src/minimax/jpeg-picture.ts';
import { onlyCode, segment } from '../../support/images.ts';
import { randomFrom } from '../../support/random-operations.ts';

const tables = segment(0xc4, Buffer.concat([onlyCode(0x00), onlyCode(0x10)]));

/** Two components, each with a scan of its own and no end mark; the tables stand before each, or once. */
function twoScans(width: number, height: number, isTold: 'once' | 'again'): Buffer {
  const frame = Buffer.from('080000000002011100021100', 'hex');
  frame.writeUInt16BE(height, 1);
  frame.writeUInt16BE(width, 3);
  // Two bits a block.
  const data = Buffer.alloc(Math.ceil((Math.ceil(width / 8) * Math.ceil(height / 8)) / 4));
  const scan = (id: number) => [segment(0xda, Buffer.from([1, id, 0, 0, 63, 0])), data];
  const again = isTold === 'again' ? tables : Buffer.alloc(0);
  return Buffer.concat([
    Buffer.from('ffd8', 'hex'),
    ...[segment(0xc0, frame), tables, ...scan(1), again, ...scan(2)],
  ]);
}

test('tables that several scans use are read as if each had its own, wherever the file breaks off', () => {
  const random = randomFrom(7);
  const upTo = (most: number) => 1 + Math.floor(random() * most);
  const seen = new Set<boolean>();
  for (let round = 0; round < 300; round += 1) {
    const sides = [upTo(200), upTo(200)] as const;
    const missing = round % 2 === 0 ? 0 : upTo(30);
    const [once, again] = (['once', 'again'] as const).map((isTold) => {
      const bytes = twoScans(...sides, isTold);
      return hasWholePicture(bytes.subarray(0, bytes.length - missing));
    });
    expect([sides, missing, once]).toEqual([sides, missing, again]);
    seen.add(once!);
  }
  expect(seen).toEqual(new Set([true, false]));
});

import { expect, test } from '@jest/globals';
import { alsoIs } from '../../../src/minimax/other-formats.ts';

const around = (text: string) =>
  Buffer.concat([Buffer.alloc(100_000, 1), Buffer.from(text), Buffer.alloc(100_000, 1)]);

test.each(['<script>', '<SCRIPT>', '<ScRiPt src=', '<<scRIPT', '<?php ', '<?PHP\n', '<?PhP\techo'])(
  '%j hidden in a file is a script, as browsers and servers read it',
  (text) => {
    expect(alsoIs(around(text))).toBe('a script');
    expect(alsoIs(Buffer.alloc(100), around(text))).toBe('a script');
  },
);

test('also at the end', () => {
  for (const text of ['<Script', '<?Php\n'])
    expect(alsoIs(Buffer.concat([Buffer.alloc(70_000), Buffer.from(text)]))).toBe('a script');
});

test('also where it lies across the parts that are looked at', () => {
  for (let before = 256 * 1024 - 8; before <= 256 * 1024; before += 1)
    expect(
      alsoIs(Buffer.concat([Buffer.alloc(before), Buffer.from('<?php ')]), Buffer.alloc(9)),
    ).toBe('a script');
});

test.each(['<scrip', '<SCRIP', '< script', '<?phpx', '<?ph', '\x1cscript', '<\x1fphp '])(
  '%j is nothing',
  (text) => expect(alsoIs(around(text))).toBeNull(),
);

test('a large file made of beginnings is looked through', () => {
  for (const text of ['<', '<s', '<?', '<scrip', '<?ph'])
    expect(alsoIs(Buffer.alloc(1024 * 1024, text))).toBeNull();
});

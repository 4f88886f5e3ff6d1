import { expect, test } from '@jest/globals';
import { problemsOf } from '../../../src/database/durability.ts';

const safe = { fsync: 'on', commit: 'on', waitsFor: '', isCopied: false };

test.each([
  ['a server by itself', {}, []],
  ['no fsync', { fsync: 'off' }, ['fsync = off']],
  ['no wait for the disk', { commit: 'off' }, ['synchronous_commit = off']],
  ['a standby that is not waited for', { isCopied: true }, ['does not wait for it']],
  ['a standby that is waited for', { isCopied: true, waitsFor: '*' }, []],
  ['one that is waited for until it has the change', { waitsFor: '*', commit: 'remote_write' }, []],
  [
    'one that would be waited for',
    { isCopied: true, waitsFor: '*', commit: 'local' },
    ['synchronous_commit = local'],
  ],
  ['a wait for the own disk, without standbys', { commit: 'local' }, []],
  [
    'everything',
    { fsync: 'off', commit: 'off', waitsFor: '*', isCopied: true },
    ['fsync = off', 'synchronous_commit = off', 'does not wait for it'],
  ],
])('of %s it is said what it may forget', (_name, settings, expected) => {
  const problems = problemsOf({ ...safe, ...settings });
  expect(problems).toHaveLength(expected.length);
  for (const [index, part] of expected.entries()) expect(problems[index]).toContain(part);
});

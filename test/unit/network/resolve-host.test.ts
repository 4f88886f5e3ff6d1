import type { LookupAddress, LookupOptions } from 'node:dns';
import { describe, expect, test } from '@jest/globals';
import { checkedLookup, NotPublicError, type Resolve } from '../../../src/network/resolve-host.ts';

type Found = string | LookupAddress[];

function look(resolve: Resolve, options: LookupOptions, allowPrivate = false): Promise<Found> {
  return new Promise((done, fail) => {
    checkedLookup(resolve, allowPrivate)('hooks.example.com', options, (error, address) => {
      if (error) fail(error);
      else done(address);
    });
  });
}

const addresses = (...list: string[]) =>
  list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

describe('a checked lookup', () => {
  test('gives what was checked, in the form asked for', async () => {
    const found = addresses('93.184.216.34', '2606:4700::1111');
    const resolve = () => Promise.resolve(found);
    expect(await look(resolve, { all: true })).toEqual(found);
    expect(await look(resolve, { all: false })).toBe('93.184.216.34');
  });

  test.each([
    '127.0.0.1',
    '0.0.0.0',
    '10.0.0.8',
    '100.64.0.1',
    '169.254.169.254',
    '::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    'fe80::1',
    'fd00:ec2::254',
  ])('refuses a name that stands for %s, also beside a public address', async (address) => {
    for (const list of [addresses(address), addresses('93.184.216.34', address)]) {
      await expect(look(() => Promise.resolve(list), { all: true })).rejects.toThrow(
        NotPublicError,
      );
    }
  });

  test('asks once for each connection and refuses a name that changes its mind', async () => {
    const answers = [addresses('93.184.216.34'), addresses('127.0.0.1')];
    const resolve = () => Promise.resolve(answers.shift()!);
    expect(await look(resolve, { all: true })).toEqual(addresses('93.184.216.34'));
    expect(answers).toHaveLength(1);
    await expect(look(resolve, { all: true })).rejects.toThrow(NotPublicError);
  });

  test('says when a name has no address', async () => {
    await expect(look(() => Promise.resolve([]), {})).rejects.toThrow('no address');
    await expect(look(() => Promise.reject(new Error('ENOTFOUND')), {})).rejects.toThrow(
      'ENOTFOUND',
    );
  });

  test('lets anything through for development', async () => {
    const found = addresses('127.0.0.1');
    expect(await look(() => Promise.resolve(found), { all: true }, true)).toEqual(found);
  });
});

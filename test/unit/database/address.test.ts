import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { readAddress } from '../../../src/database/address.ts';
import { cert } from '../../support/tls-front.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'address-'));
  await writeFile(join(directory, 'ca'), cert);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const sslOf = (query: string): unknown => {
  const { ways } = readAddress(`postgres://me@db.example.com/name?${query}`);
  expect(ways).toHaveLength(1);
  return (new pg.Client(ways[0]) as unknown as { connectionParameters: { ssl: unknown } })
    .connectionParameters.ssl;
};

test('sslmode=verify-ca looks at the authority and not at the name, as libpq does', () => {
  const ssl = sslOf(`sslmode=verify-ca&sslrootcert=${join(directory, 'ca')}`);
  expect(ssl).toMatchObject({ ca: cert, checkServerIdentity: expect.any(Function) });
  expect(ssl).not.toHaveProperty('rejectUnauthorized');
});

test('without an authority it is verify-full', () => {
  expect(sslOf('sslmode=verify-ca')).toEqual(sslOf('sslmode=verify-full'));
});

test('sslmode=verify-full looks at the name', () => {
  const ssl = sslOf(`sslmode=verify-full&sslrootcert=${join(directory, 'ca')}`);
  expect(ssl).not.toHaveProperty('checkServerIdentity');
});

test('sslrootcert=system is what holds without a file of one’s own', () => {
  expect(sslOf('sslmode=verify-full&sslrootcert=system')).toEqual(sslOf('sslmode=verify-full'));
});

test('an sslmode that there is not is refused', () => {
  expect(() => sslOf('sslmode=verifyfull')).toThrow(
    /^DATABASE_URL has an sslmode .*verify-full\.$/,
  );
});

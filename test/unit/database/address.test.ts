import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { DatabaseStartError } from '../../../src/database/start-error.ts';
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

test.each([
  ['postgres://h/d?currentSchema=other', 'has "currentSchema=", which would be ignored'],
  ['postgres://h/d?Schema=other', 'Write options=-c'],
  ['postgres://h/d?SSLMODE=require', 'in small letters'],
  ['postgres://h/d?sslmode=disable&sslmode=require', 'has "sslmode=" more than once'],
  ['postgres://u:p@one:5432,two:5433/d', 'names several servers'],
  ['postgres:///d?host=one,two&port=5432', 'names several servers'],
])('%s is refused in one line', (url, message) => {
  const read = () => readAddress(url);
  expect(read).toThrow(DatabaseStartError);
  expect(read).toThrow(message);
});

test('a comma in the password names no second server', () => {
  expect(readAddress('postgres://u:a,b@one:5433/d').where).toBe('one:5433, database d');
});

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
  ['postgres://h/d?sslmod=verify-full', 'has "sslmod=", which is not known here'],
  ['postgres://h/?db=d', 'Write the name of the database after the slash'],
  ['postgres://h/d?hostaddr=10.0.0.1', 'Write the address in place of the name'],
  ['postgres://h/d?sslmode=require&channel_binding=require', 'Write sslmode=verify-full instead'],
  ['postgres://h/d?require_auth=scram-sha-256', 'Write sslmode=verify-full instead'],
  ['postgres://h/d?sslcrl=/crl.pem', 'it is for libpq alone'],
  ['postgres://h/d?ssl_mode=require', 'has "ssl_mode=", which is not known here'],
  ['postgres://h/d?service=mine', 'Write what it stands for'],
  ['postgres://h/d?passfile=/p', 'Set PGPASSFILE'],
  ['postgres://h/d?target_session_attrs=standby', 'needs a server that can be written to'],
  ['postgres://h/d?gssencmode=require', 'no encryption by GSSAPI'],
  ['postgres://h/d?load_balance_hosts=random', 'leads to one server'],
  ['postgres://h/d?lock_timeout=1', 'limits of its own'],
  ['postgres://h/d?krbsrvname=x', 'it is for libpq alone'],
  ['postgres://h/d?pgbouncer=true', 'set DATABASE_DIRECT_URL'],
  ['postgres://h/d?connection_limit=5', 'Set DATABASE_POOL_SIZE'],
  ['postgres://h/d?pool_timeout=5', 'limits of its own'],
  ['postgres://h/d?client_encoding=latin1', 'text is UTF-8'],
  ['postgres://h/d?ssl=false', 'Write sslmode=disable'],
  ['postgres://u:p@one:5432,two:5433/d', 'names several servers'],
  ['postgres:///d?host=one,two&port=5432', 'names several servers'],
])('%s is refused in one line', (url, message) => {
  const read = () => readAddress(url);
  expect(read).toThrow(DatabaseStartError);
  expect(read).toThrow(message);
});

test.each([
  'application_name=mine&client_encoding=utf8&connect_timeout=0&keepalives=1&keepalives_idle=30',
  'target_session_attrs=read-write&channel_binding=prefer&gssencmode=disable&sslsni=1',
  'options=-c%20search_path%3Dmine&user=me%40tenant&password=x&sslmode=require',
])('%s is taken', (query) => {
  expect(readAddress(`postgres://h/d?${query}`).where).toBe('h:5432, database d');
});

test('a socket is named with its database', () => {
  expect(readAddress('socket:/run/pg?db=d&encoding=utf8').where).toBe('/run/pg, database d');
});

test.each([
  'postgres://u:1234?secret&more@h/d',
  'postgres://u:1234?Secret@h/d',
  'postgres://u:1234?secret&@h/d',
])('the rest of a password after a question mark is not repeated', (url) => {
  expect(() => readAddress(url)).toThrow(/^DATABASE_URL cannot be used\. .* percent-encoded\.$/);
});

test('a comma in the password names no second server', () => {
  expect(readAddress('postgres://u:a,b@one:5433/d').where).toBe('one:5433, database d');
});

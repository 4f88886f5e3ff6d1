import pg from 'pg';
import { refuseWords } from './address-words.ts';
import { DatabaseStartError } from './start-error.ts';

/** Where a server is, as its URL says. */
export interface Address {
  /** How connections are made: one way, or the better of two that the server takes. */
  ways: [pg.ClientConfig, ...pg.ClientConfig[]];
  /** Host, port and database, never the user or the password. */
  where: string;
}

/** Throws a `DatabaseStartError` that says what to write, and never repeats the URL. */
export function readAddress(url: string, variable = 'DATABASE_URL'): Address {
  try {
    if (!/^(postgres|postgresql|socket):/.test(url)) throw new Error('not a PostgreSQL URL');
    const ways = waysOf(url, variable);
    const { host, port, database } = new pg.Client(ways[0]);
    const name = `database ${database ?? 'of the user'}`;
    return { ways, where: `${host.startsWith('/') ? host : `${host}:${port}`}, ${name}` };
  } catch (error) {
    if (error instanceof DatabaseStartError) throw error;
    // What the URL parser throws holds the URL, with its password; an unreadable certificate's error does not.
    const reason = error instanceof Error && 'path' in error ? ` (${error.message})` : '';
    throw new DatabaseStartError(
      `${variable} cannot be used${reason}. It looks like postgres://user:password@host:5432/name, with special characters in the password percent-encoded.`,
    );
  }
}

const modes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

function waysOf(url: string, variable: string): Address['ways'] {
  const [address, query = ''] = splitAtQuery(url);
  const parameters = new URLSearchParams(query);
  const words = new URLSearchParams(query);
  // The one form in which it has a meaning.
  if (url.startsWith('socket:')) words.delete('db');
  refuseWords(words, variable);
  const [, hosts = ''] = /^\w+:\/\/(?:[^/]*@)?([^/]*)/.exec(address) ?? [];
  if (
    [hosts, parameters.get('host'), parameters.get('port')].some((place) => place?.includes(','))
  ) {
    throw new DatabaseStartError(
      `${variable} names several servers. Name one: an address that leads to whichever can be written to.`,
    );
  }
  const config = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 } as const;
  const common = { ...config, fallback_application_name: 'reelgraph' };
  const mode = parameters.get('sslmode');
  // The last one is known to `pg` alone.
  if (mode !== null && ![...modes, 'no-verify'].includes(mode)) {
    throw new DatabaseStartError(
      `${variable} has an sslmode that there is not. Write one of ${modes.join(', ')}.`,
    );
  }
  const isSystem = parameters.get('sslrootcert') === 'system';
  if (isSystem || mode === 'verify-ca' || mode === 'require') {
    // What `system` means holds without it.
    if (isSystem) parameters.delete('sslrootcert');
    // Everybody gets a certificate from the system's authorities: without one of one's own the name counts too.
    const namesCount = isSystem || (mode === 'verify-ca' && !parameters.has('sslrootcert'));
    // `pg` by itself takes each of these for `verify-full`, and warns.
    if (namesCount) parameters.set('sslmode', 'verify-full');
    else parameters.set('uselibpqcompat', 'true');
    return [{ ...common, connectionString: `${address}?${parameters.toString()}` }];
  }
  if (mode !== 'prefer' && mode !== 'allow') return [{ ...common, connectionString: url }];
  // `pg` takes both for "encrypted or not at all".
  for (const name of ['sslmode', 'uselibpqcompat']) parameters.delete(name);
  const rest = { ...common, connectionString: `${address}?${parameters.toString()}` };
  const [encrypted, plain] = [
    { ...rest, ssl: { rejectUnauthorized: false } },
    { ...rest, ssl: false },
  ];
  return mode === 'prefer' ? [encrypted, plain] : [plain, encrypted];
}

function splitAtQuery(url: string): [string, string?] {
  const at = url.indexOf('?');
  return at < 0 ? [url] : [url.slice(0, at), url.slice(at + 1)];
}

import { DatabaseStartError } from './start-error.ts';

/** What does here what libpq's users expect, or `pg`'s. */
const understood = new Set([
  ...['host', 'port', 'user', 'password', 'options'],
  ...['application_name', 'fallback_application_name'],
  ...['sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'sslnegotiation', 'uselibpqcompat'],
  // Keep-alive is on at both sides, and a silent server noticed sooner than these would have it.
  ...['keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count'],
  'tcp_user_timeout',
]);

/** What asks for nothing but what is so anyway, with these values. */
const alreadySo: Readonly<Record<string, RegExp>> = {
  client_encoding: /^(auto|utf-?8|unicode)$/i,
  encoding: /^utf-?8$/i,
  channel_binding: /^(disable|prefer)$/,
  // Whatever it is: nothing here waits long for a connection.
  connect_timeout: /^\d+$/,
  gssencmode: /^(disable|prefer)$/,
  load_balance_hosts: /^disable$/,
  ssl: /^(true|1|0|no-verify)$/,
  sslcompression: /^0$/,
  sslsni: /^1$/,
  ssl_min_protocol_version: /^TLSv1(\.[012])?$/,
  target_session_attrs: /^(any|read-write|primary)$/,
};

const searchPath =
  'Write options=-c%20search_path%3D… instead; the safest is a database of its own for each installation';
const afterTheSlash = 'Write the name of the database after the slash instead';
const ownLimits = 'Leave it out: this service has limits of its own';
const checked = 'Write sslmode=verify-full instead, which checks whom the connection leads to';
const inTheAddress = 'Write what it stands for into the address';

/** What to do instead of what would be ignored. */
const instead: Readonly<Record<string, string>> = {
  ...{ schema: searchPath, currentschema: searchPath, search_path: searchPath },
  ...{ dbname: afterTheSlash, database: afterTheSlash, db: afterTheSlash },
  hostaddr: 'Write the address in place of the name of the host',
  ...{ channel_binding: checked, require_auth: checked, sslaccept: checked },
  ssl: 'Write sslmode=disable or sslmode=require instead',
  requiressl: 'Write sslmode=require instead',
  gssencmode: 'Write sslmode=verify-full instead: there is no encryption by GSSAPI here',
  ...{ service: inTheAddress, servicefile: inTheAddress },
  passfile: 'Set PGPASSFILE instead',
  sslpassword: 'Give a key that has no password',
  target_session_attrs: 'Leave it out: this service needs a server that can be written to',
  load_balance_hosts: 'Leave it out: an address leads to one server',
  ...{ statement_timeout: ownLimits, lock_timeout: ownLimits },
  ...{ idle_in_transaction_session_timeout: ownLimits, query_timeout: ownLimits },
  ...{ pool_timeout: ownLimits, socket_timeout: ownLimits },
  connection_limit: 'Set DATABASE_POOL_SIZE instead',
  pgbouncer:
    'Leave it out, and set DATABASE_DIRECT_URL to the address of the PostgreSQL server itself',
  ...{ client_encoding: 'Leave it out: text is UTF-8', encoding: 'Leave it out: text is UTF-8' },
  ...Object.fromEntries(
    [
      ...['sslcertmode', 'sslcompression', 'sslcrl', 'sslcrldir', 'sslkeylogfile', 'sslsni'],
      ...['ssl_min_protocol_version', 'ssl_max_protocol_version'],
      ...['min_protocol_version', 'max_protocol_version', 'replication', 'requirepeer'],
      ...['gssdelegation', 'gsslib', 'krbsrvname', 'scram_client_key', 'scram_server_key'],
      ...['oauth_client_id', 'oauth_client_secret', 'oauth_issuer', 'oauth_scope'],
    ].map((word) => [word, 'Leave it out: it is for libpq alone']),
  ),
};

/**
 * Throws a `DatabaseStartError` for what would be ignored, or read by one as this and by another as
 * that; and an error that must not be shown for what may be part of a password.
 */
export function refuseWords(parameters: URLSearchParams, variable: string): void {
  // After a question mark in a password comes the rest of it, and the host.
  const mayBePassword = [...parameters].some((pair) => pair.join().includes('@'));
  for (const [word, value] of parameters) {
    const name = word.toLowerCase();
    const isUnderstood = understood.has(name) || alreadySo[name]?.test(value) === true;
    const advice = instead[name];
    if (!isUnderstood && advice === undefined && (mayBePassword || !/^\w+$/.test(word))) {
      throw new Error('not a parameter');
    }
    const refuse = (problem: string) => {
      throw new DatabaseStartError(`${variable} has "${word}=${problem}.`);
    };
    if (isUnderstood && word !== name) {
      refuse('", which would be ignored: names of parameters are in small letters');
    }
    if (!isUnderstood) {
      refuse(
        advice
          ? `", which would be ignored. ${advice}`
          : '", which is not known here. See how it is spelled, or leave it out',
      );
    }
    if (parameters.getAll(word).length > 1) refuse('" more than once. Write it once');
  }
}

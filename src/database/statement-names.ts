/** What searches have in them: patterns, arrays, matches looked up before they are sorted, counts, statistics. */
const search = /\b(i?like|materialized|percentile_cont)\b|&&| ~ |\bcount\(\*\)/i;

/**
 * Names for prepared statements, so that PostgreSQL plans a repeated query once per connection.
 *
 * Not for searches: after five runs PostgreSQL may settle on one plan for all values, and for
 * `ILIKE '%…%'`, a regular expression or whatever is rare that is a scan of the whole table instead of the index. Only the first 500
 * different texts get a name, since each takes memory in every connection. Names of one prefix are
 * given by one such function only.
 */
export function statementNames(
  prefix = 's',
): (query: { sql: string; args: readonly unknown[] }) => string {
  const names = new Map<string, string>();
  return ({ sql, args }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    // BEGIN and COMMIT take the simple protocol.
    const isPlanned = args.length > 0 || sql.startsWith('SELECT');
    if (!isPlanned || names.size >= 500 || search.test(sql)) return '';
    const name = `${prefix}${names.size}`;
    names.set(sql, name);
    return name;
  };
}

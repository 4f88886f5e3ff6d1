import DataLoader from 'dataloader';

/**
 * A read by one key that shares its statement with the others of the same turn of the event loop:
 * under load a server asks for many at a time. It is never older than the call; null is for a key
 * that `read` finds nothing for.
 */
export function readTogether<Key, Row>(
  read: (keys: Key[]) => Promise<Row[]>,
  keyOf: (row: Row) => Key,
): (key: Key) => Promise<Row | null> {
  const loader = new DataLoader<Key, Row | null>(
    async (keys) => {
      const rows = new Map((await read([...new Set(keys)])).map((row) => [keyOf(row), row]));
      return keys.map((key) => rows.get(key) ?? null);
    },
    { cache: false, maxBatchSize: 100, batchScheduleFn: setImmediate },
  );
  return (key) => loader.load(key);
}

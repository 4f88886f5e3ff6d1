import pg from 'pg';

/** Drops what the tests of this run have left on the server: the databases that outlive a test file. */
export default async function dropDatabases(_config, { globals: { databaseUrl } }) {
  if (databaseUrl === undefined) return;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query(
    'SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1)',
    [`reelgraph_test_${process.env.REELGRAPH_TEST_RUN}_`],
  );
  for (const { name } of rows) await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await client.end();
}

import { openDatabase } from '../src/database/database.ts';
import { writeFileSync, mkdirSync } from 'node:fs';
const log = (k: string) => (o: object, m: string) => console.log(k, o, m);
const logger = { info: log('I'), warn: log('W'), error: log('E') };
const listeners = () => ['uncaughtException', 'unhandledRejection', 'exit', 'SIGINT', 'SIGTERM'].map((e) => process.listenerCount(e));
console.log(listeners());
const db = await openDatabase({ dataDir: '/tmp/w/data2', logger });
console.log(listeners());
process.exitCode = 3;
await db.close();
console.log(listeners(), process.exitCode);
writeFileSync('/tmp/w/data2/postgres/PG_VERSION', '17\n');
await openDatabase({ dataDir: '/tmp/w/data2', logger }).catch((e) => console.log(e.name, e.message));
mkdirSync('/tmp/w/data3/postgres', { recursive: true }); writeFileSync('/tmp/w/data3/postgres/PG_VERSION', '18\n');
await openDatabase({ dataDir: '/tmp/w/data3', logger }).catch((e) => console.log(e.name, e.message));
await openDatabase({ dataDir: '/proc/nope', logger }).catch((e) => console.log(e.name, e.message));
for (const url of ['postgres://u:secret@127.0.0.1:5432/nosuchdb', 'postgres://u:secr#et@127.0.0.1:5432/x', 'hello', 'mysql://a:secret@b/c', 'postgres://postgres:secret@127.0.0.1:5432/postgres?sslmode=verify-full', 'postgres://postgres:secret@127.0.0.1:5432/postgres?sslrootcert=/nope.pem', 'postgres://u:secret@127.0.0.1:5999/x']) {
  const t = Date.now();
  await openDatabase({ dataDir: '', url, logger }).catch((e) => console.log(url, Date.now() - t, e.name, e.message));
}

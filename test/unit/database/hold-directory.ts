/** A process of its own that opens the embedded database in the given directory and keeps it. */
import process from 'node:process';
import { openDatabase } from '../../../src/database/database.ts';

const log = (_details: object, message: string) => void process.stderr.write(`${message}\n`);
const database = await openDatabase({
  dataDir: process.argv[2]!,
  logger: { info: log, warn: log, error: log },
});
const id = process.argv[3]!;
await database.prisma.upstreamKey.create({ data: { id } });
process.stdout.write('holding\n');
setInterval(() => undefined, 1_000);

/** Appends without end and prints the number of each entry once it is durable. `node writer.ts FILE RUN`. */
import { openSqliteJournal } from '../../src/journal/sqlite.ts';
import { realClock } from '../../src/world/real.ts';
import { header, key, record } from '../conformance/journal.ts';

const [file, id] = process.argv.slice(2) as [string, string];
const journal = openSqliteJournal(file, { clock: realClock, key });
const run = await journal.createRun(header(id, 1));
await run.addRecords([record(0)]);
await run.begin();
for (let attempt = 1; ; attempt += 1) {
  await run.append({
    type: 'intended',
    record: 0,
    path: 'p',
    attempt,
    requestId: 'r',
    operation: 'o',
    with: {},
    at: 1,
  });
  process.stdout.write(`${attempt}\n`);
}

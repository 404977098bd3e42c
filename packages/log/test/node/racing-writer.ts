/** A process that appends to a log until it is refused: `racing-writer.ts DIRECTORY NAME COUNT`. Used by `racing.test.ts`. */
import { LogError, openLog } from '@assay/log/node';
import { systemClock } from '@assay/core';
import { diskOptions, request } from './support.ts';

const [, , directory = '', name = '', count = '0'] = process.argv;
const acknowledged: [number, string, string][] = [];
let end = 'finished';
try {
  const log = await openLog(diskOptions(directory, systemClock));
  process.stdout.write('open\n');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  for (let i = 0; i < Number(count); i++) {
    const text = `${name}-${i}`;
    const { index } = await log.append(request(text));
    acknowledged.push([index, text, Buffer.from(log.newest.note).toString()]);
  }
} catch (error) {
  if (!(error instanceof LogError)) throw error;
  end = error.code;
}
process.stdout.write(`${JSON.stringify({ end, acknowledged })}\n`);
process.exit(0);

/** How fast a log is verified again from its bytes: every entry hashed, every tile compared, the root reached. */
import { join } from 'node:path';
import { diskFiles, fsck, sqliteRowReadOnly } from '@assay/log/node';
import { type Rate, rateOf } from './rate.ts';

/** Checks the log in `directory`; throws if it is not clean, because then the rate means nothing. */
export async function reverify(directory: string): Promise<{ entries: number; rate: Rate }> {
  const row = sqliteRowReadOnly(join(directory, 'log.db'));
  let entries = 0;
  const rate = await rateOf(process.pid, async () => {
    const report = await fsck({ files: diskFiles(directory), row });
    if (report.findings.length > 0)
      throw new Error(`the log is not clean: ${JSON.stringify(report.findings[0])}`);
    entries = report.size;
    return report.size;
  });
  await row.close();
  return { entries, rate };
}

/** `assay log fsck`: checks a log's own files on disk, reading everything and changing nothing. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { diskFiles, fsck, sqliteRowReadOnly } from '@assay/log/node';
import { CliError } from '../cli-error.ts';
import { offlineCommand } from '../command.ts';
import { asText } from '../flags.ts';
import { Progress } from '../progress.ts';
import { finding } from '../report.ts';

export const logFsck = offlineCommand<object, [directory: string]>({
  brief: "Check a log's files on disk",
  examples: ['log fsck .assay/state/log'],
  flags: {},
  args: { kind: 'tuple', parameters: [{ brief: "The log's folder", parse: asText, placeholder: 'DIR' }] },
  async run(context, _flags, directory) {
    const database = join(directory, 'log.db');
    if (!existsSync(database)) {
      throw new CliError('unreadable-file', {
        what: 'there is no log here',
        where: database,
        fix: "Give a log's own folder.",
      });
    }
    const progress = new Progress(context.clock, (text) => context.process.stderr.write(text));
    const report = await fsck({
      files: diskFiles(directory),
      row: sqliteRowReadOnly(database),
      onProgress: (done, total) => progress.tick(() => `fsck: ${done} of ${total} entries`),
    });
    const { size, root, findings } = report;
    return finding(findings.length > 0, report, [
      `${size} entries, root ${root}`,
      ...findings.map(({ code, what, where }) => `${code}: ${what} (at ${where})`),
      findings.length === 0 ? 'clean' : `${findings.length} finding${findings.length === 1 ? '' : 's'}`,
    ]);
  },
});

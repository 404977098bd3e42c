/** `assay log rebuild`: makes a log's own folder again from a mirror of it. */
import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hex, unixSeconds } from '@assay/core';
import { diskFiles, rebuildLog, sqliteRow } from '@assay/log/node';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { asText } from '../flags.ts';
import { clean } from '../report.ts';

interface RebuildFlags {
  readonly from: string;
}

export const logRebuild = networkCommand<RebuildFlags, [directory: string]>({
  brief:
    "Make a log's folder again from a mirror; its own keys and witnesses still decide whether it may sign",
  examples: ['log rebuild .assay/state/log --from /srv/mirror'],
  flags: {
    from: { kind: 'parsed', parse: asText, brief: 'Folder of the mirror', placeholder: 'DIR' },
  },
  args: {
    kind: 'tuple',
    parameters: [{ brief: "The log's folder, empty or absent", parse: asText, placeholder: 'DIR' }],
  },
  async run({ policy, context }, { from }, directory) {
    const database = join(directory, 'log.db');
    if (existsSync(database) || existsSync(join(directory, 'public'))) {
      throw new CliError('usage', {
        what: 'there is a log here already',
        where: directory,
        fix: 'Move it away first: nothing of a log is ever overwritten.',
      });
    }
    await mkdir(directory, { recursive: true });
    await cp(join(from, 'public'), join(directory, 'public'), { recursive: true, errorOnExist: true });
    const row = sqliteRow(database);
    try {
      const { origin, size, root } = await rebuildLog(diskFiles(directory), row, {
        policy,
        time: unixSeconds(context.clock),
      });
      return clean({ origin, size, root: hex(root), directory }, [
        `${origin}, ${size} entries, root ${hex(root)}, rebuilt in ${directory}`,
        'start the log: it asks its witnesses first, and refuses to sign if they saw more than the mirror held',
      ]);
    } finally {
      await row.close();
    }
  },
});

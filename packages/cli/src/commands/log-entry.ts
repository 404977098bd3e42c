/** `assay log entry`: one statement, proved to be in the log. */
import { networkCommand } from '../command.ts';
import { provedEntry } from '../content/log-entries.ts';
import { writeFile } from '../content/write-file.ts';
import { asCount, asText } from '../flags.ts';
import { clean } from '../report.ts';

interface EntryFlags {
  readonly out?: string;
}

export const logEntry = networkCommand<EntryFlags, [index: number]>({
  brief: 'Show the statement at an index, proved to be in the log',
  examples: ['log entry 17', 'log entry 17 --out entry.json'],
  flags: {
    out: {
      kind: 'parsed',
      parse: asText,
      brief: 'Write the exact bytes to a file',
      optional: true,
      placeholder: 'FILE',
    },
  },
  args: { kind: 'tuple', parameters: [{ brief: 'Log index', parse: asCount, placeholder: 'INDEX' }] },
  async run(session, { out }, index) {
    const { entry, statement } = await provedEntry(session, index);
    if (out !== undefined) writeFile(out, entry);
    const { kind, id, signer, predicate } = statement;
    return clean({ index, kind, id, signer, predicate }, [
      `${kind} ${id}`,
      `signed by ${signer}, at index ${index}`,
      ...JSON.stringify(predicate, null, 2).split('\n'),
      ...(out === undefined ? [] : [`${entry.length} bytes written to ${out}`]),
    ]);
  },
});

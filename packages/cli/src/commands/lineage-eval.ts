/** `assay lineage eval`: answers plain-data cases, one line of JSON per case. */
import { evalCases } from '@assay/views';
import { offlineCommand } from '../command.ts';
import { readFileBytes } from '../content/read-file.ts';
import { parseJsonBytes } from '../content/json-file.ts';
import { asText } from '../flags.ts';
import { clean } from '../report.ts';

export const lineageEval = offlineCommand<object, [file: string]>({
  brief: 'Answer plain-data lineage cases from a file, or from standard input with "-"',
  examples: ['lineage eval vectors/lineage.json', 'lineage eval - < cases.json'],
  flags: {},
  args: { kind: 'tuple', parameters: [{ brief: 'File of cases, or -', parse: asText, placeholder: 'FILE' }] },
  async run(context, _flags, file) {
    const bytes = file === '-' ? await context.stdin() : readFileBytes(file);
    const answers = evalCases(parseJsonBytes(bytes, file));
    return clean(
      answers,
      answers.map((list) => JSON.stringify(list)),
    );
  },
});

/** `assay log proof`: a file that proves an entry to anybody, offline. */
import { fromUtf8 } from '@assay/core';
import { networkCommand } from '../command.ts';
import { provedEntry } from '../content/log-entries.ts';
import { writeFile } from '../content/write-file.ts';
import { asCount, asText } from '../flags.ts';
import { clean } from '../report.ts';

interface ProofFlags {
  readonly out?: string;
}

export const logProof = networkCommand<ProofFlags, [index: number]>({
  brief: 'Get the .tlog-proof of an entry, verified',
  examples: ['log proof 17 --out 17.tlog-proof', 'log proof 17'],
  flags: {
    out: { kind: 'parsed', parse: asText, brief: 'Write it to a file', optional: true, placeholder: 'FILE' },
  },
  args: { kind: 'tuple', parameters: [{ brief: 'Log index', parse: asCount, placeholder: 'INDEX' }] },
  async run(session, { out }, index) {
    const { proof, witnessed, statement } = await provedEntry(session, index);
    if (out !== undefined) writeFile(out, proof);
    const { size, origin } = witnessed.checkpoint;
    const data = { index, id: statement.id, origin, size, proof: fromUtf8(proof) };
    return clean(
      data,
      out === undefined
        ? fromUtf8(proof).trimEnd().split('\n')
        : [`proof under size ${size} written to ${out}`],
    );
  },
});

/** `assay pay evidence`: what this wallet can prove of one order, as a file for whoever has to be shown it. */
import { networkCommand } from '../command.ts';
import { asText } from '../flags.ts';
import { clean } from '../report.ts';
import { writeEvidence } from '../settlement/evidence-file.ts';
import { fromBooks } from '../wallet/report.ts';

interface EvidenceFlags {
  readonly out: string;
}

export const payEvidence = networkCommand<EvidenceFlags, [id: string]>({
  brief: 'Write what is kept of an order to a file: order, voucher, receipt, and why it was refused',
  examples: ['pay evidence 3f9a0c11 --out evidence.json'],
  flags: {
    out: { kind: 'parsed', parse: asText, brief: 'File to write', placeholder: 'FILE' },
  },
  args: {
    kind: 'tuple',
    parameters: [{ brief: 'Request, receipt or order', parse: asText, placeholder: 'ID' }],
  },
  async run(session, { out }, id) {
    const evidence = await fromBooks(session, id, (payments) => payments.evidence(id));
    writeEvidence(out, evidence);
    const { state, request, reason } = evidence;
    return clean({ file: out, evidence }, [
      `${out} holds what is kept of request ${request}: ${state}${reason === undefined ? '' : ` (${reason.code})`}`,
      ...(reason?.code === 'over-claim' ? [`next: assay stake slash --over-claim ${out}`] : []),
    ]);
  },
});

/** `assay pay explain`: one payment from receipt to chain, every link verified here; or what was wrong with a refused answer. */
import { networkCommand } from '../command.ts';
import { asText } from '../flags.ts';
import { clean } from '../report.ts';
import { fromBooks } from '../wallet/report.ts';

export const payExplain = networkCommand<object, [id: string]>({
  brief: 'Say what became of a payment or a refused answer, verify every link, and say what can be done',
  examples: ['pay explain 3f9a0c11'],
  flags: {},
  args: {
    kind: 'tuple',
    parameters: [{ brief: 'Receipt or request', parse: asText, placeholder: 'ID' }],
  },
  async run(session, _flags, id) {
    const explained = await fromBooks(session, id, (payments) => payments.explain(id));
    return clean(explained, [explained.text]);
  },
});

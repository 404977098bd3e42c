/** `assay pay explain`: one payment from receipt to chain, every link verified here. */
import { networkCommand } from '../command.ts';
import { asText } from '../flags.ts';
import { clean } from '../report.ts';
import { bookClient } from '../wallet/report.ts';

export const payExplain = networkCommand<object, [id: string]>({
  brief: 'Say what became of a payment, and verify every link of it',
  examples: ['pay explain 3f9a0c11'],
  flags: {},
  args: {
    kind: 'tuple',
    parameters: [{ brief: 'Receipt or request', parse: asText, placeholder: 'ID' }],
  },
  async run(session, _flags, id) {
    const { payment, text, proved, unverified } = await bookClient(session).payments.explain(id);
    return clean({ payment, proved, unverified, text }, [text]);
  },
});

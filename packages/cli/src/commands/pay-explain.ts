/** `assay pay explain`: one payment from receipt to chain, every link verified here. */
import { type Explanation, SdkError } from '@assay/sdk';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { asText } from '../flags.ts';
import { clean } from '../report.ts';
import type { Session } from '../session.ts';
import { bookClient, walletHolder } from '../wallet/report.ts';

/** The client's hint is for programs. @throws CliError `unknown-name` */
async function explain(session: Session, id: string): Promise<Explanation> {
  try {
    return await bookClient(session).payments.explain(id);
  } catch (error) {
    if (!(error instanceof SdkError) || error.code !== 'unknown-payment') throw error;
    const { name } = walletHolder(session);
    throw new CliError('unknown-name', {
      what: `no payment "${id.slice(0, 80)}" is in the books of ${name}`,
      fix: 'See "assay pay list"; another wallet\'s books are chosen with --key.',
    });
  }
}

export const payExplain = networkCommand<object, [id: string]>({
  brief: 'Say what became of a payment, and verify every link of it',
  examples: ['pay explain 3f9a0c11'],
  flags: {},
  args: {
    kind: 'tuple',
    parameters: [{ brief: 'Receipt or request', parse: asText, placeholder: 'ID' }],
  },
  async run(session, _flags, id) {
    const { payment, text, proved, unverified } = await explain(session, id);
    return clean({ payment, proved, unverified, text }, [text]);
  },
});

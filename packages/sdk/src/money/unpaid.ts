/** Why nothing was paid: there is no wallet, or the gateway did not take what it offered. */
import { SdkError } from '../errors.ts';

/** A price, and no wallet. @param sentence  the gateway's own words */
export const unpaid = (where: string, sentence: string): SdkError =>
  new SdkError('no-wallet', {
    what: `the answer costs money, and this client has no wallet; the gateway says: ${sentence}`,
    where,
    fix: 'Give the client a wallet: new Assay({ …, wallet, budget }).',
  });

/** A payment that was not taken. @param sentence  the gateway's own words */
export const unpayable = (where: string, sentence: string): SdkError =>
  new SdkError('payment-refused', {
    what: `the gateway did not take the payment; it says: ${sentence}`,
    where,
    fix: 'See that the wallet holds enough; nothing was charged.',
  });

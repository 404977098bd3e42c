/** `assay stake slash`: proves on the chain that a node signed two receipts for one place in its stream. */
import { addressOfPaymentKey } from '@assay/core/money';
import { slashEquivocationCall } from '@assay/pay/node';
import { networkCommand } from '../command.ts';
import { asText } from '../flags.ts';
import { shortId } from '../names/records.ts';
import { clean, finding } from '../report.ts';
import { ChainSession } from '../settlement/chain-session.ts';
import { orderOf, receiptOf, signedReceipt } from '../settlement/signed-receipt.ts';
import { moneyOf, moneyText } from '../wallet/report.ts';

export const stakeSlash = networkCommand<object, [first: string, second: string]>({
  brief: 'Slash a node by two receipts that it signed for one place in its stream',
  examples: ['stake slash 3f2a9c01 9d04be21', 'stake slash one.json other.json --key agent'],
  flags: {},
  args: {
    kind: 'tuple',
    parameters: [
      { brief: 'Receipt: record id or file', parse: asText, placeholder: 'RECEIPT' },
      { brief: 'The other one', parse: asText, placeholder: 'RECEIPT' },
    ],
  },
  async run(session, _flags, first, second) {
    const money = moneyOf(session);
    const timeline = await session.timeline();
    const [a, b] = [receiptOf(timeline, first), receiptOf(timeline, second)];
    const isConflict =
      a.node === b.node &&
      a.predicate.stream === b.predicate.stream &&
      a.predicate.sequence === b.predicate.sequence &&
      a.id !== b.id;
    if (!isConflict) {
      return clean({ slashed: false, receipts: [a.id, b.id] }, [
        `${shortId(a.id)} and ${shortId(b.id)} do not contradict each other: another node, another place, or the same receipt`,
      ]);
    }
    const orders = [orderOf(timeline, a, money), orderOf(timeline, b, money)] as const;
    const call = slashEquivocationCall(money.registry, [signedReceipt(a), signedReceipt(b)], orders);
    await using chain = new ChainSession(session);
    const account = addressOfPaymentKey(timeline.registry.participants.get(a.node)?.paymentKey ?? '');
    const before = await chain.reads.stake(account);
    const tx = await chain.send(session.signatory('agent'), call);
    const after = await chain.reads.stake(account);
    const taken = after.forfeited - before.forfeited;
    return finding(true, { slashed: true, account, taken: String(taken), receipts: [a.id, b.id], tx }, [
      `proven: ${a.node} signed two receipts for ${a.predicate.stream} ${a.predicate.sequence}`,
      `${moneyText(session, String(taken))} of its stake is slashed, and kept for whom it harmed`,
    ]);
  },
});

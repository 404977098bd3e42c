/** `assay stake slash`: proves on the chain what a node signed against itself: one place twice, or more than its order allows. */
import { existsSync } from 'node:fs';
import { addressOfPaymentKey } from '@assay/core/money';
import { type Call, slashEquivocationCall, slashOverclaimCall } from '@assay/pay/node';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { asText } from '../flags.ts';
import { shortId } from '../names/records.ts';
import { clean, finding, type Report } from '../report.ts';
import type { Session } from '../session.ts';
import { ChainSession } from '../settlement/chain-session.ts';
import { evidenceIn } from '../settlement/evidence-file.ts';
import {
  type NamedReceipt,
  orderInFile,
  orderOf,
  receiptOf,
  signedReceipt,
} from '../settlement/signed-receipt.ts';
import { moneyOf, moneyText } from '../wallet/report.ts';

interface SlashFlags {
  readonly overClaim: boolean;
  readonly order?: string;
}

export const stakeSlash = networkCommand<SlashFlags, [first: string, second?: string]>({
  brief:
    'Slash a node by two receipts that it signed for one place, or by one for more than its order allows',
  examples: [
    'stake slash 3f2a9c01 9d04be21',
    'stake slash --over-claim receipt.json --order order.json',
    'stake slash --over-claim evidence.json',
  ],
  flags: {
    overClaim: {
      kind: 'boolean',
      default: false,
      withNegated: false,
      brief: 'By one receipt, for more than its order allows',
    },
    order: {
      kind: 'parsed',
      parse: asText,
      optional: true,
      brief:
        'With --over-claim: file of the order as its payer signed it, where no charge in the log shows it',
      placeholder: 'FILE',
    },
  },
  args: {
    kind: 'tuple',
    parameters: [
      {
        brief: 'Receipt: record id, its file, or a file of "pay evidence"',
        parse: asText,
        placeholder: 'RECEIPT',
      },
      { brief: 'The other one', parse: asText, placeholder: 'RECEIPT', optional: true },
    ],
  },
  async run(session, { overClaim, order }, first, second) {
    if (overClaim === (second !== undefined) || (order !== undefined && !overClaim)) {
      throw new CliError('usage', {
        what: overClaim
          ? 'an over-claim is proven by one receipt'
          : second === undefined
            ? 'one receipt alone contradicts nothing'
            : '--order goes with --over-claim',
        fix: 'Give two receipts, or --over-claim and one.',
      });
    }
    return second === undefined ? overclaim(session, first, order) : equivocation(session, first, second);
  },
});

async function equivocation(session: Session, first: string, second: string): Promise<Report> {
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
  const proven = `${a.node} signed two receipts for ${a.predicate.stream} ${a.predicate.sequence}`;
  return slash(session, { receipts: [a, b], call, proven });
}

async function overclaim(session: Session, name: string, file: string | undefined): Promise<Report> {
  const money = moneyOf(session);
  const timeline = await session.timeline();
  const receipt = receiptOf(timeline, name);
  const { order: ordered, amount = '0' } = receipt.predicate;
  if (ordered === undefined) {
    throw new CliError('not-allowed', {
      what: 'the receipt names no order, so there is no most that it could exceed',
      where: `receipt ${receipt.id}`,
    });
  }
  const shown = file ?? (existsSync(name) && evidenceIn(name) !== undefined ? name : undefined);
  const order = shown === undefined ? orderOf(timeline, receipt, money) : orderInFile(shown, receipt, money);
  if (BigInt(amount) <= BigInt(order.maxAmount)) {
    return clean({ slashed: false, receipts: [receipt.id], amount, maxAmount: order.maxAmount }, [
      `${shortId(receipt.id)} claims ${moneyText(session, amount)}, and its order allows ${moneyText(session, order.maxAmount)}`,
    ]);
  }
  const call = slashOverclaimCall(money.registry, signedReceipt(receipt), order);
  const most = moneyText(session, order.maxAmount);
  const proven = `${receipt.node} claims ${moneyText(session, amount)} for an order of ${most} at most`;
  return slash(session, { receipts: [receipt], call, proven });
}

/** What is sent, and what it proves. */
interface Proof {
  readonly receipts: readonly [NamedReceipt, ...NamedReceipt[]];
  readonly call: Call;
  readonly proven: string;
}

async function slash(session: Session, { receipts, call, proven }: Proof): Promise<Report> {
  const { registry } = await session.timeline();
  await using chain = new ChainSession(session);
  const account = addressOfPaymentKey(registry.participants.get(receipts[0].node)?.paymentKey ?? '');
  const before = await chain.reads.stake(account);
  const tx = await chain.send(session.signatory('agent'), call);
  const after = await chain.reads.stake(account);
  const taken = after.forfeited - before.forfeited;
  const ids = receipts.map(({ id }) => id);
  return finding(true, { slashed: true, account, taken: String(taken), receipts: ids, tx }, [
    `proven: ${proven}`,
    `${moneyText(session, String(taken))} of its stake is slashed, and kept for whom it harmed`,
  ]);
}

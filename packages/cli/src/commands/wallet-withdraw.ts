/** `assay wallet withdraw`: takes back what was deposited and not spent; begun once, finished after the delay. */
import { finalizeWithdrawCall, initiateWithdrawCall } from '@assay/pay/node';
import type { Deposit } from '@assay/sdk';
import { CliError } from '../cli-error.ts';
import { networkCommand } from '../command.ts';
import { clean } from '../report.ts';
import type { Session } from '../session.ts';
import { ChainSession } from '../settlement/chain-session.ts';
import { bookOf } from '../wallet/client.ts';
import { depositsIn } from '../wallet/deposits.ts';
import { moneyText, walletHolder } from '../wallet/report.ts';

/** What was done about one payment channel. */
interface Step {
  readonly paymentChannel: string;
  readonly state: 'begun' | 'finished';
  readonly amount: bigint;
  readonly delay: number;
  readonly tx: string;
}

export const walletWithdraw = networkCommand<object, []>({
  brief:
    'Take back what is deposited and not spent, in whichever channel: begin it, and finish it after the delay',
  examples: ['wallet withdraw'],
  flags: {},
  args: { kind: 'tuple', parameters: [] },
  async run(session) {
    const { name } = walletHolder(session);
    const deposits = await depositsIn(session);
    await using chain = new ChainSession(session);
    // The chain's clock is the one that its contract goes by.
    const now = await chain.reads.now();
    const steps: Step[] = [];
    for (const deposit of deposits) {
      const step = await withdraw(session, chain, { deposit, now });
      if (step !== undefined) steps.push(step);
    }
    if (steps.length === 0) throw nothingDone(name, deposits, now);
    const total = steps.reduce((sum, { amount }) => sum + amount, 0n);
    const withdrawals = steps.map((step) => ({ ...step, amount: String(step.amount) }));
    const state = steps.some((step) => step.state === 'begun') ? 'begun' : 'finished';
    return clean({ name, state, amount: String(total), withdrawals }, [
      ...steps.map((step) => lineOf(session, name, step)),
      ...(state === 'begun' ? ['run "assay wallet withdraw" again then'] : []),
    ]);
  },
});

/** The next step of one payment channel; none where nothing is left, or its time has not come. */
async function withdraw(
  session: Session,
  chain: ChainSession,
  { deposit, now }: { readonly deposit: Deposit; readonly now: number },
): Promise<Step | undefined> {
  const { paymentChannel, config, balance, claimed, withdrawal } = deposit;
  const holder = walletHolder(session);
  const delay = config.withdrawDelay;
  if (withdrawal === undefined) {
    const amount = balance - claimed;
    if (amount <= 0n) return undefined;
    const tx = await chain.send(holder, initiateWithdrawCall(config, amount));
    return { paymentChannel, state: 'begun', amount, delay, tx };
  }
  if (dueAt(deposit) > now) return undefined;
  const tx = await chain.send(holder, finalizeWithdrawCall(config));
  await bookOf(session, holder.name).set(`channel ${paymentChannel}`, '');
  // What was claimed meanwhile does not come back.
  const left = balance - claimed;
  const amount = withdrawal.amount < left ? withdrawal.amount : left;
  return { paymentChannel, state: 'finished', amount, delay, tx };
}

const dueAt = ({ withdrawal, config }: Deposit): number =>
  (withdrawal?.initiatedAt ?? 0) + config.withdrawDelay;

const lineOf = (session: Session, name: string, { state, amount, delay }: Step): string =>
  state === 'begun'
    ? `${moneyText(session, String(amount))} can be taken in ${delay} s; gateways take no vouchers from this payment channel meanwhile`
    : `${moneyText(session, String(amount))} is back in ${name}'s wallet`;

function nothingDone(name: string, deposits: readonly Deposit[], now: number): CliError {
  const waiting = deposits.filter(({ withdrawal }) => withdrawal !== undefined).map(dueAt);
  if (waiting.length === 0) {
    return new CliError('not-allowed', {
      what: `${name} has nothing deposited that is not claimed`,
      fix: 'See "assay wallet show".',
    });
  }
  return new CliError('not-yet', {
    what: `the withdrawal is due in ${Math.min(...waiting) - now} s`,
    fix: 'Ask again then.',
  });
}

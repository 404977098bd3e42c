/** Random steps on the ledger and on a second model, equal to the unit after every one (payments.md §6, test 2). */
import { type BatchTerms, type HoldTerms, LedgerError, openLedger, type PaymentLedger } from '@assay/pay';
import { seeded } from '../storage/sim-disk.ts';
import { type ChainSide, realVoucher, type Standing } from './chain.ts';
import { Disk } from './disk.ts';
import { Generator } from './generate.ts';
import { Model } from './model.ts';
import { type Ask, channelId, CHANNELS, FEE_BPS, MAX_EXPOSURE, type Step } from './step.ts';

/** What a run came to. */
export interface DifferentialResult {
  readonly steps: number;
  /** How often each outcome occurred: a run that never refuses tests little. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly totals: Model['totals'];
}

/** Where ledger and model part. */
export class Divergence extends Error {}

/** A real chain that follows, if it is asked to. */
export interface Following {
  readonly chain: ChainSide;
  /** Steps between two settlements. */
  readonly every: number;
}

/**
 * Runs `steps` steps from a seed. With a chain, vouchers are signed for real, and every so many steps all that was
 * captured is claimed there.
 *
 * @throws Divergence that names the step
 */
export async function differential(
  seed: number,
  steps: number,
  following?: Following,
): Promise<DifferentialResult> {
  const model = new Model();
  // Money on a chain is not taken back within a run: there only deposits are made.
  const generator = new Generator(seeded(seed), model, following !== undefined);
  const ledger = await LedgerUnderTest.open(following === undefined ? plainVoucher : realVoucher);
  const outcomes = new Map<string, number>();
  for (let i = 0; i < steps; i++) {
    const step = generator.step();
    const [actual, expected] = [await ledger.apply(step, model), model.apply(step)];
    const note = `${step.kind}: ${expected}`;
    outcomes.set(note, (outcomes.get(note) ?? 0) + 1);
    if (actual !== expected) {
      throw new Divergence(
        `seed ${seed} step ${i} ${show(step)}: the ledger says "${actual}", the model "${expected}"`,
      );
    }
    const differs = ledger.compare(model);
    if (differs !== undefined) throw new Divergence(`seed ${seed} step ${i} ${show(step)}: ${differs}`);
    if (following === undefined || (i + 1) % following.every !== 0) continue;
    const parted = await following.chain.settle(model.balances, ledger.standings());
    if (parted !== undefined) throw new Divergence(`seed ${seed} step ${i}, on the chain: ${parted}`);
  }
  ledger.balance(model);
  return { steps, outcomes, totals: model.totals };
}

const show = (step: Step): string =>
  JSON.stringify(step, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));

/** The ledger, driven by steps. */
class LedgerUnderTest {
  #disk = new Disk<string>();
  #ledger: PaymentLedger<string>;
  readonly #paid = { debit: 0n, credit: 0n, fees: 0n, refunds: 0n };

  readonly #voucher: VoucherOf;
  readonly #ids: readonly string[];

  private constructor(ledger: PaymentLedger<string>, disk: Disk<string>, voucher: VoucherOf) {
    this.#ledger = ledger;
    this.#disk = disk;
    this.#voucher = voucher;
    this.#ids = Array.from({ length: CHANNELS }, (_, channel) => voucher(channel, 0n).paymentChannel);
  }

  static async open(voucher: VoucherOf): Promise<LedgerUnderTest> {
    const disk = new Disk<string>();
    return new LedgerUnderTest(await openOn(disk), disk, voucher);
  }

  /** What it says of each payment channel. */
  standings(): readonly (Standing | undefined)[] {
    return Array.from({ length: CHANNELS }, (_, channel) => this.#ledger.channel(this.#ids[channel]!));
  }

  async apply(step: Step, model: Model): Promise<string> {
    try {
      return await this.#do(step, model);
    } catch (error) {
      if (error instanceof LedgerError) return error.code;
      throw error;
    }
  }

  async #do(step: Step, { now, balances }: Model): Promise<string> {
    const ledger = this.#ledger;
    switch (step.kind) {
      case 'reserve':
      case 'begin': {
        const channel = 'channel' in step.ask.pays ? step.ask.pays.channel : undefined;
        const limits = { now, ...(channel === undefined ? {} : { balance: balances[channel]! }) };
        const { mine } = await ledger[step.kind](termsOf(step.ask, this.#voucher), limits);
        return mine ? 'ok mine' : 'ok';
      }
      case 'execute':
        await ledger.execute(step.id);
        return 'ok';
      case 'abandon':
        ledger.abandon(step.id);
        return 'ok';
      case 'deliver':
        await ledger.deliver(step.id, { receipt: receiptOf(step.id), amount: step.amount });
        return 'ok';
      case 'capture': {
        const { amount = '0', fee = '0' } = await ledger.capture(step.id, () => 'charge');
        this.#paid.debit += BigInt(amount);
        this.#paid.fees += BigInt(fee);
        this.#paid.credit += BigInt(amount) - BigInt(fee);
        return 'ok';
      }
      case 'paid':
        await ledger.paid(step.id, `0x${'1'.repeat(64)}`);
        return 'ok';
      case 'release':
        await ledger.release(step.id, step.reason, () => 'release');
        return 'ok';
      case 'refund':
        await ledger.refund(step.id, step.amount);
        this.#paid.refunds += step.amount;
        return 'ok';
      case 'expire':
        await ledger.expire(now, () => 'release');
        return 'ok';
      case 'compact':
        await ledger.compact(now);
        // What stands before a snapshot may go.
        this.#disk.events.splice(
          0,
          this.#disk.events.findLastIndex(({ kind }) => kind === 'snapshot'),
        );
        return 'ok';
      case 'restart':
        this.#ledger = await openOn(this.#disk);
        return 'ok';
      case 'wait':
      case 'fund':
        return 'ok';
    }
  }

  /** Every hold, every channel, every sum. */
  compare(model: Model): string | undefined {
    if (this.#ledger.exposure !== model.exposure())
      return `exposure ${this.#ledger.exposure}, not ${model.exposure()}`;
    const standing = model.standing();
    for (let i = 0; i < CHANNELS; i++) {
      const books = this.#ledger.channel(this.#ids[i]!);
      const [captured, base, ceiling] = [standing.captured[i]!, standing.base[i]!, model.vouchers[i]!];
      if ((books?.captured ?? 0n) !== captured)
        return `channel ${i}: captured ${books?.captured}, not ${captured}`;
      if (this.#ledger.baseOf(this.#ids[i]!) !== base) return `channel ${i}: base, not ${base}`;
      if ((books?.ceiling ?? 0n) !== ceiling)
        return `channel ${i}: ceiling ${books?.ceiling}, not ${ceiling}`;
      if (base > ceiling) return `channel ${i}: ${base} captured and held above the voucher's ${ceiling}`;
    }
    let count = 0;
    for (const hold of this.#ledger.holds()) {
      const row = model.rows.get(hold.id);
      if (row?.state !== hold.state) return `${hold.id} is ${hold.state}, not ${row?.state}`;
      if (hold.refunded !== undefined && BigInt(hold.refunded) !== row.back) return `${hold.id}: refunded`;
      count++;
    }
    return count === model.rows.size ? undefined : `${count} holds, not ${model.rows.size}`;
  }

  /** Σ debit = Σ credit + fees, and refunds were charged before. @throws Divergence */
  balance({ totals }: Model): void {
    const { debit, credit, fees, refunds } = this.#paid;
    const same =
      debit === totals.debit &&
      credit === totals.credit &&
      fees === totals.fees &&
      refunds === totals.refunds;
    if (same && debit === credit + fees && refunds <= debit) return;
    throw new Divergence(`debit ${debit}, credit ${credit}, fees ${fees}, refunds ${refunds} do not balance`);
  }
}

const openOn = (disk: Disk<string>): Promise<PaymentLedger<string>> =>
  openLedger({ journal: disk.open(), events: [...disk.events], maxUnwitnessedExposure: MAX_EXPOSURE });

const receiptOf = (id: string): string => Buffer.from(id).toString('hex').slice(-64).padStart(64, '0');

function termsOf(
  { id, payer, requestId, hash, max, deadline, pays, ordered }: Ask,
  voucher: VoucherOf,
): HoldTerms {
  const common = {
    id,
    payer,
    requestId,
    requestHash: hash,
    network: 'eip155:31337',
    priceBook: '4'.repeat(64),
  };
  return {
    ...common,
    feeBps: FEE_BPS,
    max: String(max),
    deadline,
    ...(ordered ? { order: { ...ORDER, requestId, maxAmount: String(max) } } : {}),
    ...('nonce' in pays
      ? {
          exact: {
            nonce: pays.nonce,
            value: String(max),
            validAfter: '0',
            validBefore: '0',
            signature: '0x',
          },
        }
      : { batch: voucher(pays.channel, pays.ceiling) }),
  };
}

type VoucherOf = (channel: number, ceiling: bigint) => BatchTerms;

const plainVoucher: VoucherOf = (channel, ceiling) => ({
  ...CHANNEL,
  paymentChannel: channelId(channel),
  ceiling: String(ceiling),
});

const zero = `0x${'0'.repeat(64)}`;
const ORDER = {
  paymentChannel: zero,
  requestHash: zero,
  channel: '',
  target: zero,
  priceBook: zero,
  deadline: '0',
  signature: '0x',
  by: '0x',
  hash: '0'.repeat(64),
};
const CHANNEL = {
  config: {
    payer: '0x',
    payerAuthorizer: '0x',
    receiver: '0x',
    receiverAuthorizer: '0x',
    token: '0x',
    withdrawDelay: 900,
    salt: zero,
  },
  signature: '0x',
};

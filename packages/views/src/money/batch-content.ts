/** What a batch must say: a function of a log range (specs/payments.md, "Batch"). */
import {
  bytes32Of,
  channelLeafHash,
  chargeLeafHash,
  evmHex,
  heldPaymentId,
  merkleRoot,
  ZERO_BYTES32,
} from '@assay/core/money';
import type { ChargeRecord, ReleaseRecord } from './charge-record.ts';
import type { Money } from './money.ts';

/** Which batch. */
export interface BatchRange {
  readonly number: number;
  readonly network: string;
  readonly vault: string;
  /** Address of the settler whose charges it covers. */
  readonly settler: string;
  /** Who gets the fees. */
  readonly treasury: string;
  /** Log sizes: `from` ≤ index < `to`. */
  readonly from: number;
  readonly to: number;
}

/** One address and what it gets. */
export interface Credit {
  readonly to: string;
  readonly amount: bigint;
}

/** A payment channel after a batch, with what claims on it need. */
export interface ChannelStanding {
  readonly paymentChannel: string;
  /** All that was captured on it up to the batch's end, but for what is withheld. */
  readonly cumulative: bigint;
  /** The same after each of its charges here, ascending: what may be claimed where the channel does not hold it all. */
  readonly steps: readonly bigint[];
  /** The charge whose voucher goes furthest. */
  readonly voucher: NonNullable<ChargeRecord['charge']['batch']>;
}

/** Everything a batch is made of. */
export interface BatchContent extends BatchRange {
  readonly charges: readonly ChargeRecord[];
  /** One for each charge, in log order. */
  readonly leaves: readonly Uint8Array[];
  readonly root: string;
  readonly channels: readonly ChannelStanding[];
  readonly channelsRoot: string;
  readonly total: bigint;
  /** Ascending by address, none of them zero. */
  readonly credits: readonly Credit[];
  /** `exact` payments that become charges: their ids in the vault. */
  readonly captures: readonly { readonly id: string; readonly amount: bigint }[];
  /** `exact` payments that go back. */
  readonly returns: readonly ReleaseRecord[];
}

/** The content of a batch over a range of the log. */
export function batchContent(money: Money, range: BatchRange): BatchContent {
  const charges = money
    .chargesIn(range.from, range.to)
    .filter(
      (record) =>
        record.charge.network === range.network &&
        record.vault === range.vault &&
        record.settler === range.settler &&
        !money.settlements.isWithheld(record),
    );
  const leaves = charges.map((charge) => leafOf(charge, range.number));
  const channels = standings(money, charges);
  const channelLeaves = channels.map(({ paymentChannel, cumulative }) =>
    channelLeafHash({ batch: BigInt(range.number), paymentChannel, cumulative }),
  );
  return {
    ...range,
    charges,
    leaves,
    root: rootOf(leaves),
    channels,
    channelsRoot: rootOf(channelLeaves),
    total: charges.reduce((sum, { amount }) => sum + amount, 0n),
    credits: creditsOf(charges, range.treasury),
    captures: charges.flatMap(({ charge, amount }) =>
      charge.exact === undefined ? [] : [{ id: heldPaymentId(charge.payer, charge.exact.nonce), amount }],
    ),
    returns: money.releases.filter(
      ({ index, release }) =>
        index >= range.from &&
        index < range.to &&
        release.network === range.network &&
        release.tx !== undefined,
    ),
  };
}

/** A charge's leaf in a batch. */
export function leafOf(
  { charge, output, nodeAddress, amount, fee }: ChargeRecord,
  batch: number,
): Uint8Array {
  return chargeLeafHash({
    batch: BigInt(batch),
    receiptId: bytes32Of(output.id),
    entryLeaf: evmHex(output.entryLeaf),
    logIndex: BigInt(output.index),
    payer: charge.payer,
    node: nodeAddress,
    version: bytes32Of(output.receipt.version),
    priceBook: bytes32Of(charge.priceBook),
    amount,
    fee,
  });
}

const rootOf = (leaves: readonly Uint8Array[]): string =>
  leaves.length === 0 ? ZERO_BYTES32 : evmHex(merkleRoot(leaves));

/** In the order in which channels were first charged in the range. */
function standings(money: Money, charges: readonly ChargeRecord[]): readonly ChannelStanding[] {
  const byChannel = new Map<string, ChannelStanding & { readonly steps: bigint[] }>();
  for (const record of charges) {
    const { charge } = record;
    if (charge.batch === undefined) continue;
    const { paymentChannel, voucher } = charge.batch;
    const known = byChannel.get(paymentChannel);
    const before = known?.voucher;
    const cumulative = claimableUpTo(money, record);
    const steps = known?.steps ?? [];
    steps.push(cumulative);
    const further =
      before === undefined || BigInt(voucher.maxClaimableAmount) > BigInt(before.voucher.maxClaimableAmount);
    byChannel.set(paymentChannel, {
      paymentChannel,
      cumulative,
      steps,
      voucher: further ? charge.batch : before,
    });
  }
  return Array.from(byChannel.values());
}

/** What may be claimed on a charge's payment channel once it is in a batch: all that was captured up to it and not withheld. */
export function claimableUpTo(money: Money, { charge, index }: ChargeRecord): bigint {
  if (charge.batch === undefined) return 0n;
  const { cumulative, paymentChannel } = charge.batch;
  return BigInt(cumulative) - money.settlements.withheldOn(paymentChannel, index);
}

/** Nodes get what is left after fees, the treasury the fees. */
function creditsOf(charges: readonly ChargeRecord[], treasury: string): readonly Credit[] {
  const sums = new Map<string, bigint>();
  const add = (to: string, amount: bigint): void => void sums.set(to, (sums.get(to) ?? 0n) + amount);
  for (const { nodeAddress, amount, fee } of charges) {
    add(nodeAddress, amount - fee);
    add(treasury, fee);
  }
  return Array.from(sums, ([to, amount]) => ({ to, amount }))
    .filter(({ amount }) => amount > 0n)
    .toSorted((a, b) => (a.to < b.to ? -1 : 1));
}

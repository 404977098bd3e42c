/** What became of a payment, checked link by link: receipt, order, charge, batch, leaf, chain; and said in one paragraph. */
import type { Clock, Predicate } from '@assay/core';
import type { Policy } from '@assay/log';
import {
  type Address,
  assayDomain,
  chainIdOf,
  orderHash,
  paymentChannelId,
  type Secp256k1,
} from '@assay/pay';
import { SdkError } from '../errors.ts';
import type { Gateway } from '../gateway.ts';
import { objectOf } from '../oip.ts';
import { chargedElsewhere } from './charged-elsewhere.ts';
import { checkLeaf, type LeafChecked, type Placed } from './explain-leaf.ts';
import { proven } from './explain-proven.ts';
import type { Evidence } from './evidence.ts';
import { paragraph } from './explain-words.ts';
import type { BookedPayment, PaymentStatus } from './payment.ts';
import type { ChainToAsk } from './chain-to-ask.ts';

/** By what an explanation is checked. */
export interface ExplainTrust {
  readonly policy: Policy;
  readonly clock: Clock;
  readonly curve: Secp256k1;
  /** The chain, asked by the caller's own JSON-RPC; without one its word is not verified, and the explanation says so. */
  readonly chain: ChainToAsk | undefined;
}

/** A payment explained. Everything in it was verified here, by the caller's own policy, but what `unverified` names. */
export interface Explanation {
  /** Absent where no answer held: nothing was booked then. */
  readonly payment?: BookedPayment;
  /** What is kept of it, for whoever has to be shown it. */
  readonly evidence?: Evidence;
  /** One paragraph for people. */
  readonly text: string;
  /** Log indexes of what was verified; and by which root the charge's leaf is in its batch. */
  readonly proved: {
    readonly receipt?: number;
    readonly charge?: number;
    readonly batch?: number;
    readonly leaf?: 'chain' | 'log';
  };
  /** What of a settled payment could not be verified, and why. */
  readonly unverified: readonly string[];
  /** What can be done about it now; nothing where all is well. */
  readonly remedies: readonly string[];
}

/** @throws SdkError `mismatch`; ReceiptError */
export async function explainPayment(
  booked: BookedPayment,
  gateway: Gateway,
  trust: ExplainTrust,
): Promise<Explanation> {
  const told = objectOf(await gateway.json(`/assay/v1/payments/${booked.receipt}${queryOf(booked)}`));
  const receipt = proven(told['receipt'], 'output.receipt', trust);
  const charge = proven(told['charge'], 'charge', trust);
  const release = proven(told['release'], 'release', trust);
  const batch = proven(told['batch'], 'batch', trust);
  const disposition = proven(told['disposition'], 'incident.settle', trust);
  // Dispositions follow their refund: until then nothing says which charges it gave back.
  const refund = disposition === undefined ? undefined : proven(told['refund'], 'refund', trust);
  if (receipt !== undefined) checkReceipt(receipt, booked);
  if (charge !== undefined) checkCharge(charge, booked);
  if (refund !== undefined) checkRefund(refund, disposition, booked);
  let leaf: LeafChecked | undefined;
  if (batch !== undefined && charge !== undefined) {
    checkBatch(batch, charge);
    if (receipt === undefined) throw mismatch('a batch settled a charge whose receipt is not shown');
    const proof = told['leaf'] === undefined ? undefined : objectOf(told['leaf'])['proof'];
    const { chain, curve } = trust;
    leaf = await checkLeaf({
      receipt,
      charge,
      batch,
      proof,
      isRefunded: refund !== undefined,
      chain,
      curve,
    });
  }
  const status: PaymentStatus =
    release !== undefined
      ? 'released'
      : charge === undefined
        ? 'held'
        : refund === undefined
          ? 'captured'
          : 'refunded';
  const settled = batch === undefined ? {} : { batch: batch.predicate.number, tx: batch.predicate.tx };
  const alsoCharged = chargedElsewhere(told['others'], booked, trust);
  const also = alsoCharged.length === 0 ? {} : { alsoCharged };
  const payment: BookedPayment = { ...booked, ...settled, ...also, status };
  return {
    payment,
    text: paragraph(payment, { receipt, charge, batch, refund, leaf }),
    proved: {
      ...(receipt === undefined ? {} : { receipt: receipt.index }),
      ...(charge === undefined ? {} : { charge: charge.index }),
      ...(batch === undefined ? {} : { batch: batch.index }),
      ...(leaf?.leaf === undefined ? {} : { leaf: leaf.leaf }),
    },
    unverified: leaf?.unverified ?? [],
    remedies: [],
  };
}

/** What was lost elsewhere is looked for by its request. */
function queryOf({ alsoOrdered, payer, request }: BookedPayment): string {
  if (alsoOrdered === undefined || payer === undefined) return '';
  return `?${new URLSearchParams({ payer, request }).toString()}`;
}

function checkReceipt({ id, predicate }: Placed<Predicate<'output.receipt'>>, booked: BookedPayment): void {
  if (id !== booked.receipt) throw mismatch('it is another receipt');
  if (predicate.amount !== booked.charged || predicate.order !== booked.order)
    throw mismatch('the receipt names another order or amount than we paid');
}

function checkCharge({ predicate }: Placed<Predicate<'charge'>>, booked: BookedPayment): void {
  const { receipt, payer, amount, fee, priceBook, order, batch, network } = predicate;
  if (receipt !== booked.receipt || payer !== booked.payer)
    throw mismatch('the charge is for something else');
  if (amount !== booked.charged || priceBook !== booked.priceBook)
    throw mismatch(`the charge is ${amount}, the receipt says ${booked.charged}`);
  if (fee !== booked.split.gateway) throw mismatch(`its fee is ${fee}, by the price ${booked.split.gateway}`);
  if (batch === undefined) return;
  const chainId = chainIdOf(network);
  // Of an answer that a client paid for and forgot, what is known of the payment channel is whose it is.
  const isOurs =
    booked.voucher === undefined
      ? batch.config.payer === booked.payer
      : paymentChannelId(batch.config, chainId) === booked.voucher.paymentChannel;
  if (!isOurs) throw mismatch('the charge is on another payment channel than ours');
  const domain = assayDomain(chainId, batch.config.receiver as Address);
  if (order !== undefined && orderHash(domain, order) !== booked.order)
    throw mismatch('the charge shows another order than ours');
}

function checkBatch({ predicate }: Placed<Predicate<'batch'>>, charge: Placed<Predicate<'charge'>>): void {
  const { from, to, network, vault } = predicate;
  if (Number(from) > charge.index || charge.index >= Number(to))
    throw mismatch('the batch does not cover the charge');
  const paid = charge.predicate.batch?.config.receiver ?? vault;
  if (network !== charge.predicate.network || vault !== paid)
    throw mismatch('the batch is of another vault than our payment channel pays');
}

/** A class refund names its incident only; that it gave this charge back is what its disposition says. */
function checkRefund(
  { id, predicate }: Placed<Predicate<'refund'>>,
  disposition: Placed<Predicate<'incident.settle'>> | undefined,
  booked: BookedPayment,
): void {
  const said = disposition?.predicate;
  const covers =
    said?.target === booked.receipt &&
    said.incident === predicate.incident &&
    said.state === 'compensated' &&
    said.basis?.includes(id) === true;
  if (!covers) throw mismatch('no disposition says that the refund gave this charge back');
}

const mismatch = (what: string): SdkError =>
  new SdkError('mismatch', { what, fix: 'Keep what the gateway said.' });

/** What became of a payment, checked link by link: receipt, order, charge, batch; and said in one paragraph. */
import { type Clock, fromBase64, type SignedStatement, unixSeconds } from '@assay/core';
import { parseTlogProof, type Policy } from '@assay/log';
import { verifyLoggedEntry } from '@assay/verify';
import { SdkError } from '../errors.ts';
import type { Gateway } from '../gateway.ts';
import { objectOf } from '../oip.ts';
import { decimalText } from './amounts.ts';
import type { BookedPayment, PaymentStatus } from './payment.ts';

/** By what an explanation is checked. */
export interface ExplainTrust {
  readonly policy: Policy;
  readonly clock: Clock;
}

/** A payment explained. Everything in it was verified here, by the caller's own policy. */
export interface Explanation {
  readonly payment: BookedPayment;
  /** One paragraph for people. */
  readonly text: string;
  /** Log indexes of what was verified. */
  readonly proved: { readonly receipt?: number; readonly charge?: number; readonly batch?: number };
}

type Kind = SignedStatement['kind'];
type Proven<K extends Kind> = { readonly statement: SignedStatement & { kind: K }; readonly index: number };

/** @throws SdkError `mismatch`; ReceiptError */
export async function explainPayment(
  booked: BookedPayment,
  gateway: Gateway,
  trust: ExplainTrust,
): Promise<Explanation> {
  const told = objectOf(await gateway.json(`/assay/v1/payments/${booked.receipt}`));
  const receipt = proven(told['receipt'], 'output.receipt', trust);
  const charge = proven(told['charge'], 'charge', trust);
  const release = proven(told['release'], 'release', trust);
  const batch = proven(told['batch'], 'batch', trust);
  const disposition = proven(told['disposition'], 'incident.settle', trust);
  // Dispositions follow their refund: until then nothing says which charges it gave back.
  const refund = disposition === undefined ? undefined : proven(told['refund'], 'refund', trust);
  if (receipt !== undefined) checkReceipt(receipt, booked);
  if (charge !== undefined) checkCharge(charge, booked);
  if (batch !== undefined && charge !== undefined) checkBatch(batch, charge.index);
  if (refund !== undefined) checkRefund(refund, disposition, booked);
  const status: PaymentStatus =
    release !== undefined
      ? 'released'
      : charge === undefined
        ? 'held'
        : refund === undefined
          ? 'captured'
          : 'refunded';
  const settled =
    batch === undefined ? {} : { batch: batch.statement.predicate.number, tx: batch.statement.predicate.tx };
  const payment: BookedPayment = { ...booked, ...settled, status };
  return {
    payment,
    text: paragraph(payment, { receipt, charge, batch, refund }),
    proved: {
      ...(receipt === undefined ? {} : { receipt: receipt.index }),
      ...(charge === undefined ? {} : { charge: charge.index }),
      ...(batch === undefined ? {} : { batch: batch.index }),
    },
  };
}

function proven<K extends Kind>(
  told: unknown,
  kind: K,
  { policy, clock }: ExplainTrust,
): Proven<K> | undefined {
  const { entry, proof } = objectOf(told);
  if (typeof entry !== 'string' || typeof proof !== 'string') return undefined;
  const trust = { policy, judgedAt: unixSeconds(clock) };
  const { statement, index } = verifyLoggedEntry(fromBase64(entry), parseTlogProof(fromBase64(proof)), trust);
  if (statement.kind === kind) return { statement: statement as SignedStatement & { kind: K }, index };
  throw mismatch(`a ${statement.kind} stands where the ${kind} should`);
}

function checkReceipt({ statement }: Proven<'output.receipt'>, booked: BookedPayment): void {
  const { id, predicate } = statement;
  if (id !== booked.receipt) throw mismatch('it is another receipt');
  if (predicate.amount !== booked.charged || predicate.order !== booked.order)
    throw mismatch('the receipt names another order or amount than we paid');
}

function checkCharge({ statement: { predicate } }: Proven<'charge'>, booked: BookedPayment): void {
  const { receipt, payer, amount, priceBook } = predicate;
  if (receipt !== booked.receipt || payer !== booked.payer)
    throw mismatch('the charge is for something else');
  if (amount !== booked.charged || priceBook !== booked.priceBook)
    throw mismatch(`the charge is ${amount}, the receipt says ${booked.charged}`);
}

function checkBatch({ statement: { predicate } }: Proven<'batch'>, charge: number): void {
  if (Number(predicate.from) <= charge && charge < Number(predicate.to)) return;
  throw mismatch('the batch does not cover the charge');
}

/** A class refund names its incident only; that it gave this charge back is what its disposition says. */
function checkRefund(
  { statement }: Proven<'refund'>,
  disposition: Proven<'incident.settle'> | undefined,
  booked: BookedPayment,
): void {
  const said = disposition?.statement.predicate;
  const { id, predicate } = statement;
  const covers =
    said?.target === booked.receipt &&
    said.incident === predicate.incident &&
    said.state === 'compensated' &&
    said.basis?.includes(id) === true;
  if (!covers) throw mismatch('no disposition says that the refund gave this charge back');
}

interface Links {
  readonly receipt: Proven<'output.receipt'> | undefined;
  readonly charge: Proven<'charge'> | undefined;
  readonly batch: Proven<'batch'> | undefined;
  readonly refund: Proven<'refund'> | undefined;
}

function paragraph(payment: BookedPayment, { receipt, charge, batch, refund }: Links): string {
  // The development token and the usual dollar tokens have six decimals; the log states atomic units only.
  const money = (amount: string): string => `${decimalText(BigInt(amount), 6)} (${amount} atomic units)`;
  const { status, reserved, charged, released, split } = payment;
  const parts = [
    `Request ${payment.request} was answered by version ${payment.version.slice(0, 19)}… of ${payment.model.slice(payment.model.indexOf('/') + 1)}.`,
    receipt === undefined
      ? `Its receipt ${payment.receipt.slice(0, 12)} is not witnessed yet.`
      : `Its receipt ${payment.receipt.slice(0, 12)} is entry ${receipt.index} of the log, and names our order and ${money(charged)}.`,
    `We had ordered it for at most ${money(reserved)}; ${money(released)} was let go.`,
  ];
  if (status === 'held')
    parts.push('The amount is held until the receipt is witnessed, and not charged before.');
  if (status === 'released') parts.push('Nothing was charged: the gateway released it.');
  if (charge !== undefined)
    parts.push(
      `It was charged in entry ${charge.index}: ${money(split.node)} to the node and ${money(split.gateway)} to the gateway.`,
    );
  if (batch !== undefined)
    parts.push(
      `Batch ${batch.statement.predicate.number} settled it on the chain, transaction ${batch.statement.predicate.tx.slice(0, 12)}…`,
    );
  if (refund !== undefined)
    parts.push(`Incident ${refund.statement.predicate.incident.slice(0, 12)} gave it back.`);
  return parts.join(' ');
}

const mismatch = (what: string): SdkError =>
  new SdkError('mismatch', { what, fix: 'Keep what the gateway said as evidence.' });

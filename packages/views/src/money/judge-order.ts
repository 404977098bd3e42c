/** PROTOCOL 7.1: the order is the receipt's, is for this very request at this price, and was signed by who may spend. */
import { authorizerOf, bytes32Of, orderDigest, ZERO_BYTES32 } from '@assay/core/money';
import { hex } from '@assay/core';
import type { ChargeCase } from './judge-charge.ts';
import type { Judged } from './flaw.ts';
import { domainOf } from './judge-payment-signature.ts';
import { signerOf } from './signer-of.ts';

/** @returns `payer`, `order` or `order-expired` */
export function judgeOrder(found: ChargeCase): Judged {
  const { charge, output, registry, curve } = found;
  const { order } = charge;
  const { receipt } = output;
  if (order === undefined) return judgeWithoutOrder(found);
  const digest = orderDigest(domainOf(found), order);
  const payer = charge.batch === undefined ? charge.payer : authorizerOf(charge.batch.config);
  const paidFrom = charge.batch?.paymentChannel ?? ZERO_BYTES32;
  const wrong =
    (receipt.order !== hex(digest) && 'not the one that the receipt names') ||
    (order.requestId !== receipt.request.id && 'for another request id') ||
    (order.requestHash !== bytes32Of(receipt.request.hash) && 'for other request bytes') ||
    (order.priceBook !== bytes32Of(charge.priceBook) && 'at another price book') ||
    (order.paymentChannel !== paidFrom && 'for another payment channel') ||
    (order.by !== payer && 'not by who may spend') ||
    (signerOf(digest, order.signature, curve) !== payer && 'not signed by who may spend');
  if (wrong !== false) return { flaw: 'order', what: `the order is ${wrong}` };
  const recorded = registry.time.recordedAt(output.index) ?? 0;
  if (BigInt(recorded) <= BigInt(order.deadline)) return undefined;
  return { flaw: 'order-expired', what: `recorded at ${recorded}, the order ended at ${order.deadline}` };
}

/** An x402 client that knows no orders: only the receipt itself ties the output to the payer. */
function judgeWithoutOrder({ charge, output: { receipt } }: ChargeCase): Judged {
  if (receipt.order !== undefined) return { flaw: 'order', what: 'the receipt names an order' };
  if (receipt.request.client === charge.payer) return undefined;
  return { flaw: 'payer', what: `${charge.payer} is charged for an output of ${receipt.request.client}` };
}

/** The order beside a payment: signed by who may spend, for this payment, in time; and whether it is for this request. */
import {
  authorizerOf,
  type Domain,
  orderDigest,
  type Secp256k1,
  type SignedOrder,
  ZERO_BYTES32,
} from '@assay/core/money';
import { AssayError, hex } from '@assay/core';
import { PayError } from './errors.ts';
import { assertSigned } from './verified-signer.ts';
import type { VerifiedPayment } from './verify-payment.ts';

type Paid =
  | Pick<Extract<VerifiedPayment, { scheme: 'batch-settlement' }>, 'scheme' | 'paymentChannel' | 'config'>
  | Pick<Extract<VerifiedPayment, { scheme: 'exact' }>, 'scheme' | 'payer'>;

/** What an order is judged in. */
export interface OrderContext {
  /** The payment that it comes with. */
  readonly paid: Paid;
  /** `assayDomain` of the vault. */
  readonly domain: Domain;
  /** Unix seconds. */
  readonly now: number;
  readonly curve: Secp256k1;
}

/** @throws PayError `order`, `order-signer` or `order-expired` */
export function verifyOrder(
  order: SignedOrder,
  { paid, domain, now, curve }: OrderContext,
): SignedOrder & { readonly hash: string } {
  const channel = paid.scheme === 'exact' ? ZERO_BYTES32 : paid.paymentChannel;
  const by = paid.scheme === 'exact' ? paid.payer : authorizerOf(paid.config);
  if (order.paymentChannel !== channel) {
    throw new PayError('order', {
      what: `the order is for payment channel ${order.paymentChannel}, paid is from ${channel}`,
      where: 'order.paymentChannel',
    });
  }
  if (BigInt(order.deadline) < BigInt(now)) {
    throw new PayError('order-expired', { what: `the order ended at ${order.deadline}, it is ${now}` });
  }
  const digest = orderDigest(domain, order);
  try {
    assertSigned({ digest, signature: order.signature, by, what: 'the order' }, curve);
  } catch (cause) {
    if (!(cause instanceof AssayError)) throw cause;
    throw new PayError('order-signer', { what: cause.what, where: 'order.signature', cause });
  }
  return { ...order, by, hash: hex(digest) };
}

/** What the request itself says, to hold an order against (PROTOCOL 7.1). Digests are `0x…`. */
export interface OrderedRequest {
  readonly requestId: string;
  readonly requestHash: string;
  readonly channel: string;
  /** Any of these will do: the newest decision, and those it superseded that are still obeyed. */
  readonly targets: readonly string[];
  readonly priceBook: string;
}

/** Whether an order is for this very request. @throws PayError `order` that names the member */
export function assertOrderFor(order: SignedOrder, request: OrderedRequest): void {
  const differs = (['requestId', 'requestHash', 'channel', 'priceBook'] as const).find(
    (member) => order[member] !== request[member],
  );
  if (differs !== undefined) {
    throw new PayError('order', {
      what: `the order's ${differs} is ${order[differs]}, the request's is ${request[differs]}`,
      where: `order.${differs}`,
    });
  }
  if (request.targets.includes(order.target)) return;
  throw new PayError('order', {
    what: `the order is for ${order.target}, served is ${request.targets.join(', ') || 'nothing'}`,
    where: 'order.target',
    fix: 'Take the target from PAYMENT-REQUIRED and order again.',
  });
}

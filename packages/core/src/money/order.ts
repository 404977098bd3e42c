/** The order: what a payer asks for, at which price, of which version, for at most how much (PROTOCOL 7.1). */
import { hex } from '../bytes.ts';
import { type Domain, structType, typedDigest } from './eip712.ts';
import { type Address, type EvmHex } from './evm-hex.ts';

/** An order's members as they stand in JSON: bytes32 as `0x…` in lower case, amounts as decimal strings. */
export interface Order {
  /** The payment channel it is paid from; 32 zero bytes for `exact`. */
  readonly paymentChannel: string;
  readonly requestId: string;
  /** The receipt's `request.hash` without its prefix: a salted commitment over the request's bytes. */
  readonly requestHash: string;
  /** The channel's full name; empty for a pin. */
  readonly channel: string;
  /** The pinned version's digest, or the record id of the channel's decision. */
  readonly target: string;
  /** Record id of the gateway's `price.publish`. */
  readonly priceBook: string;
  /** Atomic units of the token. */
  readonly maxAmount: string;
  /** Unix seconds; after it nothing may be charged on this order. */
  readonly deadline: string;
}

/** An order with its signature and whose it claims to be. */
export interface SignedOrder extends Order {
  readonly signature: string;
  readonly by: string;
}

const order = structType<
  Omit<Order, 'maxAmount' | 'deadline'> & { readonly maxAmount: bigint; readonly deadline: bigint }
>(
  'Order(bytes32 paymentChannel,string requestId,bytes32 requestHash,string channel,bytes32 target,bytes32 priceBook,uint128 maxAmount,uint64 deadline)',
);

/** Our own domain on a chain: everything Assay signs there is for its vault. */
export function assayDomain(chainId: number, vault: Address): Domain {
  return { name: 'Assay', version: '1', chainId, verifyingContract: vault };
}

/** What an order's signature covers; `domain` is `assayDomain`. @throws MoneyError for members that have no form */
export function orderDigest(domain: Domain, message: Order): Uint8Array {
  return typedDigest(domain, order, {
    ...message,
    maxAmount: BigInt(message.maxAmount),
    deadline: BigInt(message.deadline),
  });
}

/** An order's digest as receipts carry it: 64 hexadecimal digits. */
export function orderHash(domain: Domain, message: Order): string {
  return hex(orderDigest(domain, message));
}

/** `0x…` of a digest as statements write it (`sha256:…`, `hmac-sha256:…`, or bare digits). */
export function bytes32Of(text: string): EvmHex {
  return `0x${text.slice(text.indexOf(':') + 1)}`;
}

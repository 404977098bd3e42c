/** What a node's payment key signs of its receipt, so that a contract can judge it (PROTOCOL 5.6). */
import { sha256 } from '#platform';
import { utf8 } from '../bytes.ts';
import { canonicalJson } from '../json.ts';
import type { Predicate } from '../statements/catalogue.ts';
import { type Domain, structType, typedDigest } from './eip712.ts';
import { evmHex, ZERO_BYTES32 } from './evm-hex.ts';

const receipt = structType<{
  readonly node: string;
  readonly stream: string;
  readonly sequence: bigint;
  readonly receipt: string;
  readonly order: string;
  readonly amount: bigint;
}>('Receipt(bytes32 node,bytes16 stream,uint64 sequence,bytes32 receipt,bytes32 order,uint128 amount)');

/** SHA-256 of a receipt's canonical predicate without `paymentSignature`: its own signature cannot stand inside it. */
export function receiptDigest(predicate: Predicate<'output.receipt'>): Uint8Array {
  const { paymentSignature: _, ...signed } = predicate;
  return sha256(utf8(canonicalJson(signed)));
}

/**
 * The EIP-712 digest that `paymentSignature` is over. A receipt without an order (an x402 client that knows nothing of
 * orders) has 32 zero bytes there.
 *
 * @param node the node's statement key id, `ed25519:…`
 */
export function receiptPaymentDigest(
  domain: Domain,
  node: string,
  predicate: Predicate<'output.receipt'>,
): Uint8Array {
  return typedDigest(domain, receipt, {
    node: `0x${node.slice(node.indexOf(':') + 1)}`,
    stream: `0x${predicate.stream}`,
    sequence: BigInt(predicate.sequence),
    receipt: evmHex(receiptDigest(predicate)),
    order: predicate.order === undefined ? ZERO_BYTES32 : `0x${predicate.order}`,
    amount: BigInt(predicate.amount ?? '0'),
  });
}

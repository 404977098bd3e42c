/** Charges of other gateways for a request that had been ordered there as well, and whose answers were lost. */
import { type Address, assayDomain, chainIdOf, orderHash } from '@assay/pay';
import type { ExplainTrust } from './explain.ts';
import { proven } from './explain-proven.ts';
import type { AlsoCharged, BookedPayment } from './payment.ts';

/**
 * Those of the charges that a gateway shows which are for one of our own orders. Anybody may log a charge that names our
 * request, so only the digest of what we signed tells.
 *
 * @throws SdkError `mismatch`; ReceiptError
 */
export function chargedElsewhere(
  told: unknown,
  { alsoOrdered = [] }: BookedPayment,
  trust: ExplainTrust,
): readonly AlsoCharged[] {
  const ours = new Set(alsoOrdered.map(({ order }) => order));
  const shown: readonly unknown[] = Array.isArray(told) ? told : [];
  return shown.flatMap((each) => {
    const charge = proven(each, 'charge', trust);
    if (charge === undefined) return [];
    const { network, order, batch, receipt, amount } = charge.predicate;
    if (order === undefined || batch === undefined) return [];
    const domain = assayDomain(chainIdOf(network), batch.config.receiver as Address);
    if (!ours.has(orderHash(domain, order))) return [];
    return { gateway: charge.signer, entry: charge.index, receipt, amount };
  });
}

/** Whether a request's most may be reserved: what was signed covers it, the channel holds it, and not too much is unseen. */
import type { Books } from './books.ts';
import { LedgerError } from './errors.ts';
import type { HoldTerms } from './hold.ts';

/** What only the outside knows at the moment of reserving. */
export interface Limits {
  /** Unix seconds. */
  readonly now: number;
  /** What the payment channel holds on the chain, deposits on their way included; not asked for `exact`. */
  readonly balance?: bigint;
}

/** @throws LedgerError */
export function assertReservable(
  terms: HoldTerms,
  { now, balance, books, maxExposure }: Limits & { readonly books: Books; readonly maxExposure: bigint },
): void {
  const { max, deadline, batch, exact, payer, id } = terms;
  if (deadline < now)
    throw new LedgerError('expired', { what: `the order ended at ${deadline}, it is ${now}` });
  if (exact !== undefined) assertFreshAuthorization(books.paidBy(payer, exact.nonce), id);
  if (batch !== undefined) assertCovered(terms, batch, { books, balance });
  const exposure = books.held + BigInt(max);
  if (exposure <= maxExposure) return;
  throw new LedgerError('exposure', {
    what: `${exposure} would be held that no witness has seen, and ${maxExposure} is the limit`,
    fix: 'Try again once the log is witnessed.',
  });
}

function assertFreshAuthorization(usedBy: string | undefined, id: string): void {
  if (usedBy === undefined || usedBy === id) return;
  throw new LedgerError('replayed', {
    what: 'this authorization pays another request',
    fix: 'Sign a new one.',
  });
}

/**
 * Captured, held and asked for must lie under a voucher. With an order any voucher of the channel serves, because the
 * order says who may spend the headroom; requests may then overtake each other. Without one only the request's own
 * does, or somebody who saw an old voucher could spend what a newer one allows.
 */
function assertCovered(
  { max, order }: HoldTerms,
  batch: NonNullable<HoldTerms['batch']>,
  { books, balance = 0n }: { readonly books: Books; readonly balance: bigint | undefined },
): void {
  const channel = books.channel(batch.paymentChannel);
  const own = BigInt(batch.ceiling);
  const seen = channel?.ceiling ?? 0n;
  const ceiling = order !== undefined && seen > own ? seen : own;
  const needed = (channel?.captured ?? 0n) + (channel?.held ?? 0n) + BigInt(max);
  if (needed > ceiling) {
    throw new LedgerError('ceiling', {
      what: `vouchers go up to ${ceiling}; captured, held and this request are ${needed}`,
      fix: `Sign a voucher of at least ${needed}.`,
    });
  }
  if (needed <= balance) return;
  throw new LedgerError('balance', {
    what: `the payment channel holds ${balance}; captured, held and this request are ${needed}`,
    fix: 'Deposit more.',
  });
}

/** Prices: what an answer costs by a published price book, and which part of it is the gateway's fee. */

/** The price members of a `price.publish`, in atomic units of its token. */
export interface PriceBook {
  readonly perRequest: string;
  readonly perInputKib: string;
  readonly perOutputKib: string;
  /** The gateway's share of each charge in hundredths of a percent. */
  readonly feeBps: number;
}

/** What was used, as the receipt's `usage` says it. */
export interface BilledUsage {
  readonly inputBytes: string;
  readonly outputBytes: string;
}

const KIB = 1_024n;
const kibs = (bytes: string): bigint => (BigInt(bytes) + KIB - 1n) / KIB;

/** The price of an answer: per request, and per begun KiB of input and of output. */
export function priceOf(book: PriceBook, usage: BilledUsage): bigint {
  return (
    BigInt(book.perRequest) +
    kibs(usage.inputBytes) * BigInt(book.perInputKib) +
    kibs(usage.outputBytes) * BigInt(book.perOutputKib)
  );
}

/** The gateway's fee out of `amount`, rounded down; the rest is the node's. */
export function feeOf(book: Pick<PriceBook, 'feeBps'>, amount: bigint): bigint {
  return (amount * BigInt(book.feeBps)) / 10_000n;
}

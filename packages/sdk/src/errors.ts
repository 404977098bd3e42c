/** Why the client gives no answer: one family, a closed set of codes, each with the next step. */
import { AssayError } from '@assay/core';

export class SdkError extends AssayError<
  /** Something in what was asked cannot be asked: an input, a name, an option. */
  | 'usage'
  /** No gateway answered, or all of them failed. */
  | 'unreachable'
  /** A gateway refused, for a reason that another one would give as well. */
  | 'refused'
  /** What came back is no answer of the protocol. */
  | 'not-an-answer'
  /** An answer that its receipt does not cover: it must not be used. */
  | 'mismatch'
  /** The node signed for more than was ordered: the kept receipt and order prove it on the chain. */
  | 'over-claim'
  /** The receipt is by a key that is no node of the log. */
  | 'untrusted-node'
  /** The answer costs money, and there is no wallet. */
  | 'no-wallet'
  /** The answer would cost more than the budget lets it. */
  | 'budget'
  /** A price, an offer or a charge that does not follow from the signed price book. */
  | 'price'
  /** The wallet or its deposit holds too little. */
  | 'funds'
  /** The gateway did not take the payment. */
  | 'payment-refused'
  /** A payment that is not known here. */
  | 'unknown-payment'
  /** An answer does not hold, and could not be kept either. */
  | 'not-kept'
  /** The proof did not come in time. */
  | 'proof'
> {}

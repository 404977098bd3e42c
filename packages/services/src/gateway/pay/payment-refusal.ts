/** A request that is not answered before it is paid for: HTTP 402, with everything that a client needs to pay. */
import { AssayError } from '@assay/core';
import type { PaymentRequired } from '@assay/pay';

/** Says in words what PAYMENT-REQUIRED says to programs. */
export class PaymentRefusal extends AssayError<'payment-required'> {
  readonly required: PaymentRequired;

  constructor(required: PaymentRequired, what: string, fix: string) {
    super('payment-required', { what, fix });
    this.required = required;
  }
}

/** An amount as people read it: `0.001213 simUSD`. */
export function amountText(
  amount: string | bigint,
  { decimals, symbol }: { decimals: number; symbol: string },
): string {
  const digits = String(amount).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const part = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return `${whole}${part === '' ? '' : `.${part}`} ${symbol}`;
}

/** A value of the money layer that has no EVM form, or more than one. */
import { AssayError } from '../errors.ts';

/** Addresses, amounts, signatures and typed data that break their form. */
export class MoneyError extends AssayError<
  'address' | 'bytes' | 'range' | 'signature' | 'type' | 'network'
> {}

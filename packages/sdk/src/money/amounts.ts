/** Between amounts as people write them, `0.05`, and atomic units. */
import { SdkError } from '../errors.ts';

/** Atomic units of a decimal text. @throws SdkError `usage` */
export function atomic(text: string, decimals: number): bigint {
  const [, whole = '', part = ''] = /^([0-9]{1,20})(?:\.([0-9]{1,36}))?$/.exec(text) ?? [];
  if (whole !== '' && part.length <= decimals) return BigInt(whole + part.padEnd(decimals, '0'));
  throw new SdkError('usage', {
    what: `"${text.slice(0, 40)}" is not an amount with at most ${decimals} decimals`,
    fix: 'Write it like 0.05.',
  });
}

/** The decimal text of atomic units. */
export function decimalText(amount: bigint, decimals: number): string {
  const digits = amount.toString().padStart(decimals + 1, '0');
  const part = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return digits.slice(0, digits.length - decimals) + (part === '' ? '' : `.${part}`);
}

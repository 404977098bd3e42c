/** Options of commands about money. */
import { CliError } from '../cli-error.ts';

/** A moment as Unix milliseconds. @throws CliError `usage` */
export function asMoment(text: string): number {
  const moment = Date.parse(text);
  if (Number.isFinite(moment)) return moment;
  throw new CliError('usage', {
    what: `"${text.slice(0, 40)}" is not a moment`,
    fix: 'Write it like 2026-11-25T10:00:00Z.',
  });
}

/** An amount in whole tokens, kept as text: `0.05`. @throws CliError `usage` */
export function asAmount(text: string): string {
  if (/^[0-9]{1,15}(\.[0-9]{1,18})?$/.test(text)) return text;
  throw new CliError('usage', {
    what: `"${text.slice(0, 40)}" is not an amount`,
    fix: 'Write it like 0.05.',
  });
}

/** Atomic units of an amount. @throws CliError `usage` for more decimals than the token has */
export function atomicOf(text: string, decimals: number): bigint {
  const [whole = '0', part = ''] = text.split('.');
  if (part.length <= decimals) return BigInt(whole + part.padEnd(decimals, '0'));
  throw new CliError('usage', {
    what: `${text} has more decimals than the ${decimals} of the token`,
    fix: 'Round it.',
  });
}

/** The same of an amount that moves something. @throws CliError `usage` for none */
export function positiveAtomicOf(text: string, decimals: number): bigint {
  const amount = atomicOf(text, decimals);
  if (amount > 0n) return amount;
  throw new CliError('usage', { what: 'an amount of 0 moves nothing', fix: 'Write one like 0.05.' });
}

/** The time bounds of an EIP-3009 authorization. */
import { PayError } from './errors.ts';

/** Seconds that an authorization must still be good for: long enough to reach a block. */
export const SETTLE_MARGIN_SECONDS = 6;

/** @param now Unix seconds. @throws PayError `expired` or `not-yet-valid` */
export function assertInTime(
  { validAfter, validBefore }: { readonly validAfter: bigint; readonly validBefore: bigint },
  now: number,
): void {
  if (validBefore < BigInt(now + SETTLE_MARGIN_SECONDS)) {
    throw new PayError('expired', {
      what: `the authorization ends at ${validBefore}, it is ${now}`,
      fix: 'Sign a new one.',
    });
  }
  if (validAfter <= BigInt(now)) return;
  throw new PayError('not-yet-valid', { what: `the authorization begins at ${validAfter}, it is ${now}` });
}

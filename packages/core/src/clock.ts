/** Time and fresh ids come in from outside, so that the same input gives the same bytes on every machine. */
import { hex } from './bytes.ts';

/** Milliseconds since the Unix epoch. What it says is a claim (PROTOCOL 3.1). */
export interface Clock {
  now(): number;
}

/** Fresh random bytes: salts, stream ids, request ids. */
export interface Entropy {
  bytes(length: number): Uint8Array;
}

/** The machine's own clock. */
export const systemClock: Clock = { now: () => Date.now() };

/** A fresh 128-bit id in hexadecimal. */
export function freshId(entropy: Entropy): string {
  return hex(entropy.bytes(16));
}

/** Whole Unix seconds of `clock`, the unit of witnesses and of the lineage axis. */
export function unixSeconds(clock: Clock): number {
  return Math.floor(clock.now() / 1_000);
}

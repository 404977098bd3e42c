/** EVM scalars as other people's clients write them: any case in, one spelling out. */
import { evmAddress, type EvmHex } from '@assay/core/money';
import { z } from 'zod';

const lower = (regex: RegExp, form: string) =>
  z
    .string()
    .regex(regex, { error: `expected ${form}` })
    .transform((text) => text.toLowerCase() as EvmHex);

/** An address in any case. */
export const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, { error: 'expected an address' })
  .transform(evmAddress);
/** 32 bytes in any case. */
export const bytes32 = lower(/^0x[0-9a-fA-F]{64}$/, '0x and 64 hexadecimal digits');
/** A signature of any length up to what a contract wallet might send; its form is judged where it is verified. */
export const signature = lower(/^0x[0-9a-fA-F]{0,2048}$/, 'a signature in hexadecimal');
/** Atomic units: at most 2^128 − 1, as decimal digits. */
export const amount = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,38})$/, { error: 'expected atomic units as decimal digits' })
  .refine((text) => text.length < 39 || BigInt(text) < 1n << 128n, { error: 'expected at most 2^128 − 1' });
/** Unix seconds as decimal digits. */
export const unixSeconds = z.string().regex(/^(0|[1-9][0-9]{0,18})$/, { error: 'expected Unix seconds' });
/** A chain by its CAIP-2 name. */
export const network = z
  .string()
  .regex(/^[a-z0-9-]{3,8}:[A-Za-z0-9_-]{1,32}$/, { error: 'expected a CAIP-2 network' })
  .transform((text) => text as `${string}:${string}`);

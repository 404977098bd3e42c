/** The parts of a request that gateway and node both read. */
import { z } from 'zod';

const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, { error: 'expected sha256:<64 hexadecimal digits>' });
const salt = z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected 32 bytes in hexadecimal' });

/** One version by digest, or whatever a channel points at. */
export const ask = z.union([
  z.strictObject({ pin: digest }),
  z.strictObject({ channel: z.string().max(256) }),
]);

/** What a request names. */
export type Ask = z.infer<typeof ask>;

/** Effective parameters as text, as they stand in the receipt. */
export const parameters = z.record(z.string().regex(/^[\w.-]{1,64}$/), z.string().max(256));

/** How much proof the caller asks for; the levels of DESIGN §7. */
export const verification = z.enum(['signed', 'audited', 'audited-statistical', 'attested', 'proven']);

/** One fresh salt per committed field (PROTOCOL 8.1). */
export const salts = z.strictObject({ request: salt, input: salt, output: salt });

/** Salts in hexadecimal. */
export type Salts = z.infer<typeof salts>;

/** The order that pays for an answer, the price book that prices it, and the most that it may cost. */
export const payment = z.strictObject({
  /** Hexadecimal EIP-712 digest of the order; absent when an x402 client that knows no orders pays. */
  order: z
    .string()
    .regex(/^[0-9a-f]{64}$/, { error: 'expected an order hash' })
    .optional(),
  /** Record id of the gateway's `price.publish`. */
  priceBook: z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected a record id' }),
  /** Atomic units of the asset, a decimal string. */
  max: z.string().regex(/^(0|[1-9][0-9]{0,38})$/, { error: 'expected atomic units' }),
});

/** What a node is told of the money. */
export type Payment = z.infer<typeof payment>;

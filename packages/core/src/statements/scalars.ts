/** The scalar forms that predicates are made of. */
import { z } from 'zod';

const pattern = (regex: RegExp, form: string) => z.string().regex(regex, { error: `expected ${form}` });

/** Id of another record: 64 hexadecimal digits. */
export const recordId = pattern(/^[0-9a-f]{64}$/, 'a record id (64 hexadecimal digits)');
/** Digest of content: a version's manifest, a blob, a rule set. */
export const digest = pattern(/^sha256:[0-9a-f]{64}$/, 'sha256:<64 hexadecimal digits>');
/** A participant's statement key. */
export const keyId = pattern(/^ed25519:[0-9a-f]{64}$/, 'ed25519:<64 hexadecimal digits>');
/** A salted commitment (PROTOCOL 8.1). */
export const commitment = pattern(/^hmac-sha256:[0-9a-f]{64}$/, 'hmac-sha256:<64 hexadecimal digits>');
/** A 64-bit unsigned integer as a decimal string (PROTOCOL 1.4). */
export const uint64 = pattern(/^(0|[1-9][0-9]{0,19})$/, 'an unsigned decimal string').refine(
  // Asked of text that is no number too, and must not throw; digits of one length stand in the order of their values.
  (text) => text.length < 20 || (text.length === 20 && text <= '18446744073709551615'),
  { error: 'expected at most 2^64 − 1' },
);
/** An amount of a token's atomic units: a 128-bit unsigned integer as a decimal string (PROTOCOL 1.4). */
export const amount = pattern(/^(0|[1-9][0-9]{0,38})$/, 'an unsigned decimal string').refine(
  (text) => text.length < 39 || (text.length === 39 && text <= '340282366920938463463374607431768211455'),
  { error: 'expected at most 2^128 − 1' },
);
/** An EVM address in its one spelling here. */
export const evmAddress = pattern(/^0x[0-9a-f]{40}$/, '0x and 40 lower-case hexadecimal digits');
/** 32 bytes as an EVM writes them: a hash of a transaction, of typed data, of a tree. */
export const bytes32 = pattern(/^0x[0-9a-f]{64}$/, '0x and 64 lower-case hexadecimal digits');
/** A payment signature: r ‖ s ‖ v, low s, v 27 or 28 (specs/payments.md, "Signatures"). */
export const evmSignature = pattern(/^0x[0-9a-f]{128}1[bc]$/, '0x and 130 hexadecimal digits, v 27 or 28');
/** A chain by its CAIP-2 name. */
export const evmNetwork = pattern(/^eip155:[1-9][0-9]{0,14}$/, 'eip155:<chain id>');
/** A signed fixed-point number with at most 18 decimals; views never see a float (PROTOCOL 4.6). */
export const decimal = pattern(/^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?$/, 'a decimal string');
/** Unix seconds. */
export const seconds = z.int().nonnegative();
/** Unix milliseconds by the signer's own clock: a claim. */
export const millis = z.int().nonnegative();
/** A short name; the log holds no free text (PROTOCOL 2.3). */
export const shortName = pattern(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'a name of a-z 0-9 . _ - (at most 64)');
/** A caller's id for its request. */
export const requestId = pattern(
  /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/,
  'an id of letters, digits and . _ : - (at most 64)',
);
/** A model's full name: its owner's key, a slash, its name (PROTOCOL 1.5). */
export const modelName = pattern(/^ed25519:[0-9a-f]{64}\/[a-z0-9][a-z0-9._-]{0,63}$/, '<owner key>/<name>');
/** A channel's full name: a model's full name, a slash, the channel's name. */
export const channelName = pattern(
  /^ed25519:[0-9a-f]{64}\/[a-z0-9][a-z0-9._-]{0,63}\/[a-z0-9][a-z0-9._-]{0,63}$/,
  '<owner key>/<model>/<channel>',
);
/** 128 random bits that make two otherwise equal statements two records: a channel moved back is a new decision. */
export const nonce = pattern(/^[0-9a-f]{32}$/, 'a nonce (32 hexadecimal digits)');
/** A log's origin line. */
export const origin = pattern(/^[^\s+]{1,255}$/, 'a log origin');
/** A checkpoint by what identifies it. */
export const checkpointRef = z.strictObject({ origin, size: uint64, root: recordId });
/** A shape: positive extents, −1 for one the caller chooses. */
export const shape = z.array(z.int().min(-1)).max(16);
/** One input or output of a version. */
export const tensorSpec = z.strictObject({
  name: pattern(/^[\w./:-]{1,128}$/, 'a tensor name'),
  datatype: z.enum([
    'BOOL',
    'UINT8',
    'UINT16',
    'UINT32',
    'UINT64',
    'INT8',
    'INT16',
    'INT32',
    'INT64',
    'FP16',
    'FP32',
    'FP64',
    'BYTES',
  ]),
  shape,
});

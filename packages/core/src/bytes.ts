/** Byte strings and their text forms. Decoders are strict: one value has one encoding, anything else throws. */
import { base64Behind, fromBase64Lenient, fromHexLenient, toBase64, toHex } from '#platform';
import { EncodingError } from './errors.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 bytes of `text`. Lone surrogates become U+FFFD; reject them first where they matter (`json.ts`). */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of UTF-8 `bytes`. @throws EncodingError `utf8` when they are not valid UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new EncodingError('utf8', { what: `${bytes.length} bytes are not valid UTF-8`, cause });
  }
}

/** Lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  return toHex(bytes);
}

/** Bytes of lower-case hexadecimal `text`. @throws EncodingError `hex` on upper case, odd length or other characters. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) {
    throw new EncodingError('hex', { what: `"${clip(text)}" is not lower-case hexadecimal` });
  }
  return fromHexLenient(text);
}

/** Padded standard base64 (RFC 4648 §4). */
export function base64(bytes: Uint8Array): string {
  return toBase64(bytes);
}

/** Bytes of padded standard base64. @throws EncodingError `base64` unless `text` is the one canonical encoding. */
export function fromBase64(text: string): Uint8Array {
  const bytes = fromBase64Lenient(text);
  if (!isOneEncoding(text, bytes)) throw notBase64(text);
  return bytes;
}

/** Bytes that padded standard base64 `text` decodes to, from its length alone; for other texts it means nothing. */
export function base64ByteLength(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return Math.floor(text.length / 4) * 3 - padding;
}

/** ASCII `head` and behind it the bytes of padded standard base64, in one array. @throws EncodingError `base64`, as `fromBase64` */
export function fromBase64Behind(head: string, text: string): Uint8Array {
  const length = base64ByteLength(text);
  const bytes = length < 0 ? undefined : base64Behind(head, text, length);
  if (bytes === undefined || !isOneEncoding(text, bytes.subarray(head.length))) throw notBase64(text);
  return bytes;
}

function isOneEncoding(text: string, bytes: Uint8Array): boolean {
  // Decoders differ in what they forgive, and two texts for one value would be two envelopes for one fact. A forgiven
  // character shows in the length, the URL alphabet by its two signs, and stray bits only in the last four characters.
  const whole = text.length === Math.ceil(bytes.length / 3) * 4 && !text.includes('-') && !text.includes('_');
  return whole && text.endsWith(toBase64(bytes.subarray(bytes.length - (bytes.length % 3 || 3))));
}

const notBase64 = (text: string): EncodingError =>
  new EncodingError('base64', { what: `"${clip(text)}" is not padded standard base64` });

/** One new array holding all `parts` in order. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Whether two byte strings are the same. Not constant-time: for public values only. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Orders byte strings as unsigned bytes, shorter first on a tie. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const d = (a[i] as number) - (b[i] as number);
    if (d !== 0) return d;
  }
  return a.length - b.length;
}

/** Big-endian unsigned 64-bit encoding of a safe integer. @throws EncodingError `range`. */
export function u64(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new EncodingError('range', { what: `${value} is not an unsigned safe integer` });
  }
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(value));
  return out;
}

const clip = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

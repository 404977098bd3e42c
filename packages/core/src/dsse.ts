/** DSSE envelopes (github.com/secure-systems-lab/dsse, v1.0.2) with exactly one Ed25519 signature (PROTOCOL 1.1). */
import { sha256Hex, type Signer } from '#platform';
import {
  base64,
  base64ByteLength,
  concat,
  fromBase64,
  fromBase64Behind,
  fromHex,
  fromUtf8,
  hex,
  utf8,
} from './bytes.ts';
import { ed25519Verify, isAcceptablePublicKey } from './ed25519.ts';
import { AssayError } from './errors.ts';
import { parseJson } from './json.ts';

/** The media type of every payload we write. */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** Bytes that are not one of our envelopes, or whose signature does not hold. */
export class EnvelopeError extends AssayError<
  'malformed' | 'payload-type' | 'signature-count' | 'key' | 'signature'
> {}

/** An envelope taken apart. Nothing here is trusted until `verifyEnvelope` has passed. */
export interface Envelope {
  /** Record id: hex SHA-256 of PAE(payloadType, payload). */
  readonly id: string;
  readonly payload: Uint8Array;
  /** `ed25519:<hex of the raw public key>`. */
  readonly keyId: string;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly signed: Uint8Array;
}

/** The pre-authentication encoding: `DSSEv1 SP len(type) SP type SP len(body) SP body`. */
export function pae(payloadType: string, payload: Uint8Array): Uint8Array {
  return concat(utf8(`DSSEv1 ${utf8(payloadType).length} ${payloadType} ${payload.length} `), payload);
}

const PAE_OF_OURS = `DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} `;

const HEAD = '{"payload":"';
const BEFORE_KEY = `","payloadType":"${PAYLOAD_TYPE}","signatures":[{"keyid":"`;
const MIDDLE = '","sig":"';
const TAIL = '"}]}';
const KEY_ID_CHARS = 'ed25519:'.length + 64;
const SIGNATURE_CHARS = 88;

/** The key id of a raw Ed25519 public key. */
export function keyIdOf(publicKey: Uint8Array): string {
  return `ed25519:${hex(publicKey)}`;
}

/** The raw public key that a key id spells. @throws EnvelopeError `key` for a malformed or unacceptable key. */
export function publicKeyOf(keyId: string): Uint8Array {
  const known = publicKeys.get(keyId);
  if (known !== undefined) return known;
  const match = /^ed25519:([0-9a-f]{64})$/.exec(keyId);
  const publicKey = match === null ? undefined : fromHex(match[1] as string);
  if (publicKey === undefined || !isAcceptablePublicKey(publicKey)) {
    throw new EnvelopeError('key', {
      what: `"${keyId}" is not a usable Ed25519 key id`,
      fix: 'Write ed25519: and the 64 hexadecimal digits of a canonical public key.',
    });
  }
  if (publicKeys.size >= MAX_CACHED_KEYS) publicKeys.clear();
  publicKeys.set(keyId, publicKey);
  return publicKey;
}

// Few keys sign most statements. The bound keeps a flood of fresh keys from growing it.
const MAX_CACHED_KEYS = 4_096;
const publicKeys = new Map<string, Uint8Array>();

/** An entry as it was just made. */
export interface Sealed {
  /** Record id. */
  readonly id: string;
  readonly entry: Uint8Array;
}

/** Signs `payload` and returns the entry's bytes: a canonical JSON envelope. */
export function sealEnvelope(payload: Uint8Array, signer: Signer): Sealed {
  const signed = pae(PAYLOAD_TYPE, payload);
  const sig = base64(signer.sign(signed));
  const text = `${HEAD}${base64(payload)}${BEFORE_KEY}${keyIdOf(signer.publicKey)}${MIDDLE}${sig}${TAIL}`;
  return { id: sha256Hex(signed), entry: utf8(text) };
}

/**
 * Takes an entry's bytes apart without judging its signature.
 *
 * @throws EnvelopeError when the bytes are not an envelope of ours
 * @throws EncodingError for ambiguous JSON or base64
 */
export function parseEnvelope(entry: Uint8Array): Envelope {
  const canonical = readCanonical(entry);
  if (canonical !== undefined) return canonical;
  const value = parseJson(entry);
  const fields = exactly(value, ['payload', 'payloadType', 'signatures'], 'envelope');
  if (fields.payloadType !== PAYLOAD_TYPE) {
    throw new EnvelopeError('payload-type', {
      what: `payload type ${JSON.stringify(fields.payloadType)} is not ${PAYLOAD_TYPE}`,
    });
  }
  const signatures = fields.signatures;
  if (!Array.isArray(signatures) || signatures.length !== 1) {
    throw new EnvelopeError('signature-count', {
      what: 'an entry carries exactly one signature',
      fix: 'Log an "endorse" statement for each further signer.',
    });
  }
  const { keyid, sig } = exactly(signatures[0], ['keyid', 'sig'], 'signatures[0]');
  return envelopeOf(
    text(fields.payload, 'payload'),
    text(keyid, 'signatures[0].keyid'),
    text(sig, 'signatures[0].sig'),
  );
}

/**
 * Reads the one spelling that `sealEnvelope` writes: all but the payload has a fixed length, so it needs no JSON parser,
 * and admission sees little else. Undefined for any other spelling.
 */
function readCanonical(entry: Uint8Array): Envelope | undefined {
  const text = fromUtf8(entry);
  const end = text.length - TAIL.length;
  const sigAt = end - SIGNATURE_CHARS;
  const keyAt = sigAt - MIDDLE.length - KEY_ID_CHARS;
  const headAt = keyAt - BEFORE_KEY.length;
  const fits =
    headAt >= HEAD.length &&
    text.startsWith(HEAD) &&
    text.startsWith(BEFORE_KEY, headAt) &&
    text.startsWith(MIDDLE, keyAt + KEY_ID_CHARS) &&
    text.endsWith(TAIL);
  if (!fits) return undefined;
  const payload = text.slice(HEAD.length, headAt);
  const signature = text.slice(sigAt, sigAt + SIGNATURE_CHARS);
  // A quote or backslash inside would mean that the parts lie elsewhere; no field of this spelling has one.
  if (payload.includes('"') || payload.includes('\\')) return undefined;
  return envelopeOf(payload, text.slice(keyAt, keyAt + KEY_ID_CHARS), signature);
}

function envelopeOf(payloadText: string, keyId: string, signatureText: string): Envelope {
  // The payload is decoded to where the signature and the record id want it.
  const head = `${PAE_OF_OURS}${base64ByteLength(payloadText)} `;
  const signed = fromBase64Behind(head, payloadText);
  return {
    id: sha256Hex(signed),
    payload: signed.subarray(head.length),
    keyId,
    publicKey: publicKeyOf(keyId),
    signature: fromBase64(signatureText),
    signed,
  };
}

/** Checks the one signature. @throws EnvelopeError `signature`. */
export function verifyEnvelope(envelope: Envelope): void {
  if (!ed25519Verify(envelope.publicKey, envelope.signed, envelope.signature)) {
    throw new EnvelopeError('signature', {
      what: `the signature of ${envelope.keyId} over record ${envelope.id} does not hold`,
    });
  }
}

function exactly(value: unknown, keys: readonly string[], where: string): Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const found = isObject ? Object.keys(value).toSorted() : [];
  if (!isObject || found.join() !== keys.join()) {
    throw new EnvelopeError('malformed', {
      what: `expected an object with the keys ${keys.join(', ')}`,
      where,
    });
  }
  return value as Record<string, unknown>;
}

function text(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new EnvelopeError('malformed', { what: 'expected a string', where });
  return value;
}

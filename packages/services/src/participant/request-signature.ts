/** Signed HTTP requests between participants: who asks, what for, when, and of whom. */
import {
  AssayError,
  base64,
  type Clock,
  ed25519Verify,
  EncodingError,
  EnvelopeError,
  fromBase64,
  keyIdOf,
  publicKeyOf,
  type Signer,
  unixSeconds,
  utf8,
} from '@assay/core';

/** Name of the header, as Node spells it. */
export const AUTHORIZATION = 'assay-authorization';

/** How far a request's time may lie from ours, either way; a copied header is good for as long. */
export const REPLAY_WINDOW_SECONDS = 60;

/** A request that is not signed, or not by somebody, for this, now and us. */
export class RequestSignatureError extends AssayError<'missing' | 'malformed' | 'time' | 'signature'> {}

/** What a signature is bound to. The body is not: what it says has an identity of its own (request key, record id). */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as they are sent. */
  readonly path: string;
  /** Key id of the participant that is asked. */
  readonly recipient: string;
}

/** The header's value: key id, Unix seconds, signature in base64, separated by spaces. */
export function signRequest(request: SignedRequest, signer: Signer, clock: Clock): string {
  const seconds = unixSeconds(clock);
  return `${keyIdOf(signer.publicKey)} ${seconds} ${base64(signer.sign(messageOf(request, seconds)))}`;
}

/**
 * The key id of whoever signed the request. Whether that key may ask is the caller's question.
 *
 * @throws RequestSignatureError
 */
export function requestSigner(header: string | undefined, request: SignedRequest, clock: Clock): string {
  if (header === undefined || header === '') {
    throw new RequestSignatureError('missing', {
      what: 'the request is not signed',
      where: `header ${AUTHORIZATION}`,
      fix: 'Send "<key id> <unix seconds> <signature>", as specs/serving.md describes it.',
    });
  }
  const { keyId, seconds, signature } = parse(header);
  const age = unixSeconds(clock) - seconds;
  if (Math.abs(age) > REPLAY_WINDOW_SECONDS) {
    throw new RequestSignatureError('time', {
      what: `the signature is ${Math.abs(age)} s ${age > 0 ? 'old' : 'ahead'}, at most ${REPLAY_WINDOW_SECONDS} s are taken`,
      where: `header ${AUTHORIZATION}`,
      fix: 'Set the clock, and sign each request afresh.',
    });
  }
  if (ed25519Verify(publicKeyOf(keyId), messageOf(request, seconds), signature)) return keyId;
  throw new RequestSignatureError('signature', {
    what: `the signature of ${keyId} does not hold for ${request.method} ${request.path} at ${request.recipient}`,
    where: `header ${AUTHORIZATION}`,
  });
}

function messageOf({ method, path, recipient }: SignedRequest, seconds: number): Uint8Array {
  return utf8(`assay request v1\n${method}\n${path}\n${seconds}\n${recipient}\n`);
}

function parse(header: string): { keyId: string; seconds: number; signature: Uint8Array } {
  const [, keyId = '', seconds = '', signature = ''] = /^(\S+) (\d{1,12}) (\S+)$/.exec(header) ?? [];
  try {
    publicKeyOf(keyId);
    return { keyId, seconds: Number(seconds), signature: fromBase64(signature) };
  } catch (cause) {
    if (!(cause instanceof EnvelopeError || cause instanceof EncodingError)) throw cause;
    throw new RequestSignatureError('malformed', {
      what: 'expected "<key id> <unix seconds> <signature in base64>"',
      where: `header ${AUTHORIZATION}`,
      cause,
    });
  }
}

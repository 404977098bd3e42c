/** How a client that goes by a key shows that it asked (PROTOCOL 5.3): one signature over exactly what is asked. */
import { concat, utf8 } from './bytes.ts';
import { keyIdOf, publicKeyOf } from './dsse.ts';
import { ed25519Verify } from './ed25519.ts';
import { type AskedRequest, requestBytes } from './request-bytes.ts';
import type { Signer } from '#platform';

/** Whether a client's name is a key, which somebody else could use as well as its owner if it were not signed for. */
export const isKeyClient = (client: string): boolean => client.startsWith('ed25519:');

/**
 * The client's signature (specs/serving.md §1.2). It holds at any gateway and for ever, since the same request gets the
 * same answer.
 *
 * @param inputBytes canonical encoding of the inputs
 */
export function signAsked(asked: AskedRequest, inputBytes: Uint8Array, signer: Signer): Uint8Array {
  if (keyIdOf(signer.publicKey) !== asked.client) throw new TypeError('the signer is not the client named');
  return signer.sign(messageOf(asked, inputBytes));
}

/** Whether `signature` is the client's own. Never throws for wrong lengths. @throws EnvelopeError for a client that is no key */
export function isSignedByClient(
  asked: AskedRequest,
  inputBytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  return ed25519Verify(publicKeyOf(asked.client), messageOf(asked, inputBytes), signature);
}

const messageOf = (asked: AskedRequest, inputBytes: Uint8Array): Uint8Array =>
  concat(utf8('assay client request v1\n'), requestBytes(asked, inputBytes));

/** Holds a client that goes by a key to its signature, so that nobody makes records in another's name (PROTOCOL 5.3). */
import { AssayError, type AskedRequest, fromBase64, isKeyClient, isSignedByClient } from '@assay/core';
import { GatewayError } from './gateway-error.ts';

/**
 * Lets pass what its client signed, and clients that are only labels.
 *
 * @param signature base64; undefined when none came along
 * @throws GatewayError `client-unsigned`
 */
export function assertAskedByClient(
  asked: AskedRequest,
  inputBytes: Uint8Array,
  signature: string | undefined,
): void {
  if (!isKeyClient(asked.client)) return;
  if (signature === undefined) {
    throw refusal(
      `a request in the name of ${asked.client} must be signed with that key`,
      'Sign it (specs/serving.md §1.4), or ask under a short name, which proves nothing and owns nothing.',
    );
  }
  if (isSignedByClient(asked, inputBytes, bytesOf(signature))) return;
  throw refusal(
    `the signature is not that of ${asked.client} over this request`,
    'Sign the request bytes with full names, every output wanted and the inputs as they are sent.',
  );
}

function bytesOf(signature: string): Uint8Array {
  try {
    return fromBase64(signature);
  } catch (cause) {
    if (!(cause instanceof AssayError)) throw cause;
    throw refusal('the signature is not base64', 'Send 64 bytes in base64.');
  }
}

const refusal = (what: string, fix: string): GatewayError =>
  new GatewayError('client-unsigned', { what, where: 'parameters.assay_client_signature', fix });

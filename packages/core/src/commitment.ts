/** Salted commitments to private content (PROTOCOL 8.1). */
import { hmacSha256 } from '#platform';
import { concat, equal, fromHex, hex, utf8 } from './bytes.ts';
import { AssayError } from './errors.ts';

/** A salt of the wrong size, or content that does not open its commitment. */
export class CommitmentError extends AssayError<'salt' | 'mismatch'> {}

/** What a commitment is about; part of the hash, so that one field's commitment cannot stand for another's. */
export type CommitmentDomain = 'request' | 'input' | 'output' | 'act' | 'note';

/** Bytes of a salt; fresh for every field. */
export const SALT_BYTES = 32;

/** `hmac-sha256:<hex>` of HMAC-SHA-256(salt, domain ‖ 0x00 ‖ bytes). @throws CommitmentError `salt`. */
export function commit(salt: Uint8Array, domain: CommitmentDomain, bytes: Uint8Array): string {
  if (salt.length !== SALT_BYTES) {
    throw new CommitmentError('salt', { what: `a salt has ${SALT_BYTES} bytes, this one ${salt.length}` });
  }
  return `hmac-sha256:${hex(hmacSha256(salt, concat(utf8(domain), Uint8Array.of(0), bytes)))}`;
}

/** Checks that `salt` and `bytes` open `commitment`. @throws CommitmentError `mismatch`. */
export function openCommitment(commitment: string, domain: CommitmentDomain, opening: Opening): void {
  const expected = commit(opening.salt, domain, opening.bytes);
  if (!equal(fromHex(expected.slice(12)), fromHex(commitment.slice(12)))) {
    throw new CommitmentError('mismatch', {
      what: `these ${opening.bytes.length} bytes are not what ${commitment} committed to`,
    });
  }
}

/** What opens a commitment. */
export interface Opening {
  readonly salt: Uint8Array;
  readonly bytes: Uint8Array;
}

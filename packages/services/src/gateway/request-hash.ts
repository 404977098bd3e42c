/** What a request's receipt and order must say was asked. */
import { type AskedRequest, commit, fromHex, requestBytes } from '@assay/core';

/** The commitment to one request under a salt, in hexadecimal. @throws CommitmentError, EncodingError for what is no salt */
export type RequestHash = (salt: string) => string;

/** Receipt and order nearly always name the same salt, so the newest is remembered. */
export function requestHashOf(asked: AskedRequest, inputBytes: Uint8Array): RequestHash {
  let known = { salt: '', hash: '' };
  return (salt) => {
    if (known.salt !== salt)
      known = { salt, hash: commit(fromHex(salt), 'request', requestBytes(asked, inputBytes)) };
    return known.hash;
  };
}

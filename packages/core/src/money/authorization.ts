/** EIP-3009 authorizations: `exact` payments (transfer) and deposits into a payment channel (receive). */
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concat } from '../bytes.ts';
import { addressWord, bytesWord, type Domain, structType, typedDigest, uintWord } from './eip712.ts';
import { evmHex, type EvmHex } from './evm-hex.ts';

/** The members that both kinds of authorization sign. Times are Unix seconds. */
export interface TokenAuthorization {
  readonly from: string;
  readonly to: string;
  readonly value: bigint;
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly nonce: string;
}

const MEMBERS =
  '(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)';
const transfer = structType<TokenAuthorization>(`TransferWithAuthorization${MEMBERS}`);
const receive = structType<TokenAuthorization>(`ReceiveWithAuthorization${MEMBERS}`);

/** What an `exact` payment signs, under the token's domain. */
export function transferDigest(token: Domain, authorization: TokenAuthorization): Uint8Array {
  return typedDigest(token, transfer, authorization);
}

/** What a deposit signs, under the token's domain; `to` is the deposit collector. */
export function receiveDigest(token: Domain, authorization: TokenAuthorization): Uint8Array {
  return typedDigest(token, receive, authorization);
}

/** A deposit's EIP-3009 nonce binds the authorization to its payment channel: keccak(channel id ‖ salt). */
export function depositNonce(paymentChannel: string, salt: string): EvmHex {
  return evmHex(keccak_256(concat(bytesWord(paymentChannel), uintWord(BigInt(salt)))));
}

/** Under which id the vault holds an `exact` payment until it is charged or returned: keccak(abi.encode(payer, nonce)). */
export function heldPaymentId(payer: string, nonce: string): EvmHex {
  return evmHex(keccak_256(concat(addressWord(payer), bytesWord(nonce))));
}

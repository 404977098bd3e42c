/** The name of a class refund on a chain: the vault takes one refund under each, and an incident may need several. */
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concat } from '../bytes.ts';
import { bytesWord, uintWord } from './eip712.ts';
import { evmHex } from './evm-hex.ts';
import { bytes32Of } from './order.ts';

/**
 * The incident itself in round 1; keccak(abi.encode(bytes32 incident, uint256 round)) from round 2 on, for charges that came
 * to light after the refund before. A leaf is given back once whatever the name, so rounds cannot pay twice.
 *
 * @param incident record id
 * @param round from 1
 */
export function refundId(incident: string, round: number): `0x${string}` {
  const id = bytes32Of(incident);
  return round <= 1 ? id : evmHex(keccak_256(concat(bytesWord(id), uintWord(BigInt(round)))));
}

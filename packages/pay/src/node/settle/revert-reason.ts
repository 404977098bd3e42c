/** A contract's refusal in words, where it is one of ours or of the settlement contract's. */
import { type Abi, decodeErrorResult } from 'viem';
import {
  checkpointAnchorAbi,
  devBatchSettlementAbi,
  devTokenAbi,
  participantRegistryAbi,
  settlementVaultAbi,
} from '../chain/artifacts/abis.ts';

const ABIS: readonly Abi[] = [
  participantRegistryAbi,
  settlementVaultAbi,
  devBatchSettlementAbi,
  checkpointAnchorAbi,
  devTokenAbi,
];

/** Such as `TooEarly(1795635489)`; undefined for data that none of our contracts reverts with. */
export function revertReason(data: string): string | undefined {
  for (const abi of ABIS) {
    try {
      const { errorName, args } = decodeErrorResult({ abi, data: data as `0x${string}` });
      return `${errorName}(${(args ?? []).map(String).join(', ')})`;
    } catch {
      continue; // Not an error of this contract; perhaps of the next.
    }
  }
  return undefined;
}

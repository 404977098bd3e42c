/** Reads the compiled contracts that are committed beside this file; nothing is compiled at run time. */
import { readFileSync } from 'node:fs';
import type { Abi } from 'viem';

/** One compiled contract. */
export interface Artifact {
  readonly abi: Abi;
  /** Creation code in hexadecimal. */
  readonly bytecode: `0x${string}`;
  /** Code as it stands on the chain. */
  readonly deployedBytecode: `0x${string}`;
}

/** The contract of this name, as "node contracts/compile.ts" made it. */
export function artifact(contract: string): Artifact {
  const file = new URL(`./artifacts/${contract}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Artifact;
}

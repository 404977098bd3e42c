/** The name of a development chain's beginning. Needs no library for chains: whoever opens one asks for it first. */
import { canonicalJson, hex, sha256, utf8 } from '@assay/core';
import type { DevGenesis } from './genesis.ts';

/** Names a beginning: another one makes another chain. */
export function genesisName(genesis: DevGenesis): string {
  const text = canonicalJson({
    ...genesis,
    bond: String(genesis.bond),
    terms: { ...genesis.terms },
  } as never);
  return `assay-dev-${hex(sha256(utf8(text))).slice(0, 16)}`;
}

// What opens the embedded chain, without the libraries that only its contracts need: anvil is up before those are loaded.
export { EmbeddedChain, type EmbeddedChainOptions, openEmbeddedChain } from '../embedded-chain.ts';
export { genesisName } from '../genesis-name.ts';
export { assertSafeTerms } from '../terms.ts';

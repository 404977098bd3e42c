/** The half of pay that needs Node: native signatures, chain, outbox and settlement. */
export * from './chain/index.ts';
export * from './native-secp256k1.ts';
export * from './settle/index.ts';

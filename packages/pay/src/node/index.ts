export * from './native-secp256k1.ts';

export * from './bundle.ts';
export * from './checkpoint-text.ts';
export * from './checkpoint.ts';
export * from './compact-range.ts';
export {
  cosign,
  type Cosignature,
  cosignatureTimestamp,
  cosignatureV1Message,
  subtreeV1Message,
  verifyCosignature,
} from './cosignature.ts';
export * from './decimal.ts';
export * from './errors.ts';
export * from './merkle-build.ts';
export * from './merkle-verify.ts';
export * from './merkle.ts';
export * from './note-keys.ts';
export * from './note-verify.ts';
export * from './note.ts';
export * from './policy-parse.ts';
export * from './policy.ts';
export * from './tile-nodes.ts';
export * from './tile.ts';
export * from './tlog-proof.ts';
export * from './vkey.ts';

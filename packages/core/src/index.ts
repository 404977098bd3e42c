export * from './bytes.ts';
export * from './ed25519.ts';
export * from './errors.ts';
export {
  ed25519Signer,
  hmacSha256,
  mldsa44Signer,
  mldsa44Verify,
  randomBytes,
  sha256,
  type Signer,
} from '#platform';

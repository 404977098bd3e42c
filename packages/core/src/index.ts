export * from './bytes.ts';
export * from './client-signature.ts';
export * from './clock.ts';
export * from './commitment.ts';
export * from './dsse.ts';
export * from './ed25519.ts';
export * from './errors.ts';
export * from './join-work.ts';
export * from './json.ts';
export * from './manifest.ts';
export * from './payment-key.ts';
export * from './request-bytes.ts';
export * from './statement.ts';
export {
  AUTHORITY,
  type Authority,
  declaredKeys,
  type Kind,
  KINDS,
  type Predicate,
} from './statements/catalogue.ts';
export { WEIGHT_TOTAL } from './statements/models.ts';
export * from './tensor/index.ts';
export {
  ed25519Signer,
  hmacSha256,
  mldsa44Signer,
  mldsa44Verify,
  randomBytes,
  sha256,
  type Signer,
} from '#platform';

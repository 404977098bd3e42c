/** Core without statements: bytes, hashes and errors, for threads that start often and do nothing but work on bytes. */
export * from './bytes.ts';
export * from './errors.ts';
export { sha256 } from '#platform';

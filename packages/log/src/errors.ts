/** The error families of the log's pure half: one class each, with a closed union of codes. */
import { AssayError } from '@assay/core';

/** A signed note or a verifier key (c2sp.org/signed-note) that breaks its rules. */
export class NoteError extends AssayError<
  | 'malformed' // not a signed note
  | 'malformed-key' // not a vkey, or its key ID is not that of its key
  | 'unsupported-key' // a signature type this library does not verify
  | 'ambiguous-key' // two different keys with one (name, key ID)
  | 'bad-signature' // a known key's signature fails: the whole note is refused
  | 'no-known-signature' // nobody we know signed it
> {}

/** A checkpoint (c2sp.org/tlog-checkpoint) that breaks its rules. */
export class CheckpointError extends AssayError<'malformed' | 'size' | 'root' | 'origin'> {}

/** A Merkle proof (RFC 6962 §2.1, RFC 9162 §2.1) that does not hold, or one that cannot exist. */
export class ProofError extends AssayError<
  | 'range' // index or sizes for which no such proof exists
  | 'length' // too few or too many hashes for these sizes
  | 'root-mismatch' // the hashes lead to another root
  | 'malformed' // not a tlog-proof
> {}

/** A tile or entry bundle (c2sp.org/tlog-tiles) that breaks its rules. */
export class TileError extends AssayError<'path' | 'width' | 'bytes' | 'entry-size' | 'not-in-tree'> {}

/** A trust policy (c2sp.org/tlog-policy) that does not parse, or that a checkpoint does not satisfy. */
export class PolicyError extends AssayError<
  'syntax' | 'name' | 'key' | 'threshold' | 'limit' | 'unknown-log' | 'quorum'
> {}

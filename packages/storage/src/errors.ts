/** The storage room's error families. */
import { AssayError } from '@assay/core/bytes';

/** Erasure coding asked for something it cannot do. */
export class CodecError extends AssayError<'shape' | 'not-enough-shards' | 'out-of-memory' | 'unavailable'> {}

/** Bytes that are not a valid header, page, pack header, receipt or certificate. */
export class FormatError extends AssayError<
  | 'cbor'
  | 'safetensors'
  | 'gguf'
  | 'onnx'
  | 'pack'
  | 'manifest'
  | 'receipt'
  | 'certificate'
  | 'range'
  | 'limit'
> {}

/** A signed storage fact that does not hold: wrong signer, committee, epoch, index or proof. */
export class ReceiptError extends AssayError<
  'signature' | 'committee' | 'inclusion' | 'assignment' | 'quorum' | 'evidence'
> {}

/** What a storage node answers when it does not do what was asked. */
export class NodeError extends AssayError<
  | 'disk-full'
  | 'quota'
  | 'unauthorised'
  | 'bad-shard'
  | 'not-found'
  | 'corrupt'
  | 'bad-request'
  | 'unreachable'
  | 'stopped'
> {}

/** An upload or a read that cannot go on. */
export class TransferError extends AssayError<
  | 'not-enough-shards'
  | 'no-quorum'
  | 'inconsistent-encoding'
  | 'chunk-mismatch'
  | 'refused'
  | 'journal'
  | 'aborted'
  | 'source-changed'
> {}

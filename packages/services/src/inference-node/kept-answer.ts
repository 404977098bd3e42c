/** What a node keeps of an executed request, in one durable record: receipt, input, output, salts, request. */
import { concat } from '@assay/core';
import { type PrivateField, withoutSalts } from '../erasure/index.ts';
import { ERASED_HASH, type Item, type RequestIdentity } from '../outbox/index.ts';
import type { ExecuteResponse, Salts } from './wire/index.ts';

/** An executed request. */
export interface Kept extends ExecuteResponse {
  readonly identity: RequestIdentity;
  readonly receiptId: string;
  readonly stream: string;
  readonly sequence: number;
  readonly requestBytes: Uint8Array;
  readonly inputBytes: Uint8Array;
}

/** The part of a kept answer by which it is found again. */
export interface KeptMeta {
  readonly kind: 'executed';
  readonly key: string;
  readonly hash: string;
  readonly receipt: string;
  readonly stream: string;
  readonly sequence: number;
  readonly salts: Salts;
  readonly lengths: readonly [request: number, input: number];
}

/** The one record that one fdatasync makes durable before the first byte of the answer (PROTOCOL 5.3). */
export function keptItem(kept: Kept): Item {
  const { identity, receiptId, stream, sequence, salts, requestBytes, inputBytes } = kept;
  const meta = {
    kind: 'executed',
    ...identity,
    receipt: receiptId,
    stream,
    sequence,
    salts: { ...salts },
    lengths: [requestBytes.length, inputBytes.length],
  };
  return { meta, entry: kept.entry, body: concat(requestBytes, inputBytes, kept.outputBytes) };
}

/** Reads it back. */
export function readKept({ meta, entry, body }: Item): Kept {
  const { key, hash, receipt, stream, sequence, salts, lengths } = meta as unknown as KeptMeta;
  const bytes = body as Uint8Array;
  const inputEnd = lengths[0] + lengths[1];
  return {
    identity: { key, hash },
    receiptId: receipt,
    stream,
    sequence,
    salts,
    entry: entry as Uint8Array,
    requestBytes: bytes.subarray(0, lengths[0]),
    inputBytes: bytes.subarray(lengths[0], inputEnd),
    outputBytes: bytes.subarray(inputEnd),
  };
}

/** The same record with `fields` overwritten, of the same length; the receipt stays. */
export function eraseKept(item: Item, fields: readonly PrivateField[]): Item {
  const kept = readKept(item);
  const left = (field: PrivateField, bytes: Uint8Array): Uint8Array =>
    fields.includes(field) ? new Uint8Array(bytes.length) : bytes;
  const { identity } = kept;
  return keptItem({
    ...kept,
    identity: fields.includes('request') ? { ...identity, hash: ERASED_HASH } : identity,
    salts: withoutSalts(kept.salts, fields),
    requestBytes: left('request', kept.requestBytes),
    inputBytes: left('input', kept.inputBytes),
    outputBytes: left('output', kept.outputBytes),
  });
}

/** Who asked: a key id or a short name. */
export const clientOf = (kept: Kept | undefined): string | undefined => kept?.identity.key.split(' ')[0];

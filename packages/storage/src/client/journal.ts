/** What an upload writes down as it goes, and what a later run of the same upload may believe of it. */
import { equal, hex } from '@assay/core';
import { type Cbor, decodeCbor, encodeCbor } from '../cbor.ts';
import type { Committee } from '../committee.ts';
import { TransferError } from '../errors.ts';
import { decodePackHeader, encodePackHeader, type PackHeader } from '../format/pack.ts';
import {
  type ShardReceipt,
  shardReceiptFromCbor,
  shardReceiptToCbor,
  type VerifiedReceipt,
  verifyShardReceipt,
} from '../receipt.ts';
import { Shape } from '../shape.ts';
import type { Journal } from './ports.ts';

/** What an earlier run left. */
export interface Restored {
  readonly session: string;
  readonly headers: ReadonlyMap<number, PackHeader>;
  /** Receipts that stood, by pack. */
  readonly receipts: readonly { readonly pack: number; readonly receipt: VerifiedReceipt }[];
}

export class UploadJournal {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Begins the journal of a plan. */
  begin(plan: Uint8Array, session: string): void {
    this.#append(['plan', plan, session]);
  }

  header(pack: number, header: PackHeader): void {
    this.#append(['header', pack, encodePackHeader(header)]);
  }

  receipt(pack: number, receipt: ShardReceipt): void {
    this.#append(['receipt', pack, shardReceiptToCbor(receipt)]);
  }

  revoked(pack: number, { shard, nodeId }: VerifiedReceipt): void {
    this.#append(['revoked', pack, shard.index, nodeId]);
  }

  sync(): Promise<void> {
    return this.#journal.sync();
  }

  /**
   * What an earlier run of the same plan left, or undefined when this is the first. Every receipt is verified again.
   * @throws TransferError `journal` when it belongs to other files, or is damaged
   */
  restore(plan: Uint8Array, committee: Committee): Restored | undefined {
    const [first, ...rest] = this.#journal.entries;
    if (first === undefined) return undefined;
    const [kind, digest, session] = entryOf(first);
    if (kind !== 'plan' || !equal(shape.bytes(digest, 32), plan)) {
      throw new TransferError('journal', {
        what: 'the journal is of another upload: the files or the network have changed',
        fix: 'Remove the journal to start again; what is stored already will be found.',
      });
    }
    const headers = new Map<number, PackHeader>();
    const receipts = new Map<string, { pack: number; receipt: VerifiedReceipt }>();
    for (const entry of rest.map(entryOf)) replay(entry, { headers, receipts, committee });
    return { session: shape.text(session), headers, receipts: [...receipts.values()] };
  }

  #append(entry: Cbor): void {
    this.#journal.append(encodeCbor(entry));
  }
}

interface Replay {
  readonly headers: Map<number, PackHeader>;
  readonly receipts: Map<string, { pack: number; receipt: VerifiedReceipt }>;
  readonly committee: Committee;
}

function replay([kind, at, value, node]: readonly Cbor[], { headers, receipts, committee }: Replay): void {
  const pack = shape.uint(at);
  if (kind === 'header') headers.set(pack, decodePackHeader(shape.bytes(value)));
  else if (kind === 'receipt') {
    const receipt = verifyShardReceipt(shareOf(value), committee);
    receipts.set(`${pack}/${receipt.shard.index}/${hex(receipt.nodeId)}`, { pack, receipt });
  } else if (kind === 'revoked')
    receipts.delete(`${pack}/${shape.uint(value)}/${hex(shape.bytes(node, 32))}`);
}

const shareOf = (value: Cbor | undefined): ShardReceipt => shardReceiptFromCbor(value ?? null);
const shape = new Shape('cbor', 'an upload journal');
const entryOf = (bytes: Uint8Array): readonly Cbor[] => shape.array(decodeCbor(bytes));

/** The sequence of one process's receipts: numbered without a gap, each naming the one before (PROTOCOL 5.1). */
import { type Predicate, sealStatement, type Signer, signStatement } from '@assay/core';

type Receipt = Predicate<'output.receipt'>;

/** Everything of a receipt but its place in the stream. */
export type Unplaced = Omit<Receipt, 'stream' | 'sequence' | 'previous' | 'paymentSignature'>;

/** A signed receipt. */
export interface Placed {
  readonly id: string;
  readonly sequence: number;
  readonly entry: Uint8Array;
}

/** The newest receipt of a stream, as leases and drains state it. */
export type StreamHead = Pick<Predicate<'serve.lease'>, 'stream' | 'sequence' | 'head'>;

/** The end of the stream before this one. */
export interface StreamEnd {
  readonly stream: string;
  readonly last?: { readonly id: string; readonly sequence: number };
}

/** One stream. Whatever is signed here must be put into the outbox before anything else is signed here. */
export class ReceiptStream {
  readonly id: string;
  readonly #signer: Signer;
  #last: Placed | undefined;

  constructor(id: string, signer: Signer) {
    this.id = id;
    this.#signer = signer;
  }

  /** Signs the next receipt. @param pay the payment key's signature over it, where it is paid for (PROTOCOL 5.6) */
  place(receipt: Unplaced, pay?: (receipt: Receipt) => string): Placed {
    const sequence = this.#last === undefined ? 0 : this.#last.sequence + 1;
    const previous = this.#last === undefined ? {} : { previous: this.#last.id };
    const placed: Receipt = { ...receipt, stream: this.id, sequence: String(sequence), ...previous };
    const predicate = pay === undefined ? placed : { ...placed, paymentSignature: pay(placed) };
    this.#last = { ...sealStatement('output.receipt', predicate, this.#signer), sequence };
    return this.#last;
  }

  get head(): StreamHead {
    const last = this.#last;
    return last === undefined
      ? { stream: this.id }
      : { stream: this.id, sequence: String(last.sequence), head: last.id };
  }

  /** The statement that opens this stream and closes the one before. */
  opening(before: StreamEnd | undefined): Uint8Array {
    const last = before?.last;
    const predicate = {
      stream: this.id,
      ...(before === undefined ? {} : { previousStream: before.stream }),
      ...(last === undefined ? {} : { lastSequence: String(last.sequence), lastReceipt: last.id }),
    };
    return signStatement('serve.stream', predicate, this.#signer);
  }
}

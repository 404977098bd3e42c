/** An answer that was checked, and what can still be asked of it. */
import type { Predicate, Tensor } from '@assay/core';
import type { CheckedAnswer } from './check-answer.ts';
import { SdkError } from './errors.ts';
import type { Payment } from './money/payment.ts';
import type { ProvenReceipt } from './proof.ts';
import { elementValues } from './values.ts';

/** What an inference is made from. */
export interface InferenceParts {
  readonly checked: CheckedAnswer;
  readonly outputs: readonly Tensor[];
  readonly gateway: string;
  readonly payment: Payment;
  readonly prove: () => Promise<ProvenReceipt>;
}

/** One answer. Its receipt held for these bytes before anybody saw it. */
export class Inference {
  /** Request id. */
  readonly id: string;
  readonly outputs: readonly Tensor[];
  /** The receipt: its record id, its exact bytes, the node that signed it, and what it says. */
  readonly receipt: CheckedAnswer;
  /** URL of the gateway that answered. */
  readonly gateway: string;
  /** What it cost, for whoever asks. */
  readonly payment: Payment;
  readonly #prove: () => Promise<ProvenReceipt>;
  #proof: Promise<ProvenReceipt> | undefined;

  constructor({ checked, outputs, gateway, payment, prove }: InferenceParts) {
    this.id = checked.receipt.request.id;
    this.outputs = outputs;
    this.receipt = checked;
    this.gateway = gateway;
    this.payment = payment;
    this.#prove = prove;
  }

  /** Digest of the version that the receipt names. */
  get version(): string {
    return this.receipt.receipt.version;
  }

  /** What the receipt says the request obeyed. */
  get target(): Predicate<'output.receipt'>['target'] {
    return this.receipt.receipt.target;
  }

  /**
   * The elements of an output, row by row; 64-bit integers as decimal strings.
   *
   * @param name may be left out where there is one output
   * @throws SdkError `usage` for an output that is not there
   */
  values(name?: string): (number | string | boolean)[] {
    const output = name === undefined ? this.outputs[0] : this.outputs.find((each) => each.name === name);
    if (output !== undefined && (name !== undefined || this.outputs.length === 1))
      return elementValues(output);
    throw new SdkError('usage', {
      what: name === undefined ? `there are ${this.outputs.length} outputs` : `there is no output "${name}"`,
      fix: `Name one of ${this.outputs.map((each) => each.name).join(', ')}.`,
    });
  }

  /**
   * The proof that the receipt is in the log and was seen by enough witnesses, verified by the client's own policy.
   * Followed once, however often it is asked for.
   *
   * @throws SdkError `proof`; ReceiptError
   */
  proof(): Promise<ProvenReceipt> {
    this.#proof ??= this.#prove();
    return this.#proof;
  }
}

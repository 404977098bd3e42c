/** The money of one log: prices, what was charged and released, what was settled; and which charges count for nothing. */
import { hex, type LogRecord, sha256, utf8 } from '@assay/core';
import { nobleSecp256k1, type Secp256k1 } from '@assay/core/money';
import type { Registry } from '../registry/index.ts';
import type { ChargeRecord, PaidOutput, ReleaseRecord, SettledRecord } from './charge-record.ts';
import { Deliveries } from './deliveries.ts';
import type { FlawedCharge } from './flaw.ts';
import { judgeCharge } from './judge-charge.ts';
import { nodeAddress } from './judge-payment-signature.ts';
import { PriceList } from './price-list.ts';

/** RFC 6962 §2.1: what is hashed before a leaf. */
const LEAF_PREFIX = Uint8Array.of(0);

/**
 * Under these rules, in force from their `rules.activate` on, a charge needs a `request.deliver` of its gateway before it
 * (PROTOCOL 5.4). Without them a charge may only not contradict one, so that logs from before are read as they were.
 */
export const DELIVERED_RULES = `sha256:${hex(sha256(utf8('assay money rules 2')))}`;

/**
 * A pure fold over a log prefix, beside the registry that judges who may say what. Everything carries its log index, so
 * that one fold answers for every earlier size.
 */
export class Money {
  readonly prices = new PriceList();
  readonly flawed: FlawedCharge[] = [];
  readonly releases: ReleaseRecord[] = [];
  readonly batches: SettledRecord<'batch'>[] = [];
  readonly refunds: SettledRecord<'refund'>[] = [];
  readonly #registry: Registry;
  readonly #curve: Secp256k1;
  readonly #outputs = new Map<string, PaidOutput>();
  readonly #charges: ChargeRecord[] = [];
  readonly #byReceipt = new Map<string, ChargeRecord>();
  readonly #captured = new Map<string, bigint>();
  /** What became of a receipt, and of a payer's request: each ends once. */
  readonly #ended = new Map<string, 'charged' | 'released'>();
  readonly #deliveries: Deliveries;
  #mustBeDelivered = false;

  /** @param curve recovers signers; the native one makes folding some twenty times faster */
  constructor(registry: Registry, curve: Secp256k1 = nobleSecp256k1) {
    this.#registry = registry;
    this.#curve = curve;
    this.#deliveries = new Deliveries((signer, key) => registry.participants.speaksFor(signer, key));
  }

  /** Charges that count, in log order. */
  get charges(): readonly ChargeRecord[] {
    return this.#charges;
  }

  /** The charge of a receipt. */
  chargeOf(receipt: string): ChargeRecord | undefined {
    return this.#byReceipt.get(receipt);
  }

  /** Charges of a range of the log, in order. */
  chargesIn(from: number, to: number): readonly ChargeRecord[] {
    return this.#charges.filter(({ index }) => index >= from && index < to);
  }

  /** All that was captured on a payment channel. */
  capturedOn(paymentChannel: string): bigint {
    return this.#captured.get(paymentChannel) ?? 0n;
  }

  /** Receipts that name a price, in log order. */
  paidOutputs(): Iterable<PaidOutput> {
    return this.#outputs.values();
  }

  /** What became of a receipt: of itself, or of the request that it answers. */
  endOf({ id, receipt }: PaidOutput): 'charged' | 'released' | undefined {
    return this.#ended.get(id) ?? this.#ended.get(requestKey(receipt.request.client, receipt.request.id));
  }

  /** The gateway that said it delivered an output. */
  deliveredBy(receipt: string): string | undefined {
    return this.#deliveries.by(receipt);
  }

  /**
   * Folds in a record that the registry has folded and did not refuse.
   *
   * @param entry the record's exact bytes in the log
   */
  apply(record: LogRecord, entry: Uint8Array): void {
    const { id, index, signer } = record;
    switch (record.kind) {
      case 'price.publish':
        this.prices.add({ id, index, gateway: signer, book: record.predicate });
        break;
      case 'output.receipt':
        this.#addOutput(record, entry);
        break;
      case 'request.deliver':
        this.#deliveries.said(record.predicate.receipt, signer);
        break;
      case 'rules.activate':
        this.#mustBeDelivered ||= record.predicate.rules === DELIVERED_RULES;
        break;
      case 'charge':
        this.#addCharge(record);
        break;
      case 'release':
        this.#addRelease({ id, index, gateway: signer, release: record.predicate });
        break;
      case 'batch':
        this.batches.push({ id, index, settler: signer, predicate: record.predicate });
        break;
      case 'refund':
        this.refunds.push({ id, index, settler: signer, predicate: record.predicate });
        break;
      default:
        break;
    }
  }

  #addOutput(
    { id, index, signer, predicate }: LogRecord & { kind: 'output.receipt' },
    entry: Uint8Array,
  ): void {
    if (predicate.amount === undefined || this.#outputs.has(id)) return;
    const entryLeaf = sha256(LEAF_PREFIX, entry);
    this.#outputs.set(id, { id, index, entryLeaf, node: signer, receipt: predicate });
    this.#deliveries.answered(requestKey(predicate.request.client, predicate.request.id), id);
  }

  #addCharge(record: LogRecord & { kind: 'charge' }): void {
    const charge = record.predicate;
    const output = this.#outputs.get(charge.receipt);
    const price = this.prices.get(charge.priceBook);
    const channel = charge.batch?.paymentChannel;
    const keys = [charge.receipt];
    if (output !== undefined) keys.push(requestKey(charge.payer, output.receipt.request.id));
    const judged = judgeCharge(record, {
      registry: this.#registry,
      curve: this.#curve,
      output,
      price,
      ended: keys.map((key) => this.#ended.get(key)).find((end) => end !== undefined),
      delivery: this.#deliveries.of(charge.receipt, record.signer),
      mustBeDelivered: this.#mustBeDelivered,
      capturedBefore: channel === undefined ? 0n : this.capturedOn(channel),
    });
    const { id, index, signer: gateway } = record;
    if (judged !== undefined || output === undefined || price === undefined) {
      const { flaw, what } = judged ?? { flaw: 'no-output', what: 'there is no such receipt' };
      this.flawed.push({ id, index, gateway, receipt: charge.receipt, flaw, what });
      return;
    }
    const counted: ChargeRecord = {
      id,
      index,
      gateway,
      output,
      charge,
      nodeAddress: nodeAddress({ registry: this.#registry, output }) ?? '',
      vault: price.book.vault,
      amount: BigInt(charge.amount),
      fee: BigInt(charge.fee),
    };
    for (const key of keys) this.#ended.set(key, 'charged');
    if (channel !== undefined) this.#captured.set(channel, this.capturedOn(channel) + counted.amount);
    this.#charges.push(counted);
    this.#byReceipt.set(charge.receipt, counted);
  }

  /** A release of what was charged comes too late and changes nothing. */
  #addRelease(released: ReleaseRecord): void {
    const { receipt, payer } = released.release;
    const output = receipt === undefined ? undefined : this.#outputs.get(receipt);
    const keys = receipt === undefined ? [] : [receipt];
    if (output !== undefined) keys.push(requestKey(payer, output.receipt.request.id));
    if (keys.some((key) => this.#ended.get(key) === 'charged')) return;
    for (const key of keys) this.#ended.set(key, 'released');
    this.releases.push(released);
  }
}

/** A payer's request, whoever answered it; receipts of paid requests name the payer's address as their client. */
const requestKey = (payer: string, requestId: string): string => `${payer} ${requestId}`;

/** The money of one log: prices, what was charged and released, what was settled; and which charges count for nothing. */
import { type LogRecord, sha256 } from '@assay/core';
import { nobleSecp256k1, type Secp256k1 } from '@assay/core/money';
import type { Registry } from '../registry/index.ts';
import type { ChargeRecord, PaidOutput, ReleaseRecord, SettledRecord } from './charge-record.ts';
import { Deliveries } from './deliveries.ts';
import { type End, type Ending, Ends, requestKey } from './ends.ts';
import type { FlawedCharge } from './flaw.ts';
import { judgeCharge } from './judge-charge.ts';
import { addressOf } from './judge-payment-signature.ts';
import { MoneyRules } from './money-rules.ts';
import { PriceList } from './price-list.ts';
import { Settlements } from './settlements.ts';

/** RFC 6962 §2.1: what is hashed before a leaf. */
const LEAF_PREFIX = Uint8Array.of(0);

/**
 * A pure fold over a log prefix, beside the registry that judges who may say what. Everything carries its log index, so
 * that one fold answers for every earlier size.
 */
export class Money {
  readonly prices = new PriceList();
  readonly flawed: FlawedCharge[] = [];
  readonly releases: ReleaseRecord[] = [];
  readonly settlements: Settlements;
  readonly #registry: Registry;
  readonly #curve: Secp256k1;
  readonly #outputs = new Map<string, PaidOutput>();
  readonly #charges: ChargeRecord[] = [];
  readonly #byId = new Map<string, ChargeRecord>();
  readonly #byReceipt = new Map<string, ChargeRecord>();
  readonly #captured = new Map<string, bigint>();
  /** The gateway whose charge counted first on a payment channel. */
  readonly #channels = new Map<string, string>();
  /** Payments of scheme `exact` that a charge was made from, by gateway: whose it is stands on the chain. */
  readonly #exact = new Set<string>();
  readonly #ends = new Ends();
  readonly #deliveries: Deliveries;
  readonly #rules = new MoneyRules();

  /** @param curve recovers signers; the native one makes folding some twenty times faster */
  constructor(registry: Registry, curve: Secp256k1 = nobleSecp256k1) {
    this.#registry = registry;
    this.#curve = curve;
    this.#deliveries = new Deliveries((signer, key) => registry.participants.speaksFor(signer, key));
    this.settlements = new Settlements({
      addressOf: (keyId) => addressOf(registry, keyId),
      chargeById: (id) => this.#byId.get(id),
    });
  }

  get batches(): readonly SettledRecord<'batch'>[] {
    return this.settlements.batches;
  }

  get refunds(): readonly SettledRecord<'refund'>[] {
    return this.settlements.refunds;
  }

  /** Refunds that the vetoer stopped. */
  get vetoes(): readonly SettledRecord<'refund.veto'>[] {
    return this.settlements.vetoes;
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

  /**
   * What became of a receipt, of itself or of the request that it answers, with a gateway that says it gave it; with any
   * where none says so, since an output that nobody got is owed by nobody.
   */
  endOf({ id, index, receipt }: PaidOutput): End | undefined {
    const ending = { receipt: id, request: requestKey(receipt.request.client, receipt.request.id) };
    const gateways = this.#rules.isPerGateway(index) ? this.deliveredBy(id) : [];
    if (gateways.length === 0) return this.#ends.ofAny(ending);
    const ends = gateways.map((gateway) => this.#ends.of({ ...ending, gateway: this.#origin(gateway) }));
    return ends.find((end) => end !== undefined);
  }

  /** The gateways that said they delivered an output; anybody may say so who joined as one. */
  deliveredBy(receipt: string): readonly string[] {
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
        this.#rules.activate(record.predicate.rules, index);
        break;
      case 'charge':
        this.#addCharge(record);
        break;
      case 'release':
        this.#addRelease({ id, index, gateway: signer, release: record.predicate });
        break;
      case 'batch':
      case 'refund':
      case 'refund.veto':
      case 'charge.withhold':
        this.settlements.apply(record);
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
    const { id, index, signer: gateway } = record;
    const exact =
      charge.exact === undefined
        ? undefined
        : `${this.#origin(gateway)} ${charge.payer} ${charge.exact.nonce}`;
    const ending: Ending = {
      gateway: this.#origin(gateway),
      receipt: charge.receipt,
      request: output === undefined ? undefined : requestKey(charge.payer, output.receipt.request.id),
    };
    const judged = judgeCharge(record, {
      registry: this.#registry,
      curve: this.#curve,
      output,
      price,
      ended: this.#endedBefore(ending, index),
      delivery: this.#deliveries.of(charge.receipt, gateway),
      mustBeDelivered: this.#rules.mustBeDelivered,
      capturedBefore: channel === undefined ? 0n : this.capturedOn(channel),
      isPerGateway: this.#rules.isPerGateway(index),
      channelUser: channel === undefined ? undefined : this.#channels.get(channel),
      isSpent: exact !== undefined && this.#exact.has(exact),
    });
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
      nodeAddress: addressOf(this.#registry, output.node) ?? '',
      vault: price.book.vault,
      settler: price.book.receiverAuthorizer,
      amount: BigInt(charge.amount),
      fee: BigInt(charge.fee),
    };
    this.#ends.end(ending, 'charged');
    if (exact !== undefined) this.#exact.add(exact);
    if (channel !== undefined) {
      this.#captured.set(channel, this.capturedOn(channel) + counted.amount);
      if (!this.#channels.has(channel)) this.#channels.set(channel, gateway);
    }
    this.#charges.push(counted);
    this.#byId.set(id, counted);
    if (!this.#byReceipt.has(charge.receipt)) this.#byReceipt.set(charge.receipt, counted);
  }

  /** A release of what was charged comes too late and changes nothing. */
  #addRelease(released: ReleaseRecord): void {
    const { receipt, payer } = released.release;
    const output = receipt === undefined ? undefined : this.#outputs.get(receipt);
    const ending: Ending = {
      gateway: this.#origin(released.gateway),
      receipt,
      request: output === undefined ? undefined : requestKey(payer, output.receipt.request.id),
    };
    if (this.#endedBefore(ending, released.index) === 'charged') return;
    this.#ends.end(ending, 'released');
    this.releases.push(released);
  }

  #endedBefore(ending: Ending, index: number): End | undefined {
    return this.#rules.isPerGateway(index) ? this.#ends.of(ending) : this.#ends.ofAny(ending);
  }

  /** A gateway by its first key. */
  #origin(keyId: string): string {
    return this.#registry.participants.origin(keyId);
  }
}

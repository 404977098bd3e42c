/** What settlers said: batches, charges that stay out of them, class refunds. Anybody may join as one, so each has a say only over charges whose price names it. */
import type { LogRecord } from '@assay/core';
import type { ChargeRecord, SettledRecord } from './charge-record.ts';

/** What the log's settlements are told about. */
export interface SettlementContext {
  /** Address of a participant's payment key; undefined for who has not joined. */
  readonly addressOf: (keyId: string) => string | undefined;
  /** A charge that counts, by its record id. */
  readonly chargeById: (id: string) => ChargeRecord | undefined;
}

type Settling = LogRecord & { kind: 'batch' | 'refund' | 'refund.veto' | 'charge.withhold' };

/** The settlements of one log. */
export class Settlements {
  readonly batches: SettledRecord<'batch'>[] = [];
  readonly refunds: SettledRecord<'refund'>[] = [];
  /** Refunds that the vetoer stopped. */
  readonly vetoes: SettledRecord<'refund.veto'>[] = [];
  readonly #context: SettlementContext;
  /** Log index of the statement that withholds, by charge. */
  readonly #withheld = new Map<string, number>();
  /** By payment channel, ascending by log index: each withheld charge, and the sum of these up to and with it. */
  readonly #sums = new Map<string, { readonly index: number; sum: bigint }[]>();

  constructor(context: SettlementContext) {
    this.#context = context;
  }

  apply(record: Settling): void {
    const { id, index, signer } = record;
    const said = { id, index, settler: signer, address: this.#context.addressOf(signer) ?? '' };
    if (record.kind === 'batch') this.batches.push({ ...said, predicate: record.predicate });
    else if (record.kind === 'refund') this.refunds.push({ ...said, predicate: record.predicate });
    else if (record.kind === 'refund.veto') this.vetoes.push({ ...said, predicate: record.predicate });
    else this.#withhold(record.predicate.charges, said);
  }

  /** The batch that covers a charge, as far as the log knew at `size`. */
  batchOf(
    { index, charge, vault, settler }: ChargeRecord,
    size = Infinity,
  ): SettledRecord<'batch'> | undefined {
    return this.batches.find(
      ({ predicate, index: posted, address }) =>
        posted < size &&
        address === settler &&
        predicate.network === charge.network &&
        predicate.vault === vault &&
        Number(predicate.from) <= index &&
        index < Number(predicate.to),
    );
  }

  /** Whether a charge stays out of batches, as far as the log knew at `size`. */
  isWithheld({ id }: ChargeRecord, size = Infinity): boolean {
    const at = this.#withheld.get(id);
    return at !== undefined && at < size;
  }

  /** What is withheld of a payment channel's charges below a log index: captured, and never to be claimed. */
  withheldOn(paymentChannel: string, before = Infinity): bigint {
    const sums = this.#sums.get(paymentChannel) ?? [];
    return sums[below(sums, before) - 1]?.sum ?? 0n;
  }

  /** Record ids of charges that stay out of batches. */
  get withheld(): Iterable<string> {
    return this.#withheld.keys();
  }

  /** Of what stands in a batch already it comes too late. */
  #withhold(ids: readonly string[], by: { readonly index: number; readonly address: string }): void {
    for (const id of ids) {
      const charge = this.#context.chargeById(id);
      if (charge?.settler !== by.address || this.#withheld.has(id)) continue;
      if (this.batchOf(charge) !== undefined) continue;
      this.#withheld.set(id, by.index);
      const channel = charge.charge.batch?.paymentChannel;
      if (channel !== undefined) this.#add(channel, charge);
    }
  }

  #add(channel: string, { index, amount }: ChargeRecord): void {
    const sums = this.#sums.get(channel) ?? [];
    const at = below(sums, index);
    sums.splice(at, 0, { index, sum: sums[at - 1]?.sum ?? 0n });
    for (const each of sums.slice(at)) each.sum += amount;
    this.#sums.set(channel, sums);
  }
}

/** How many stand below a log index, by halving: anybody may have any number of charges withheld, and later ones ask. */
function below(sums: readonly { readonly index: number }[], before: number): number {
  let [from, to] = [0, sums.length];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if ((sums[middle]?.index ?? Infinity) < before) from = middle + 1;
    else to = middle;
  }
  return from;
}

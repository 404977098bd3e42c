/** Where charges, releases, batches and refunds stand in the log, so that payers can be shown them with their proofs. */
import { AssayError, type LogRecord, type Predicate, readStatement } from '@assay/core';
import { addressOf, MoneyRules, type Registry } from '@assay/views';
import type { Skimmed } from '../../follow/index.ts';

/** Log indexes of what became of one receipt's payment. */
export interface PaymentRecords {
  readonly charge?: number;
  readonly release?: number;
  readonly batch?: number;
  readonly refund?: number;
  /** The disposition that says the refund gave this receipt's charge back. */
  readonly disposition?: number;
}

/** A charge that nobody verified. */
export interface SkimmedCharge {
  /** Record id, and where it stands. */
  readonly id: string;
  readonly index: number;
  /** Key id of the gateway that signed it, as it says. */
  readonly gateway: string;
  /** Record ids. */
  readonly receipt: string;
  readonly priceBook: string;
}

interface Batch {
  readonly index: number;
  readonly from: number;
  readonly to: number;
}

/** An index over the followed log. */
export class MoneyRecords {
  readonly rules = new MoneyRules();
  readonly #charges = new Map<string, number>();
  readonly #releases = new Map<string, number>();
  readonly #batches: Batch[] = [];
  /** Log indexes of refunds by record id, and of the refund that compensated a receipt. */
  readonly #refunds = new Map<string, number>();
  /** Charges that say they are the first on their payment channel, in log order. */
  readonly #openings = new Map<string, SkimmedCharge[]>();
  /** Charges of a request, `<payer> <request id>`, in log order. */
  readonly #requests = new Map<string, SkimmedCharge[]>();
  readonly #refunded = new Map<string, { readonly refund: number; readonly disposition: number }>();
  readonly #own: string;
  readonly #settler: string | undefined;

  /**
   * @param own  key id of the gateway whose clients ask: of what several say about a receipt, they are shown its word
   * @param settler  address of who settles its charges, where there are any; what other settlers say is about others
   */
  constructor(own: string, settler: string | undefined) {
    this.#own = own;
    this.#settler = settler;
  }

  /** Takes a record that `registry` has just folded; what it ignored is ignored here. */
  note(record: LogRecord, registry: Registry): void {
    const { index } = record;
    // Who skims receipts cannot judge who may dispose of one; payers are shown the disposition itself.
    if (record.kind === 'incident.settle') this.#noteCompensation(record.predicate, index);
    if (registry.ignored.at(-1)?.index === index) return;
    if (record.kind === 'rules.activate') this.rules.activate(record.predicate.rules, index);
    if (record.kind !== 'batch' && record.kind !== 'refund') return;
    if (addressOf(registry, record.signer) !== this.#settler) return;
    if (record.kind === 'refund') {
      this.#refunds.set(record.id, index);
      return;
    }
    const { from, to } = record.predicate;
    this.#batches.push({ index, from: Number(from), to: Number(to) });
  }

  /**
   * Takes a charge or a release that nobody verified: there is one for every answer, most are this gateway's own, and
   * all that is done with it is to hand its bytes to who paid, who verifies them. Whoever is no gateway has no say; of
   * several the first counts, and this gateway's own before it.
   */
  skim({ kind, envelope }: Skimmed, index: number, { participants }: Registry): void {
    if (kind !== 'charge' && kind !== 'release') return;
    if (participants.get(envelope.keyId)?.roles.includes('gateway') !== true) return;
    const { receipt, opens, request, priceBook } = namedIn(envelope);
    const records = kind === 'charge' ? this.#charges : this.#releases;
    if (receipt !== undefined && (envelope.keyId === this.#own || !records.has(receipt)))
      records.set(receipt, index);
    if (receipt === undefined || priceBook === undefined) return;
    const charge = { id: envelope.id, index, gateway: envelope.keyId, receipt, priceBook };
    if (request !== undefined) add(this.#requests, request, charge);
    if (opens !== undefined) add(this.#openings, opens, charge);
  }

  /** What was charged for a payer's request, by whomever, as it says: whoever acts on it judges it first. */
  chargesOf(payer: string, requestId: string): readonly SkimmedCharge[] {
    return this.#requests.get(`${payer} ${requestId}`) ?? [];
  }

  /** Charges that say they are the first on a payment channel, as they say. */
  openingsOf(paymentChannel: string): readonly SkimmedCharge[] {
    return this.#openings.get(paymentChannel) ?? [];
  }

  of(receipt: string): PaymentRecords {
    const charge = this.#charges.get(receipt);
    const release = this.#releases.get(receipt);
    const refunded = this.#refunded.get(receipt) ?? {};
    const batch =
      charge === undefined ? undefined : this.#batches.find(({ from, to }) => from <= charge && charge < to);
    return {
      ...(charge === undefined ? {} : { charge }),
      ...(release === undefined ? {} : { release }),
      ...(batch === undefined ? {} : { batch: batch.index }),
      ...refunded,
    };
  }

  /** A class refund names its incident; which receipts it gave back is said in their dispositions. */
  #noteCompensation({ state, target, basis = [] }: Predicate<'incident.settle'>, disposition: number): void {
    const refund = basis.map((id) => this.#refunds.get(id)).find((index) => index !== undefined);
    if (state === 'compensated' && refund !== undefined) this.#refunded.set(target, { refund, disposition });
  }
}

function add(to: Map<string, SkimmedCharge[]>, key: string, charge: SkimmedCharge): void {
  const known = to.get(key);
  if (known === undefined) to.set(key, [charge]);
  else known.push(charge);
}

interface Named {
  readonly receipt?: string;
  /** The payment channel on which nothing was captured before, by its own word. */
  readonly opens?: string;
  /** `<payer> <request id>`. */
  readonly request?: string;
  readonly priceBook?: string;
}

/** What a charge or a release is about; nothing for what is no statement at all. */
function namedIn(envelope: Skimmed['envelope']): Named {
  try {
    const { kind, predicate } = readStatement(envelope);
    if (kind === 'release') return predicate.receipt === undefined ? {} : { receipt: predicate.receipt };
    if (kind !== 'charge') return {};
    const { receipt, batch, payer, order, priceBook, amount } = predicate;
    return {
      receipt,
      priceBook,
      ...(batch === undefined || batch.cumulative !== amount ? {} : { opens: batch.paymentChannel }),
      ...(order === undefined ? {} : { request: `${payer} ${order.requestId}` }),
    };
  } catch (error) {
    if (error instanceof AssayError) return {};
    throw error;
  }
}

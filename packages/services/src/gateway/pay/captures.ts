/** Turns what is held into charges once receipts are witnessed, and lets go of what is not to be charged (PROTOCOL 4.3, 7.1). */
import { type Clock, type Predicate, readEntry, type Signer, signStatement, unixSeconds } from '@assay/core';
import type { Hold, PaymentLedger } from '@assay/pay';
import { MAX_BRACKET_SECONDS, NODE_CLOCK_SKEW_SECONDS, type Registry } from '@assay/views';
import type { Carry } from './money-journal.ts';

/** What captures work with. */
export interface CapturesOptions {
  readonly ledger: PaymentLedger<Carry>;
  readonly view: { readonly registry: Registry; indexOf(id: string): number | undefined };
  /** Exact bytes of a receipt that was delivered here. */
  readonly receiptEntry: (id: string) => Uint8Array | undefined;
  /** Whether the log is told that it was given to its client, before whatever is said from now on. */
  readonly isDelivered: (id: string) => boolean;
  /** Whether this gateway leaves a payer's request to another that charged it. */
  readonly isLeftToAnother: (payer: string, requestId: string) => Promise<boolean>;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

/** Receipts that are remembered from delivery to capture, which is seconds; further ones are read back. */
const MOST_REMEMBERED = 4_096;

/** The captures of one gateway. */
export class Captures {
  readonly #options: CapturesOptions;
  readonly #remembered = new Map<string, Predicate<'output.receipt'>>();
  #running: Promise<void> | undefined;
  #again = false;

  constructor(options: CapturesOptions) {
    this.#options = options;
  }

  /** Told of a receipt whose hold is now `delivered`. */
  delivered(id: string, receipt: Predicate<'output.receipt'>): void {
    if (this.#remembered.size < MOST_REMEMBERED) this.#remembered.set(id, receipt);
  }

  /** Looks at everything that is held; one look at a time, and once more when it was asked for meanwhile. */
  tend(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#untilQuiet().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #untilQuiet(): Promise<void> {
    const { ledger, clock, onFailure } = this.#options;
    while (this.#again) {
      this.#again = false;
      try {
        const delivered = ledger.in('delivered');
        if (delivered.length === 0) this.#remembered.clear();
        await Promise.all(delivered.map((hold) => this.#end(hold)));
        // What is witnessed was captured first: its order was good when it counted.
        await ledger.expire(unixSeconds(clock), this.#release);
      } catch (error) {
        onFailure(error);
        return;
      }
    }
  }

  async #end(hold: Hold): Promise<void> {
    const { ledger, view, isDelivered } = this.#options;
    const { receipt: receiptId = '' } = hold;
    const index = view.indexOf(receiptId);
    // Witnessed, and by a checkpoint that is itself in the log: what is charged, others must be able to judge.
    const recorded = index === undefined ? undefined : view.registry.time.recordedAt(index);
    if (recorded === undefined) return;
    // PROTOCOL 5.4: whose client went away meanwhile may come back for it, until its order ends.
    if (!isDelivered(receiptId)) return;
    const receipt = this.#remembered.get(receiptId) ?? this.#receipt(receiptId);
    this.#remembered.delete(receiptId);
    const chargeable = receipt !== undefined && this.#isChargeable(hold, receipt, recorded);
    if (chargeable && !(await this.#isLeft(hold))) {
      await ledger.capture(hold.id, (charge) => ({
        entry: signStatement('charge', charge, this.#options.signer),
      }));
    } else await ledger.release(hold.id, 'not-chargeable', this.#release);
  }

  readonly #release = (release: Predicate<'release'>): Carry => ({
    entry: signStatement('release', release, this.#options.signer),
  });

  #receipt(id: string): Predicate<'output.receipt'> | undefined {
    const entry = this.#options.receiptEntry(id);
    const statement = entry === undefined ? undefined : readEntry(entry);
    return statement?.kind === 'output.receipt' ? statement.predicate : undefined;
  }

  /** A client that lost an answer and asked a gateway of the same operator pays one of the two. */
  async #isLeft({ order, payer, requestId }: Hold): Promise<boolean> {
    return order !== undefined && this.#options.isLeftToAnother(payer, requestId);
  }

  /** The same rules by which everybody else judges the charge (`judgeCharge` in views). */
  #isChargeable(hold: Hold, receipt: Predicate<'output.receipt'>, recorded: number): boolean {
    const { registry } = this.#options.view;
    const { order } = hold;
    if (!isWithinBracket(receipt, registry.time, recorded)) return false;
    return order === undefined || (recorded <= Number(order.deadline) && hasWeight(order, receipt, registry));
  }
}

/** PROTOCOL 7.1: the version has weight in the decision that was ordered, or in one that superseded it; or is the pin. */
function hasWeight(
  order: { readonly target: string; readonly channel: string },
  { version, target }: Predicate<'output.receipt'>,
  { channels }: Registry,
): boolean {
  if (order.channel === '') return `sha256:${order.target.slice(2)}` === version;
  const ordered = channels.decision(order.target.slice(2));
  const obeyed = 'decision' in target ? channels.decision(target.decision) : undefined;
  if (ordered === undefined || obeyed === undefined || ordered.channel.name !== order.channel) return false;
  if (obeyed.channel.name !== order.channel || obeyed.decision.index < ordered.decision.index) return false;
  return (obeyed.decision.to[version] ?? 0) > 0;
}

/** PROTOCOL 3.3: a bracket that is too wide, or times of the node's that lie outside it, are not charged. */
function isWithinBracket(
  { notBefore, accepted, finished }: Predicate<'output.receipt'>,
  time: Registry['time'],
  recorded: number,
): boolean {
  const after = time.at(Number(notBefore.size))?.time ?? 0;
  const skew = NODE_CLOCK_SKEW_SECONDS;
  return (
    recorded - after <= MAX_BRACKET_SECONDS &&
    accepted / 1_000 >= after - skew &&
    finished / 1_000 <= recorded + skew
  );
}

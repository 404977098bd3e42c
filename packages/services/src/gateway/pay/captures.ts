/** Turns what is held into charges once receipts are witnessed, and lets go of what is not to be charged (PROTOCOL 4.3, 7.1). */
import { type Clock, type Predicate, readEntry, type Signer, signStatement, unixSeconds } from '@assay/core';
import type { Hold, PaymentLedger } from '@assay/pay';
import type { Registry } from '@assay/views';
import type { Carry } from './money-journal.ts';

/** What captures work with. */
export interface CapturesOptions {
  readonly ledger: PaymentLedger<Carry>;
  readonly view: { readonly registry: Registry; indexOf(id: string): number | undefined };
  /** Exact bytes of a receipt that was delivered here. */
  readonly receiptEntry: (id: string) => Uint8Array | undefined;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly maxBracketSeconds: number;
  readonly onFailure: (error: unknown) => void;
}

/** The captures of one gateway. */
export class Captures {
  readonly #options: CapturesOptions;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(options: CapturesOptions) {
    this.#options = options;
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
        await Promise.all(ledger.in('delivered').map((hold) => this.#end(hold)));
        // What is witnessed was captured first: its order was good when it counted.
        await ledger.expire(unixSeconds(clock), this.#release);
      } catch (error) {
        onFailure(error);
        return;
      }
    }
  }

  async #end(hold: Hold): Promise<void> {
    const { ledger, view } = this.#options;
    const index = view.indexOf(hold.receipt ?? '');
    // Witnessed, and by a checkpoint that is itself in the log: what is charged, others must be able to judge.
    if (index === undefined || view.registry.time.recordedAt(index) === undefined) return;
    const receipt = this.#receipt(hold.receipt ?? '');
    if (receipt !== undefined && this.#isChargeable(hold, receipt, index)) {
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

  #isChargeable(hold: Hold, receipt: Predicate<'output.receipt'>, index: number): boolean {
    const { view, maxBracketSeconds } = this.#options;
    const { order } = hold;
    return (
      isWithinBracket(receipt, { registry: view.registry, index, maxBracketSeconds }) &&
      (order === undefined || hasWeight(order, receipt, view.registry))
    );
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

/** PROTOCOL 3.3: a bracket that is too wide, or node's times that lie outside it, are not charged. */
function isWithinBracket(
  { notBefore, accepted, finished }: Predicate<'output.receipt'>,
  {
    registry,
    index,
    maxBracketSeconds,
  }: { readonly registry: Registry; readonly index: number; readonly maxBracketSeconds: number },
): boolean {
  const after = registry.time.at(Number(notBefore.size))?.time;
  const before = registry.time.recordedAt(index);
  return (
    after !== undefined &&
    before !== undefined &&
    before - after <= maxBracketSeconds &&
    Math.floor(accepted / 1_000) >= after &&
    Math.floor(finished / 1_000) <= before
  );
}

/**
 * Whose money is there. Anybody may join as a gateway and log charges, and payers may take back what a settler was too late
 * for, so a charge that counts in the log is not money yet: the chain decides, charge by charge.
 */
import type { Clock } from '@assay/core';
import { heldPaymentId } from '@assay/core/money';
import { heldBy, type PublicClient, senderOf, type VaultReads } from '@assay/pay/node';
import { type BatchContent, type ChargeRecord, claimableUpTo, type Money } from '@assay/views';

/** What it is judged by. */
export interface FundingParts {
  readonly money: Money;
  readonly client: PublicClient;
  readonly reads: VaultReads;
  readonly vault: string;
  readonly clock: Clock;
  /** Address of a participant's payment key. */
  readonly addressOf: (keyId: string) => string | undefined;
  /** Milliseconds for which a charge may wait for money that is on its way. */
  readonly patience: number;
}

/** Charges without money, in log order. */
export interface Unfunded {
  /** Those that may still be waiting for a deposit. */
  readonly young: readonly ChargeRecord[];
  /** Those that have waited long enough. */
  readonly due: readonly ChargeRecord[];
}

/** Judges charges; remembers since when each has been without money. */
export class Funding {
  readonly #parts: FundingParts;
  #since = new Map<string, number>();

  constructor(parts: FundingParts) {
    this.#parts = parts;
  }

  /** @param claimed what is claimed now, in all, by payment channel */
  async unfunded(
    { charges }: Pick<BatchContent, 'charges'>,
    claimed: ReadonlyMap<string, bigint>,
  ): Promise<Unfunded> {
    const { clock, patience } = this.#parts;
    const poor = await this.#poor(charges, claimed);
    const now = clock.now();
    this.#since = new Map(poor.map(({ id }) => [id, this.#since.get(id) ?? now]));
    const isDue = ({ id }: ChargeRecord): boolean => now - (this.#since.get(id) ?? now) >= patience;
    return { young: poor.filter((charge) => !isDue(charge)), due: poor.filter(isDue) };
  }

  async #poor(
    charges: readonly ChargeRecord[],
    claimed: ReadonlyMap<string, bigint>,
  ): Promise<readonly ChargeRecord[]> {
    const poor: ChargeRecord[] = [];
    const taken = new Map<string, bigint>();
    for (const record of charges) {
      const { charge, amount, gateway } = record;
      if (charge.batch !== undefined) {
        const there = claimed.get(charge.batch.paymentChannel) ?? 0n;
        if (claimableUpTo(this.#parts.money, record) > there) poor.push(record);
      } else if (charge.exact !== undefined) {
        const id = heldPaymentId(charge.payer, charge.exact.nonce);
        const sum = (taken.get(id) ?? 0n) + amount;
        const isHeld = sum <= (await this.#parts.reads.exactHeld(id));
        if (isHeld && (await this.#tookItself(gateway, { id, tx: charge.exact.tx }))) taken.set(id, sum);
        else poor.push(record);
      }
    }
    return poor;
  }

  /** Anybody may charge what another gateway took; the chain shows who took it. */
  async #tookItself(
    gateway: string,
    { id, tx }: { readonly id: string; readonly tx: string },
  ): Promise<boolean> {
    const { client, vault, addressOf } = this.#parts;
    const sender = await senderOf(client, tx);
    if (sender === undefined || sender !== addressOf(gateway)) return false;
    return (await heldBy(client, { vault, tx })).includes(id);
  }
}

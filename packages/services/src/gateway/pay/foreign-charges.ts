/**
 * What other gateways charged, as far as this one acts on it. Anybody may join as a gateway and log a charge, so each is
 * judged by the rules by which everybody judges it, before anything is let go or refused because of it (PROTOCOL 7.1).
 */
import { keyIdOf, fromHex, type LogRecord, openStatement } from '@assay/core';
import { Money, type Registry } from '@assay/views';
import type { MoneyRecords, SkimmedCharge } from './money-records.ts';

/** Where charges are found and judged. */
export interface ForeignChargesOptions {
  readonly registry: Registry;
  readonly records: MoneyRecords;
  readonly indexOf: (id: string) => number | undefined;
  /** The entry at a log index. Rejects when the log does not answer. */
  readonly entryAt: (index: number) => Promise<Uint8Array>;
  /** Key id of this gateway. */
  readonly gateway: string;
  /** Key ids of gateways whose charge of a request makes this one let its own go, such as those of the same operator. */
  readonly peers: readonly string[];
}

/** The charges of others. */
export class ForeignCharges {
  readonly #options: ForeignChargesOptions;
  /** Whether a charge counts, by record id: what was judged once is not read again. */
  readonly #judged = new Map<string, boolean>();

  constructor(options: ForeignChargesOptions) {
    this.#options = options;
  }

  /**
   * Whether this gateway leaves a payer's request to another that charged it: one of its peers, and no stranger. Under the
   * older rules only the first charge over all gateways counts, so there it has no choice.
   */
  async isLeftToAnother(payer: string, requestId: string): Promise<boolean> {
    const { registry, records, peers } = this.#options;
    const byChoice = records.rules.isPerGateway(registry.size);
    for (const charge of records.chargesOf(payer, requestId)) {
      if (this.#isOwn(charge.gateway)) continue;
      const isPeer = peers.some((peer) => registry.participants.speaksFor(charge.gateway, peer));
      if ((isPeer || !byChoice) && (await this.#counts(charge))) return true;
    }
    return false;
  }

  /**
   * The other gateway whose payment channel this is: by its salt, else because its charge was the first on it that counts.
   *
   * @param salt `0x` and 64 digits
   */
  async userOf(paymentChannel: string, salt: string): Promise<string | undefined> {
    const { registry, records } = this.#options;
    const salted = registry.participants.get(keyIdOf(fromHex(salt.slice(2))));
    if (salted?.roles.includes('gateway') === true)
      return this.#isOwn(salted.keyId) ? undefined : salted.keyId;
    for (const charge of records.openingsOf(paymentChannel)) {
      if (this.#isOwn(charge.gateway)) return undefined;
      if (await this.#counts(charge)) return charge.gateway;
    }
    return undefined;
  }

  /** Whether it is signed by a key that this gateway has, or had. */
  #isOwn(signer: string): boolean {
    const { gateway, registry } = this.#options;
    return registry.participants.speaksFor(gateway, signer);
  }

  async #counts(charge: SkimmedCharge): Promise<boolean> {
    const known = this.#judged.get(charge.id);
    if (known !== undefined) return known;
    const found = await this.#judge(charge);
    if (found !== undefined) this.#judged.set(charge.id, found);
    return found ?? false;
  }

  /**
   * Folds its price, its receipt and itself. What was charged before on its payment channel is not read: a sum that does not
   * follow is the last thing that can be wrong, and its gateway's own fault. @returns undefined while its parts are missing
   */
  async #judge(charge: SkimmedCharge): Promise<boolean | undefined> {
    const { registry, indexOf, entryAt } = this.#options;
    const money = new Money(registry);
    for (const id of [charge.priceBook, charge.receipt, charge.id]) {
      const index = id === charge.id ? charge.index : indexOf(id);
      if (index === undefined) return undefined;
      const entry = await entryAt(index);
      const statement = openStatement(entry);
      if (statement.id !== id) return false;
      money.apply({ ...statement, index } as LogRecord, entry);
    }
    const [flawed] = money.flawed;
    return flawed === undefined || flawed.flaw === 'cumulative';
  }
}

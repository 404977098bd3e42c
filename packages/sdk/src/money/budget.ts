/** What a client lets itself spend: nothing is ordered above it, whatever a price says. */
import type { Clock } from '@assay/core';
import { SdkError } from '../errors.ts';
import { atomic, decimalText } from './amounts.ts';
import type { MoneyStore } from './store.ts';

/** Limits in whole tokens, as decimal text (`0.05`); what is absent is not limited. */
export interface Budget {
  readonly perRequest?: string;
  /** Over one UTC day. */
  readonly perDay?: string;
  /** Over one UTC day, by a model's full or short name. */
  readonly perModel?: Readonly<Record<string, string>>;
}

const DAY_MS = 86_400_000;

/** Keeps to a budget. */
export class Spending {
  readonly #budget: Budget;
  readonly #store: MoneyStore;
  readonly #clock: Clock;
  #day = '';
  #spent = new Map<string, bigint>();
  #loading: Promise<void> = Promise.resolve();

  constructor(budget: Budget, store: MoneyStore, clock: Clock) {
    this.#budget = budget;
    this.#store = store;
    this.#clock = clock;
  }

  /** The most that one request may be ordered for. */
  most(offered: bigint, decimals: number): bigint {
    const { perRequest } = this.#budget;
    const limit = perRequest === undefined ? offered : atomic(perRequest, decimals);
    return limit < offered ? limit : offered;
  }

  /** Sets `amount` aside for a model. @throws SdkError `budget` */
  async reserve(model: string, amount: bigint, decimals: number): Promise<void> {
    await this.#today();
    const { perDay, perModel = {} } = this.#budget;
    const limits: [key: string, name: string, limit: string | undefined][] = [
      ['', 'perDay', perDay],
      [model, `perModel of ${model}`, perModel[model] ?? perModel[model.slice(model.indexOf('/') + 1)]],
    ];
    for (const [key, name, limit] of limits) {
      const spent = this.#spent.get(key) ?? 0n;
      if (limit === undefined || spent + amount <= atomic(limit, decimals)) continue;
      throw new SdkError('budget', {
        what: `${decimalText(amount, decimals)} would go over ${name}: ${decimalText(spent, decimals)} of ${limit} is spent or set aside today`,
        where: 'budget',
        fix: 'Raise the budget, or wait for tomorrow (UTC).',
      });
    }
    await this.#add(model, amount);
  }

  /** Gives back what was set aside and not charged. */
  giveBack(model: string, amount: bigint): Promise<void> {
    return this.#add(model, -amount);
  }

  async #add(model: string, amount: bigint): Promise<void> {
    for (const key of ['', model]) this.#spent.set(key, (this.#spent.get(key) ?? 0n) + amount);
    const spent = Object.fromEntries([...this.#spent].map(([key, value]) => [key, String(value)]));
    await this.#store.set('spent', JSON.stringify({ day: this.#day, spent }));
  }

  /** What was spent on another day counts no more. */
  async #today(): Promise<void> {
    const day = String(Math.floor(this.#clock.now() / DAY_MS));
    if (day === this.#day) return this.#loading;
    this.#day = day;
    this.#spent = new Map();
    this.#loading = this.#load(day);
    return this.#loading;
  }

  async #load(day: string): Promise<void> {
    const text = await this.#store.get('spent');
    if (text === undefined) return;
    const kept = JSON.parse(text) as { day: string; spent: Record<string, string> };
    if (kept.day !== day) return;
    for (const [key, value] of Object.entries(kept.spent)) {
      this.#spent.set(key, (this.#spent.get(key) ?? 0n) + BigInt(value));
    }
  }
}

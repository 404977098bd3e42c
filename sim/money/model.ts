/**
 * A second ledger, written from the rules and not from the code: rows in a table, and every sum taken anew from all of
 * them. Slow and plain on purpose; where it and the ledger differ, one of them is wrong.
 */
import { type Ask, CHANNELS, FEE_BPS, MAX_EXPOSURE, type Step } from './step.ts';

interface Row {
  ask: Ask;
  state: 'reserved' | 'executing' | 'delivered' | 'captured' | 'released' | 'refunded';
  cost: bigint;
  hasOutput: boolean;
  moved: boolean;
  reason: string;
  worked: boolean;
  fee: bigint;
  back: bigint;
}

/** What a step came to: `ok`, `ok mine`, or the code of a refusal. */
export type Outcome = string;

/** The model's state. */
export class Model {
  readonly rows = new Map<string, Row>();
  readonly balances: bigint[] = Array.from({ length: CHANNELS }, () => 0n);
  /** Sums of rows that were forgotten: captured money stays captured. */
  readonly forgotten: bigint[] = Array.from({ length: CHANNELS }, () => 0n);
  /** Vouchers outlive their rows. */
  readonly vouchers: bigint[] = Array.from({ length: CHANNELS }, () => 0n);
  totals = { debit: 0n, credit: 0n, fees: 0n, refunds: 0n };
  now = 1_000;

  apply(step: Step): Outcome {
    switch (step.kind) {
      case 'reserve':
      case 'begin':
        return this.#ask(step.ask, step.kind === 'begin');
      case 'execute':
        return this.#on(step.id, ['reserved', 'executing'], (row) => {
          row.state = 'executing';
        });
      case 'abandon': {
        const row = this.rows.get(step.id);
        if (row !== undefined) row.worked = false;
        return 'ok';
      }
      case 'deliver':
        return this.#deliver(step.id, step.amount);
      case 'capture':
        return this.#capture(step.id);
      case 'paid':
        return this.#on(step.id, ['reserved', 'executing', 'delivered'], (row) => {
          if (!('nonce' in row.ask.pays)) return 'state';
          row.moved = true;
          return undefined;
        });
      case 'release':
        return this.#on(step.id, ['reserved', 'executing', 'delivered'], (row) => {
          if (step.reason === 'no-output' && row.hasOutput) return 'state';
          this.#end(row, step.reason);
          return undefined;
        });
      case 'refund':
        return this.#on(step.id, ['captured'], (row) => {
          if (step.amount > row.cost) return 'amount';
          row.state = 'refunded';
          row.back = step.amount;
          this.totals.refunds += step.amount;
          return undefined;
        });
      case 'expire':
        for (const row of this.rows.values()) {
          if (this.isOpen(row) && row.ask.deadline < this.now) this.#end(row, 'expired');
        }
        return 'ok';
      case 'compact':
        this.#forget();
        return 'ok';
      case 'restart':
        for (const row of this.rows.values()) row.worked = false;
        return 'ok';
      case 'wait':
        this.now += step.seconds;
        return 'ok';
      case 'fund':
        this.balances[step.channel] = max(0n, this.balances[step.channel]! + step.change);
        return 'ok';
    }
  }

  isOpen = (row: Row): boolean => ['reserved', 'executing', 'delivered'].includes(row.state);

  /** What a row ties up. */
  tied = (row: Row): bigint => (!this.isOpen(row) ? 0n : row.state === 'delivered' ? row.cost : row.ask.max);

  /** What all rows tie up. */
  exposure(): bigint {
    let sum = 0n;
    for (const row of this.rows.values()) sum += this.tied(row);
    return sum;
  }

  /** Captured, and captured with what is tied up, of every channel: all rows read once. */
  standing(): { readonly captured: bigint[]; readonly base: bigint[] } {
    const captured = [...this.forgotten];
    const tied = captured.map(() => 0n);
    for (const row of this.rows.values()) {
      if (!('channel' in row.ask.pays)) continue;
      const { channel } = row.ask.pays;
      if (['captured', 'refunded'].includes(row.state)) captured[channel] = captured[channel]! + row.cost;
      tied[channel] = tied[channel]! + this.tied(row);
    }
    return { captured, base: captured.map((sum, channel) => sum + tied[channel]!) };
  }

  /** Captured and tied up. */
  base(channel: number): bigint {
    return this.standing().base[channel]!;
  }

  #ask(ask: Ask, andExecute: boolean): Outcome {
    const known = this.rows.get(ask.id);
    const clean =
      known?.state === 'released' && known.reason === 'no-output' && !known.hasOutput && !known.moved;
    if (known !== undefined && !clean) return this.#again(known, ask, andExecute);
    if (ask.deadline < this.now) return 'expired';
    const refusal =
      'nonce' in ask.pays ? this.#nonceUsed(ask.pays.nonce, ask) : this.#uncovered(ask, ask.pays);
    if (refusal !== undefined) return refusal;
    if (this.exposure() + ask.max > MAX_EXPOSURE) return 'exposure';
    if ('channel' in ask.pays) {
      this.vouchers[ask.pays.channel] = max(this.vouchers[ask.pays.channel]!, ask.pays.ceiling);
    }
    this.rows.set(ask.id, {
      ask,
      state: andExecute ? 'executing' : 'reserved',
      cost: 0n,
      hasOutput: false,
      moved: false,
      reason: '',
      worked: true,
      fee: 0n,
      back: 0n,
    });
    return 'ok mine';
  }

  #again(known: Row, ask: Ask, andExecute: boolean): Outcome {
    if (known.ask.hash !== ask.hash) return 'conflict';
    if (known.state === 'released' && !known.hasOutput) return 'spent';
    const undone = known.state === 'reserved' || known.state === 'executing';
    if (!undone || known.worked || known.ask.deadline < this.now) return 'ok';
    known.worked = true;
    if (andExecute) known.state = 'executing';
    return 'ok mine';
  }

  #nonceUsed(nonce: string, ask: Ask): Outcome | undefined {
    for (const row of this.rows.values()) {
      const same = 'nonce' in row.ask.pays && row.ask.pays.nonce === nonce && row.ask.payer === ask.payer;
      if (same && row.ask.id !== ask.id) return 'replayed';
    }
    return undefined;
  }

  #uncovered(ask: Ask, pays: { channel: number; ceiling: bigint }): Outcome | undefined {
    const needed = this.base(pays.channel) + ask.max;
    const highest = ask.ordered ? max(pays.ceiling, this.vouchers[pays.channel]!) : pays.ceiling;
    if (needed > highest) return 'ceiling';
    return needed > this.balances[pays.channel]! ? 'balance' : undefined;
  }

  #deliver(id: string, amount: bigint): Outcome {
    return this.#on(id, ['executing', 'released'], (row) => {
      if (amount > row.ask.max) return 'amount';
      row.worked = false;
      if (row.state === 'executing') {
        row.state = 'delivered';
        row.cost = amount;
      }
      row.hasOutput = true;
      return undefined;
    });
  }

  #capture(id: string): Outcome {
    return this.#on(id, ['delivered'], (row) => {
      if ('nonce' in row.ask.pays && !row.moved) return 'state';
      row.state = 'captured';
      row.fee = (row.cost * BigInt(FEE_BPS)) / 10_000n;
      this.totals.debit += row.cost;
      this.totals.fees += row.fee;
      this.totals.credit += row.cost - row.fee;
      return undefined;
    });
  }

  #end(row: Row, reason: string): void {
    row.state = 'released';
    row.reason = reason;
    row.worked = false;
  }

  #forget(): void {
    for (const [id, row] of this.rows) {
      if (this.isOpen(row) || row.ask.deadline >= this.now) continue;
      const paid = ['captured', 'refunded'].includes(row.state);
      if (paid && 'channel' in row.ask.pays) {
        this.forgotten[row.ask.pays.channel] = this.forgotten[row.ask.pays.channel]! + row.cost;
      }
      this.rows.delete(id);
    }
  }

  #on(id: string, states: readonly Row['state'][], move: (row: Row) => Outcome | undefined | void): Outcome {
    const row = this.rows.get(id);
    if (row === undefined) return 'unknown';
    if (!states.includes(row.state)) return 'state';
    return move(row) ?? 'ok';
  }
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);

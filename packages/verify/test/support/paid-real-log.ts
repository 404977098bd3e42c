/** Paid answers on a log with real bytes, witnesses and tiles: what an audit of money is tested on. */
import { type Kind, openStatement, type Predicate } from '@assay/core';
import { Money, type Timeline } from '@assay/views';
import { PaidLog, type PaidHost } from '../../../views/test/money/paid-log.ts';
import type { Person } from '../../../views/test/support/log-builder.ts';
import { loadSecp256k1 } from '@assay/pay/node';
import { begun, type RealLog } from './real-log.ts';

/** The native one where there is one: these tests recover a thousand signers. */
export const curve = loadSecp256k1(() => undefined);

/** A real log that paid answers can be added to. */
export class RealHost implements PaidHost {
  readonly real: RealLog = begun(0);
  readonly money: Money = new Money(this.real.timeline.registry, curve);
  /** Seconds into the test. */
  #time = 100;

  get timeline(): Timeline {
    return this.real.timeline;
  }

  get size(): number {
    return this.real.entries.length;
  }

  add<K extends Kind>(by: Person, kind: K, predicate: Predicate<K>): string {
    return this.#note(() => this.real.add(by, kind, predicate));
  }

  join(by: Person, roles: Predicate<'participant.join'>['roles']): string {
    return this.add(by, 'participant.join', by.join(roles));
  }

  output(node: Person, version: string, more: Partial<Predicate<'output.receipt'>>): string {
    return this.#note(() => this.real.output(node, version, more));
  }

  outputPredicate(
    node: Person,
    version: string,
    more: Partial<Predicate<'output.receipt'>>,
  ): Predicate<'output.receipt'> {
    return this.real.outputPredicate(node, version, more);
  }

  witness(time: number): number {
    const { size } = this;
    this.real.wait(time - this.#time);
    this.#time = time;
    this.real.witness();
    return size;
  }

  /** Folds what was just appended into the money view as well; a refused statement was not folded anywhere. */
  #note(append: () => number): string {
    const index = append();
    const entry = this.real.entries[index] as Uint8Array;
    const record = { ...openStatement(entry), index };
    const refused = this.timeline.registry.ignored.at(-1)?.index === index;
    if (!refused) this.money.apply(record, entry);
    return record.id;
  }
}

/** A fresh one. */
export const paidRealLog = (): PaidLog<RealHost> => new PaidLog(new RealHost());

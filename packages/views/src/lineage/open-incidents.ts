/** Which open incidents each record is in, kept current as records arrive: two masks of one bit per incident. */
import { announcedSpans, timeline } from './answers/timeline.ts';
import { findIncident, type CompiledIncident } from './answers/incident-terms.ts';
import { judgeRoot } from './answers/roots.ts';
import { scope, scopeIndex } from './answers/scope.ts';
import { AsOf } from './as-of.ts';
import { u32Column } from './columns/column.ts';
import { ROLE_OUTPUT } from './columns/record-table.ts';
import type { Ledger, LedgerObserver } from './ledger.ts';
import type { LineageRecord } from './records.ts';

/** Bits in a mask. Further incidents are answered by traversal (PROTOCOL 6.4): never an error, never a truncation. */
export const TRACKED_INCIDENTS = 32;

const NO_BITS = [0, 0] as const;

interface Tracked {
  readonly id: string;
  readonly bit: number;
  compiled: CompiledIncident;
  /** Per channel decided on since, the spans in which a bad version had weight, as text. */
  readonly spans: Map<number, string>;
}

/**
 * A cache beside the ledger. What only adds to scopes (records, edges, first evidence) is followed at once, one OR
 * per input; what may take away (later evidence on a record with consequences, amendments, decisions and leases
 * that change the past) marks the bit stale, and the next question about it rebuilds it by one traversal.
 */
export class OpenIncidents implements LedgerObserver {
  readonly #ledger: Ledger;
  readonly #affected = u32Column();
  readonly #possible = u32Column();
  readonly #queue = u32Column();
  readonly #buffer = u32Column();
  // Windows apart from the rest: nearly every record is outside nearly every window.
  readonly #from = new Float64Array(TRACKED_INCIDENTS);
  readonly #to = new Float64Array(TRACKED_INCIDENTS);
  #tracked: Tracked[] = [];
  #stale = 0;
  #pending = 0;
  // Sees everything; replaced whenever something but outputs and evidence changes, because it remembers.
  #head: AsOf;

  /** @param ledger from now on observed; what it holds already is taken over */
  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    this.#head = new AsOf(ledger, Infinity);
    ledger.observe(this);
    for (const id of ledger.incidents.ids(Infinity)) this.#track(id);
  }

  /** Ids of the incidents that have a bit. */
  get tracked(): readonly string[] {
    return this.#tracked.map(({ id }) => id);
  }

  /** Whether a record is in the scope of an incident, as known now. */
  membership(incident: string, record: string): 'affected' | 'possible' | null {
    const id = this.#ledger.records.find(record);
    const tracked = this.#tracked.find((one) => one.id === incident);
    if (tracked === undefined) return this.#traverse(incident, id);
    this.#settle();
    if ((this.#stale & tracked.bit) !== 0) this.#rebuild(tracked);
    if ((this.#affected.at(id) & tracked.bit) !== 0) return 'affected';
    return (this.#possible.at(id) & tracked.bit) !== 0 ? 'possible' : null;
  }

  declared(id: number, from: ArrayLike<number>): void {
    this.#settle();
    let affected = this.#affected.at(id);
    let possible = this.#possible.at(id);
    for (let i = 0; i < from.length; i++) {
      affected |= this.#affected.at(from[i] as number);
      possible |= this.#possible.at(from[i] as number);
    }
    this.#add(id, affected, possible);
    // Its evidence usually is the next record: it is judged when something else arrives, or somebody asks.
    this.#pending = id;
  }

  attested(output: number): void {
    if (output === this.#pending || this.#tracked.length === 0) return;
    const [affected, possible] = this.#rootBits(output);
    const before = this.#affected.at(output) | this.#possible.at(output);
    if (this.#ledger.edges.hasChildren(output)) {
      // Its consequences may hold these bits through it alone, even in a circle back to itself.
      this.#stale |= (this.#affected.at(output) & ~affected) | (this.#possible.at(output) & ~possible);
      this.#add(output, affected, possible);
    } else if (before !== 0 || (affected | possible) !== 0) {
      this.#restate(output, affected, possible);
    }
  }

  linked(source: number, target: number, weak: boolean): void {
    this.#settle();
    const affected = this.#affected.at(source);
    const possible = this.#possible.at(source);
    if (weak) this.#add(target, 0, affected | possible);
    else this.#add(target, affected, possible);
  }

  changed(record: LineageRecord): void {
    if (record.kind === 'disposition' || record.kind === 'reverse') return;
    this.#settle();
    this.#head = new AsOf(this.#ledger, Infinity);
    if (record.kind === 'incident') this.#track(record.id);
    for (const tracked of this.#tracked) {
      const compiled = findIncident(this.#head, tracked.id);
      if (compiled !== null) tracked.compiled = compiled;
      this.#keepWindow(tracked);
      if (this.#movesPast(record, tracked)) this.#stale |= tracked.bit;
    }
  }

  /** Whether a record changes what was possible for outputs that are here already. */
  #movesPast(record: LineageRecord, { id, compiled, spans }: Tracked): boolean {
    const { channels, versions } = this.#ledger;
    if (record.kind === 'amend') return record.incident === id;
    if (record.kind === 'lease' || record.kind === 'drain')
      return compiled.versions.has(versions.find(record.version));
    if (record.kind !== 'decision') return false;
    const channel = channels.find(record.channel);
    const bad = JSON.stringify(announcedSpans(timeline(this.#head, channel, 'as-known'), compiled.versions));
    const moved = spans.get(channel) !== bad;
    spans.set(channel, bad);
    return moved;
  }

  #track(id: string): void {
    if (this.#tracked.length === TRACKED_INCIDENTS || this.#tracked.some((one) => one.id === id)) return;
    const compiled = findIncident(this.#head, id);
    if (compiled === null) return;
    const bit = (1 << this.#tracked.length) >>> 0;
    this.#tracked.push({ id, bit, compiled, spans: new Map() });
    this.#keepWindow(this.#tracked.at(-1) as Tracked);
    this.#stale |= bit;
  }

  #keepWindow({ bit, compiled }: Tracked): void {
    const i = 31 - Math.clz32(bit);
    this.#from[i] = compiled.from;
    this.#to[i] = compiled.to;
  }

  /** Judges the newest record, now that its evidence had time to come. */
  #settle(): void {
    const id = this.#pending;
    if (id === 0) return;
    this.#pending = 0;
    const [affected, possible] = this.#rootBits(id);
    if ((affected | possible) !== 0) this.#add(id, affected, possible);
  }

  #rootBits(output: number): readonly [affected: number, possible: number] {
    const { table } = this.#ledger;
    let affected = 0;
    let possible = 0;
    if (table.role.at(output) !== ROLE_OUTPUT) return NO_BITS;
    const [lo, hi] = [table.lo(output), table.hi(output)];
    for (let i = 0; i < this.#tracked.length; i++) {
      if (hi < (this.#from[i] as number) || lo >= (this.#to[i] as number)) continue;
      const { compiled, bit } = this.#tracked[i] as Tracked;
      if (compiled.dismissed) continue;
      const verdict = judgeRoot(this.#head, compiled, output);
      if (verdict === 'seed') affected |= bit;
      else if (verdict !== null) possible |= bit;
    }
    if ((affected | possible) === 0) return NO_BITS;
    return [affected, possible];
  }

  /** Sets bits of a record and of everything that follows from it. */
  #add(id: number, affected: number, possible: number): void {
    if (!this.#raise(id, affected, possible)) return;
    const { edges } = this.#ledger;
    if (!edges.hasChildren(id)) return;
    this.#queue.length = 0;
    this.#queue.push(id);
    for (let row = 0; row < this.#queue.length; row++) this.#spread(this.#queue.at(row));
  }

  #spread(id: number): void {
    const { edges } = this.#ledger;
    const [affected, possible] = [this.#affected.at(id), this.#possible.at(id)];
    for (const weak of [false, true]) {
      this.#buffer.length = 0;
      edges.pushChildren(id, Infinity, this.#buffer, weak ? 'weak' : 'strong');
      for (let i = 0; i < this.#buffer.length; i++) {
        const child = this.#buffer.at(i);
        const raised = weak
          ? this.#raise(child, 0, affected | possible)
          : this.#raise(child, affected, possible);
        if (raised) this.#queue.push(child);
      }
    }
  }

  #raise(id: number, affected: number, possible: number): boolean {
    const a = this.#affected.at(id);
    const p = this.#possible.at(id);
    if ((a | affected) === a && (p | possible) === p) return false;
    this.#affected.put(id, a | affected);
    this.#possible.put(id, p | possible);
    return true;
  }

  /** Bits of a record nothing was made from: what it is by itself, and what its inputs give it. */
  #restate(id: number, affected: number, possible: number): void {
    const { edges } = this.#ledger;
    for (const weak of [false, true]) {
      this.#buffer.length = 0;
      edges.pushParents(id, Infinity, this.#buffer, weak ? 'weak' : 'strong');
      for (let i = 0; i < this.#buffer.length; i++) {
        const parent = this.#buffer.at(i);
        if (!weak) affected |= this.#affected.at(parent);
        possible |= this.#possible.at(parent) | (weak ? this.#affected.at(parent) : 0);
      }
    }
    this.#affected.put(id, affected);
    this.#possible.put(id, possible);
  }

  #rebuild({ id, bit }: Tracked): void {
    const now = new AsOf(this.#ledger, Infinity);
    for (const column of [this.#affected, this.#possible]) {
      for (let i = 0; i < column.length; i++) column.data[i] = (column.data[i] as number) & ~bit;
    }
    const { affected, possible } = scope(now, id);
    for (const record of affected.ids) this.#affected.put(record, this.#affected.at(record) | bit);
    for (const record of possible.ids) this.#possible.put(record, this.#possible.at(record) | bit);
    this.#stale &= ~bit;
  }

  #traverse(incident: string, id: number): 'affected' | 'possible' | null {
    const now = new AsOf(this.#ledger, Infinity);
    const row = scopeIndex(now, incident).row(id);
    if (row < 0) return null;
    return row < scope(now, incident).affected.ids.length ? 'affected' : 'possible';
  }
}

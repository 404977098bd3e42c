/** The index: takes lineage records in log order and keeps them in columns, append-only, for every past prefix. */
import { AsOf } from './as-of.ts';
import { u32Column } from './columns/column.ts';
import { DecisionTable } from './columns/decision-table.ts';
import { DispositionTable } from './columns/disposition-table.ts';
import { EdgeTable, type Walk } from './columns/edge-table.ts';
import { EvidenceTable } from './columns/evidence-table.ts';
import { IncidentTable } from './columns/incident-table.ts';
import { LeaseTable } from './columns/lease-table.ts';
import { TextNames, type Names } from './columns/names.ts';
import { RecordTable, ROLE_ACT, ROLE_OUTPUT, type RecordRow } from './columns/record-table.ts';
import { Unsettled } from './columns/unsettled.ts';
import { LineageError } from './error.ts';
import type { ActRecord, EvidenceSource, IncidentTerms, LineageRecord, OutputRecord } from './records.ts';

/** Positions are 32-bit: one index holds four thousand million log entries. */
const MAX_POSITION = 2 ** 32 - 2;

/** Follows what is added, in order; record ids are the ledger's numbers. */
export interface LedgerObserver {
  /** An output or act was declared, made from `from`. */
  declared(id: number, from: ArrayLike<number>): void;
  /** Evidence about an output arrived. */
  attested(output: number): void;
  /** An edge arrived by itself. */
  linked(source: number, target: number, weak: boolean): void;
  /** Any other record arrived. */
  changed(record: LineageRecord): void;
}

/** Sizes that change how fast the index is and never what it answers. */
export interface Tuning {
  /** Records per block that a time window may skip. */
  readonly block: number;
  /** Edges that may wait before the children's table is rebuilt. */
  readonly smallTail: number;
}

// 512: one hit costs a microsecond, and ten million records are 20 000 blocks to look at.
const TUNING: Tuning = { block: 512, smallTail: 4096 };

/** Kinds that observers hear of in numbers. */
const OBSERVED_APART: ReadonlySet<LineageRecord['kind']> = new Set(['output', 'act', 'evidence', 'derive']);

export class Ledger {
  readonly records: Names;
  readonly channels: Names = new TextNames();
  readonly nodes: Names = new TextNames();
  readonly versions: Names = new TextNames();
  readonly table = new RecordTable();
  readonly edges: EdgeTable;
  readonly evidence: EvidenceTable;
  readonly unsettled: Unsettled;
  readonly decisions = new DecisionTable();
  readonly leases = new LeaseTable();
  readonly incidents = new IncidentTable();
  readonly dispositions = new DispositionTable();
  /** Outputs that are copies, in log order. */
  readonly copies = u32Column();
  readonly #seen = u32Column();
  readonly #observers: LedgerObserver[] = [];
  #mark = 0;
  #position = 0;

  /** @param records the dictionary of record ids; text by default */
  constructor(records: Names = new TextNames(), tuning: Tuning = TUNING) {
    this.records = records;
    this.edges = new EdgeTable(this.table.position, tuning.smallTail);
    this.evidence = new EvidenceTable(tuning.block);
    this.unsettled = new Unsettled(this.evidence.first, this.table, tuning.block);
  }

  /** Position of the newest record: how much there is to know. */
  get size(): number {
    return this.#position;
  }

  /**
   * Adds one record. Several records may share a position when one log entry says several things.
   *
   * @param position 1-based record time; by default the next one. A question's `knownAt` is such a position
   * @returns the position
   * @throws LineageError `position` when it goes backwards or is no unsigned integer
   */
  append(record: LineageRecord, position: number = this.#position + 1): number {
    this.advance(position);
    this.#put(record, position);
    if (!OBSERVED_APART.has(record.kind)) for (const observer of this.#observers) observer.changed(record);
    return position;
  }

  /** Moves the newest position forward, also over entries that say nothing about lineage. */
  advance(position: number): void {
    if (!Number.isInteger(position) || position < Math.max(1, this.#position) || position > MAX_POSITION) {
      throw new LineageError('position', {
        what: `position ${position} cannot follow position ${this.#position}`,
        fix: 'Append records in log order, counting from 1.',
      });
    }
    this.#position = position;
  }

  /**
   * The ledger as known at a position: of the first `known` positions, and for ever the same. Ask it only after
   * every record of that position was appended.
   */
  asOf(known: number = this.#position): AsOf {
    return new AsOf(this, Math.min(known, this.#position));
  }

  /** Calls `observer` after everything that is added from now on. */
  observe(observer: LedgerObserver): void {
    this.#observers.push(observer);
  }

  /** Declares an output or act in numbers (`append` for text). The same id again is ignored. */
  declare(row: RecordRow, from: ArrayLike<number>): boolean {
    if (this.table.position.at(row.id) !== 0) return false;
    this.table.declare(row, this.#position);
    this.edges.declare(row.id, from);
    if (row.copyOf !== 0) this.copies.push(row.id);
    else if (row.role === ROLE_OUTPUT) {
      this.unsettled.push(row.id, row.lo, row.hi);
    }
    for (const observer of this.#observers) observer.declared(row.id, from);
    return true;
  }

  /** Adds evidence in numbers. */
  attest(output: number, version: number, by: EvidenceSource): void {
    const known = this.table.position.at(output) !== 0;
    const span = known ? ([this.table.lo(output), this.table.hi(output)] as const) : null;
    this.evidence.add({ output, version, by, position: this.#position }, span);
    for (const observer of this.#observers) observer.attested(output);
  }

  /** A fresh set of seen records for one traversal; the next call invalidates it. */
  walk(edges: Walk['edges'], known: number): Walk {
    this.#seen.put(this.records.size, this.#seen.at(this.records.size));
    if (this.#mark === 2 ** 32 - 1) {
      this.#seen.data.fill(0);
      this.#mark = 0;
    }
    this.#mark++;
    return { edges, known, seen: this.#seen.data, mark: this.#mark };
  }

  #put(record: LineageRecord, position: number): void {
    switch (record.kind) {
      case 'output':
        return this.#output(record);
      case 'act':
        return this.#act(record);
      case 'evidence':
        return this.attest(
          this.records.intern(record.output),
          this.versions.intern(record.version),
          record.by,
        );
      case 'derive':
        return this.#derive(record, position);
      case 'decision':
        return this.#decide(record, position);
      case 'lease':
      case 'drain': {
        const who = { node: this.nodes.intern(record.node), version: this.versions.intern(record.version) };
        return this.leases.add(record.kind, who, { position, t: record.t });
      }
      case 'incident':
        this.mention(record.terms);
        return this.incidents.open(record.id, { position, t: record.t, terms: record.terms });
      case 'amend':
        this.mention(record.set);
        return this.incidents.amend(record.incident, { position, set: record.set });
      case 'disposition':
        return this.#dispose(record, position);
      case 'reverse':
        return this.dispositions.reverse(this.records.intern(record.target), position);
    }
  }

  /** Gives numbers to what an incident names, so that its compiled terms fit outputs yet to come. */
  mention(terms: Partial<IncidentTerms>): void {
    for (const version of terms.versions ?? []) this.versions.intern(version);
    for (const node of terms.nodes ?? []) this.nodes.intern(node);
  }

  #output(record: OutputRecord): void {
    const copyOf = record.copyOf === undefined ? 0 : this.records.intern(record.copyOf);
    const id = this.records.intern(record.id);
    // The same id again is the same record: it takes a position and says nothing.
    if (this.table.position.at(id) !== 0) return;
    const row: RecordRow = {
      id,
      role: ROLE_OUTPUT,
      channel: this.channels.intern(record.channel),
      node: this.nodes.intern(record.node),
      pin: record.pin === undefined ? 0 : this.versions.intern(record.pin),
      copyOf,
      t: record.t,
      lo: record.lo ?? record.t,
      hi: record.hi ?? record.t,
    };
    const from = record.from.map((id) => this.records.intern(id));
    if (record.fields !== undefined) this.table.keepFields(row.id, record.fields);
    this.declare(row, copyOf === 0 ? from : [...from, copyOf]);
  }

  #act(record: ActRecord): void {
    const { t, lo = t, hi = t } = record;
    const id = this.records.intern(record.id);
    const row: RecordRow = { id, role: ROLE_ACT, channel: 0, node: 0, pin: 0, copyOf: 0, t, lo, hi };
    const from = record.from.map((source) => this.records.intern(source));
    if (!this.declare(row, from)) return;
    if (record.type !== undefined) this.table.keepType(id, record.type);
    const fields = Object.entries({ harmCap: record.harmCap, reversibility: record.reversibility });
    const known = fields.filter((field): field is [string, string] => field[1] !== undefined);
    if (known.length > 0) this.table.keepFields(id, new Map(known));
  }

  #derive(record: Extract<LineageRecord, { kind: 'derive' }>, position: number): void {
    if (!record.propagates) return;
    const edge = { position, weak: record.possibleOnly === true };
    const [source, target] = [this.records.intern(record.source), this.records.intern(record.to)];
    this.edges.addLate(source, target, edge);
    for (const observer of this.#observers) observer.linked(source, target, edge.weak);
  }

  #decide(record: Extract<LineageRecord, { kind: 'decision' }>, position: number): void {
    const channel = this.channels.intern(record.channel);
    if (!record.authorized) return;
    const to = new Map(
      [...record.to].map(([version, weight]) => [this.versions.intern(version), weight] as const),
    );
    this.decisions.add(channel, { position, t: record.t, effective: record.effective ?? record.t, to });
  }

  #dispose(record: Extract<LineageRecord, { kind: 'disposition' }>, position: number): void {
    const basis = record.basis.map((id) => this.records.intern(id));
    const { state, amount } = record;
    this.dispositions.add(record.incident, this.records.intern(record.target), {
      position,
      state,
      basis,
      amount,
    });
  }
}

/** Derivations, both ways: parents beside each record, children as base CSR with an appendable tail, late edges apart. */
import { u32Column, u8Column, type Column } from './column.ts';

/** A list of record ids. */
type Ids = Column<Uint32Array>;

/** How to walk: which edges, as known when, and what was seen already (`seen[id] === mark`). */
export interface Walk {
  readonly edges: 'strong' | 'weak' | 'all';
  readonly known: number;
  readonly seen: Uint32Array;
  readonly mark: number;
}

export class EdgeTable {
  // Edges declared with their record: an edge is as old as its target's declaration.
  readonly #parents = u32Column();
  readonly #parentStart = u32Column();
  readonly #parentEnd = u32Column();
  readonly #declared = u32Column();
  // Base: children of every id below #baseIds, in order of declaration.
  #baseStart: Uint32Array = new Uint32Array(1);
  #baseChild: Uint32Array = new Uint32Array(0);
  #baseRecords = 0;
  // Tail: the same for records declared since, as linked lists in order of declaration.
  readonly #tailHead = u32Column();
  readonly #tailLast = u32Column();
  readonly #tailNext = u32Column();
  readonly #tailChild = u32Column();
  // Late edges carry their own position.
  readonly #late = {
    source: u32Column(),
    target: u32Column(),
    position: u32Column(),
    weak: u8Column(),
    nextBySource: u32Column(),
    nextByTarget: u32Column(),
    headBySource: u32Column(),
    headByTarget: u32Column(),
  };
  readonly #position: Column<Uint32Array>;
  readonly #smallTail: number;
  /** Whether some edge is weak; without any, possible records are only looked for from their own roots. */
  hasWeak = false;

  /**
   * @param position per record, where it was declared
   * @param smallTail a tail of no more edges is never worth a rebuild
   */
  constructor(position: Column<Uint32Array>, smallTail: number) {
    this.#position = position;
    this.#smallTail = smallTail;
    this.#resetTail();
    for (const name of ['source', 'target', 'position', 'weak', 'nextBySource', 'nextByTarget'] as const) {
      this.#late[name].push(0);
    }
  }

  /** Edges in all. */
  get size(): number {
    return this.#parents.length + this.#late.source.length - 1;
  }

  /** Adds a newly declared record with what it was made from. */
  declare(id: number, from: ArrayLike<number>): void {
    this.#parentStart.put(id, this.#parents.length);
    for (let i = 0; i < from.length; i++) {
      const parent = from[i] as number;
      this.#parents.push(parent);
      this.#appendTail(parent, id);
    }
    this.#parentEnd.put(id, this.#parents.length);
    this.#declared.push(id);
    const base = this.#baseChild.length;
    if (this.#tailChild.length > this.#smallTail + base) this.compact();
  }

  /** Adds an edge that came by itself. A weak one makes its target possible, never affected. */
  addLate(source: number, target: number, edge: { position: number; weak: boolean }): void {
    const late = this.#late;
    const row = late.source.length;
    late.source.push(source);
    late.target.push(target);
    late.position.push(edge.position);
    late.weak.push(edge.weak ? 1 : 0);
    if (edge.weak) this.hasWeak = true;
    late.nextBySource.push(late.headBySource.at(source));
    late.nextByTarget.push(late.headByTarget.at(target));
    late.headBySource.put(source, row);
    late.headByTarget.put(target, row);
  }

  /** Folds the tail into the base: two passes over the parents, 8 bytes per record. */
  compact(): void {
    let ids = 0;
    for (let i = 0; i < this.#parents.length; i++) ids = Math.max(ids, (this.#parents.data[i] as number) + 1);
    const start = new Uint32Array(ids + 1);
    for (let i = 0; i < this.#parents.length; i++) {
      const slot = (this.#parents.data[i] as number) + 1;
      start[slot] = (start[slot] as number) + 1;
    }
    for (let i = 0; i < ids; i++) start[i + 1] = (start[i + 1] as number) + (start[i] as number);
    this.#baseChild = this.#fill(start.slice());
    this.#baseStart = start;
    this.#baseRecords = ids;
    this.#resetTail();
  }

  /**
   * Appends to `into` every child not seen before of the records in rows [begin, end) of `from`, and marks it seen.
   * `from` and `into` may be the same list.
   */
  expand(from: Ids, rows: readonly [number, number], into: Ids, walk: Walk): void {
    if (walk.edges !== 'weak') {
      this.#expandBase(from, rows, into, walk);
      if (this.#tailChild.length > 1) this.#expandTail(from, rows, into, walk);
    }
    if (this.#late.source.length > 1) this.#expandLate(from, rows, into, walk);
  }

  /** Whether anything was ever made from `id`. */
  hasChildren(id: number): boolean {
    if (this.#tailHead.at(id) !== 0 || this.#late.headBySource.at(id) !== 0) return true;
    return id < this.#baseRecords && this.#baseStart[id] !== this.#baseStart[id + 1];
  }

  /** Appends the children of `id` known at `known`, once per edge. */
  pushChildren(id: number, known: number, out: Column<Uint32Array>, edges: Walk['edges'] = 'all'): void {
    if (edges !== 'weak') this.#pushDeclaredChildren(id, known, out);
    const { headBySource, nextBySource, position, target } = this.#late;
    for (let row = headBySource.at(id); row !== 0; row = nextBySource.data[row] as number) {
      if ((position.data[row] as number) <= known && this.#isLate(row, edges))
        out.push(target.data[row] as number);
    }
  }

  /** Appends the parents of `id` known at `known`, once per edge. */
  pushParents(id: number, known: number, out: Column<Uint32Array>, edges: Walk['edges'] = 'all'): void {
    const declared = this.#position.at(id);
    if (edges !== 'weak' && declared !== 0 && declared <= known) {
      const end = this.#parentEnd.at(id);
      for (let i = this.#parentStart.at(id); i < end; i++) out.push(this.#parents.data[i] as number);
    }
    const { headByTarget, nextByTarget, position, source } = this.#late;
    for (let row = headByTarget.at(id); row !== 0; row = nextByTarget.data[row] as number) {
      if ((position.data[row] as number) <= known && this.#isLate(row, edges))
        out.push(source.data[row] as number);
    }
  }

  #isLate(row: number, edges: Walk['edges']): boolean {
    return edges === 'all' || (edges === 'weak') === (this.#late.weak.data[row] === 1);
  }

  #pushDeclaredChildren(id: number, known: number, out: Column<Uint32Array>): void {
    const position = this.#position.data;
    const end = id < this.#baseRecords ? (this.#baseStart[id + 1] as number) : 0;
    for (let i = this.#baseStart[id] ?? 0; i < end; i++) {
      const child = this.#baseChild[i] as number;
      if ((position[child] as number) <= known) out.push(child);
    }
    for (let row = this.#tailHead.at(id); row !== 0; row = this.#tailNext.data[row] as number) {
      const child = this.#tailChild.data[row] as number;
      if ((position[child] as number) <= known) out.push(child);
    }
  }

  // The hot loop: a few independent loads per record, from arrays held in locals.
  #expandBase(from: Ids, [begin, end]: readonly [number, number], into: Ids, walk: Walk): void {
    const { known, seen, mark } = walk;
    const [start, children, position, ids] = [
      this.#baseStart,
      this.#baseChild,
      this.#position.data,
      this.#baseRecords,
    ];
    for (let row = begin; row < end; row++) {
      const id = from.data[row] as number;
      if (id >= ids) continue;
      const last = start[id + 1] as number;
      for (let i = start[id] as number; i < last; i++) {
        const child = children[i] as number;
        if (seen[child] === mark) continue;
        // Children stand in order of declaration: the rest came later still.
        if ((position[child] as number) > known) break;
        seen[child] = mark;
        into.push(child);
      }
    }
  }

  #expandTail(from: Ids, [begin, end]: readonly [number, number], into: Ids, walk: Walk): void {
    for (let row = begin; row < end; row++) {
      for (
        let edge = this.#tailHead.at(from.at(row));
        edge !== 0;
        edge = this.#tailNext.data[edge] as number
      ) {
        const child = this.#tailChild.data[edge] as number;
        if ((this.#position.data[child] as number) > walk.known) break;
        if (walk.seen[child] === walk.mark) continue;
        walk.seen[child] = walk.mark;
        into.push(child);
      }
    }
  }

  #expandLate(from: Ids, [begin, end]: readonly [number, number], into: Ids, walk: Walk): void {
    const { headBySource, nextBySource, position, target } = this.#late;
    for (let row = begin; row < end; row++) {
      for (let edge = headBySource.at(from.at(row)); edge !== 0; edge = nextBySource.data[edge] as number) {
        if ((position.data[edge] as number) > walk.known || !this.#isLate(edge, walk.edges)) continue;
        const child = target.data[edge] as number;
        if (walk.seen[child] === walk.mark) continue;
        walk.seen[child] = walk.mark;
        into.push(child);
      }
    }
  }

  #fill(cursor: Uint32Array): Uint32Array {
    const children = new Uint32Array(this.#parents.length);
    for (let r = 0; r < this.#declared.length; r++) {
      const id = this.#declared.data[r] as number;
      const end = this.#parentEnd.at(id);
      for (let i = this.#parentStart.at(id); i < end; i++) {
        const parent = this.#parents.data[i] as number;
        const slot = cursor[parent] as number;
        children[slot] = id;
        cursor[parent] = slot + 1;
      }
    }
    return children;
  }

  #appendTail(parent: number, child: number): void {
    const row = this.#tailChild.length;
    this.#tailChild.push(child);
    this.#tailNext.push(0);
    const last = this.#tailLast.at(parent);
    if (last === 0) this.#tailHead.put(parent, row);
    else this.#tailNext.data[last] = row;
    this.#tailLast.put(parent, row);
  }

  #resetTail(): void {
    for (const column of [this.#tailHead, this.#tailLast, this.#tailNext, this.#tailChild]) {
      column.data.fill(0, 0, column.length);
      column.length = 0;
    }
    // Row 0 stands for "no row".
    this.#tailNext.push(0);
    this.#tailChild.push(0);
  }
}

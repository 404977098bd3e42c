/** Finds the outputs nobody has given evidence for, at any past position, without looking at all outputs. */
import { u32Column, type Column } from './column.ts';
import type { RecordTable } from './record-table.ts';
import { ZonedList } from './zoned-list.ts';

/**
 * Outputs in order of declaration, in blocks. Evidence nearly always follows its output closely, so when a block
 * fills up, the few outputs still without any move to a list of their own, and the block only remembers until
 * which position some output in it, evidenced since, was still unknown. As of a later position the block is skipped.
 */
export class Unsettled {
  /** Every output that is no copy, in order of declaration. */
  readonly outputs: ZonedList;
  readonly #left: ZonedList;
  readonly #block: number;
  readonly #unknownUntil = u32Column();
  readonly #firstEvidence: Column<Uint32Array>;
  readonly #table: RecordTable;

  /**
   * @param firstEvidence per output, the position of its first evidence, 0 while there is none
   * @param table where outputs' times stand
   * @param block items per block
   */
  constructor(firstEvidence: Column<Uint32Array>, table: RecordTable, block: number) {
    this.#table = table;
    this.outputs = new ZonedList(block);
    this.#left = new ZonedList(block);
    this.#block = block;
    this.#firstEvidence = firstEvidence;
  }

  /** Adds an output (not a copy) whose time lies in [lo, hi]. */
  push(output: number, lo: number, hi: number): void {
    if (this.outputs.length > 0 && this.outputs.length % this.#block === 0) this.#seal();
    this.outputs.push(output, lo, hi);
  }

  /** Calls `visit` with every output that may touch [from, to) and may lack evidence at `known`, perhaps twice. */
  scan(window: { from: number; to: number }, known: number, visit: (output: number) => void): void {
    const sealed = this.#unknownUntil.length;
    for (let block = 0; block < this.outputs.blocks; block++) {
      if (block < sealed && (this.#unknownUntil.data[block] as number) <= known) continue;
      if (this.outputs.touches(block, window.from, window.to)) this.outputs.scanBlock(block, visit);
    }
    this.#left.scan(window.from, window.to, visit);
  }

  #seal(): void {
    let until = 0;
    this.outputs.scanBlock(this.#unknownUntil.length, (output) => {
      const first = this.#firstEvidence.at(output);
      if (first > until) until = first;
      if (first === 0) this.#left.push(output, this.#table.lo(output), this.#table.hi(output));
    });
    this.#unknownUntil.push(until);
  }
}

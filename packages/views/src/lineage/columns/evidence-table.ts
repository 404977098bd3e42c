/** Evidence of which version made an output: a chain per output, and postings per version to find seeds by. */
import type { EvidenceSource } from '../records.ts';
import { EVIDENCE_GRADE } from '../records.ts';
import { u32Column, u8Column } from './column.ts';
import { ZonedList } from './zoned-list.ts';

/** One statement in numbers. */
export interface Evidence {
  readonly output: number;
  readonly version: number;
  readonly by: EvidenceSource;
  readonly position: number;
}

/** Outputs that some evidence says a version made. */
export interface Postings {
  /** Outputs that were declared when the evidence came. */
  readonly placed: ZonedList;
  /** Outputs that were not, whose time is unknown here; always looked at. */
  readonly early: number[];
}

const SOURCES = Object.keys(EVIDENCE_GRADE) as readonly EvidenceSource[];
const GRADES = SOURCES.map((source) => EVIDENCE_GRADE[source]);

/** The maker of an output: a version's number, or one of these. */
export const UNKNOWN = 0;
export const CONTESTED = -1;

export class EvidenceTable {
  readonly #head = u32Column();
  readonly #next = u32Column();
  readonly #version = u32Column();
  readonly #source = u8Column();
  readonly #position = u32Column();
  readonly #block: number;
  readonly #postings = new Map<number, Postings>();
  /** Position of the first evidence per output, 0 while there is none. */
  readonly first = u32Column();

  /** @param block outputs per block of postings */
  constructor(block: number) {
    this.#block = block;
    // Row 0 stands for "no row".
    for (const column of [this.#next, this.#version, this.#source, this.#position]) column.push(0);
  }

  /** Adds one statement; `span` is the output's bracket, or null while it is not declared. */
  add({ output, version, by, position }: Evidence, span: readonly [number, number] | null): void {
    const row = this.#next.length;
    this.#next.push(this.#head.at(output));
    this.#version.push(version);
    this.#source.push(SOURCES.indexOf(by));
    this.#position.push(position);
    this.#head.put(output, row);
    if (this.first.at(output) === 0) this.first.put(output, position);
    const postings = this.#postingsOf(version);
    if (span === null) postings.early.push(output);
    else postings.placed.push(output, span[0], span[1]);
  }

  /** Outputs to look at when `version` is bad. */
  postings(version: number): Postings | undefined {
    return this.#postings.get(version);
  }

  /** The version that the highest grade known at `known` agrees on; UNKNOWN, or CONTESTED. */
  maker(output: number, known: number): number {
    let grade = 0;
    let maker = UNKNOWN;
    for (let row = this.#head.at(output); row !== 0; row = this.#next.data[row] as number) {
      if ((this.#position.data[row] as number) > known) continue;
      const rowGrade = this.#grade(row);
      const version = this.#version.data[row] as number;
      if (rowGrade > grade) [grade, maker] = [rowGrade, version];
      else if (rowGrade === grade && maker !== version) maker = CONTESTED;
    }
    return maker;
  }

  /** Versions named by the highest grade known at `known`, ascending, and who said so. */
  top(output: number, known: number): { grade: number; versions: number[]; by: EvidenceSource[] } {
    let grade = 0;
    const rows: number[] = [];
    for (let row = this.#head.at(output); row !== 0; row = this.#next.data[row] as number) {
      if ((this.#position.data[row] as number) > known || this.#grade(row) < grade) continue;
      if (this.#grade(row) > grade) rows.length = 0;
      grade = this.#grade(row);
      rows.push(row);
    }
    if (rows.length === 1) {
      const [row] = rows as [number];
      return { grade, versions: [this.#version.data[row] as number], by: [this.#sourceOf(row)] };
    }
    const versions = new Set(rows.map((row) => this.#version.data[row] as number));
    const by = new Set(rows.map((row) => this.#sourceOf(row)));
    return { grade, versions: [...versions].sort((a, b) => a - b), by: [...by].sort() };
  }

  /** Whether anything above the node's own word stands behind the maker. */
  onlySelf(output: number, known: number): boolean {
    const { by } = this.top(output, known);
    return by.length === 1 && by[0] === 'self';
  }

  #grade(row: number): number {
    return GRADES[this.#source.data[row] as number] as number;
  }

  #sourceOf(row: number): EvidenceSource {
    return SOURCES[this.#source.data[row] as number] as EvidenceSource;
  }

  #postingsOf(version: number): Postings {
    const held = this.#postings.get(version);
    if (held !== undefined) return held;
    const fresh = { placed: new ZonedList(this.#block), early: [] };
    this.#postings.set(version, fresh);
    return fresh;
  }
}

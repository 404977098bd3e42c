/** What "the line" shows (the picture of an incident), as plain data: no view, no layout, no colour. */
import type { DecisionLabel } from '@assay/views';

/** Whether an incident reaches a record: `clear` when it does not. */
export type Standing = 'clear' | 'affected' | 'possible';

/** What a consequence is; each kind has a mark of its own. */
export type ConsequenceKind = 'output' | 'workflow' | 'decision' | 'payment' | 'message' | 'memory';

/** Kinds in the order in which they are drawn, top to bottom. */
export const CONSEQUENCE_KINDS: readonly ConsequenceKind[] = [
  'output',
  'workflow',
  'decision',
  'payment',
  'message',
  'memory',
];

/** A version that appears in the picture. Others refer to it by its position in `LineModel.versions`. */
export interface LineVersion {
  readonly digest: string;
  readonly label: string;
  /** The incident is about it. */
  readonly bad: boolean;
}

/** A version's part of a whole, 0 to 1. */
export interface Share {
  readonly version: number;
  readonly share: number;
}

/** What a channel announced from a moment until the next step; no shares: it was stopped. */
export interface LineStep {
  readonly from: number;
  readonly shares: readonly Share[];
  readonly label: DecisionLabel;
}

/** Outputs counted over a stretch of time. */
export interface LineBucket {
  readonly from: number;
  readonly to: number;
  /** Outputs by version, in the order of `LineModel.versions`. */
  readonly counts: readonly number[];
  /** Outputs of which nobody knows, or nobody agrees, which version made them. */
  readonly unknown: number;
}

/** What was said and what was done on one channel. */
export interface LineChannel {
  readonly name: string;
  readonly steps: readonly LineStep[];
  /** Measured, in equal buckets over the range; buckets without outputs are left out. */
  readonly served: readonly LineBucket[];
}

/** One output. */
export interface LineTick {
  readonly t: number;
  /** Position in `LineModel.versions`; null when its maker is unknown or contested. */
  readonly version: number | null;
}

/** All outputs in the range: one tick each, or counted when ticks would blacken the page. */
export type LineOutputs =
  | { readonly kind: 'ticks'; readonly ticks: readonly LineTick[] }
  | { readonly kind: 'density'; readonly buckets: readonly LineBucket[] };

/** Something built on a bad output, or served after the rollback. */
export interface LineConsequence {
  readonly id: string;
  readonly kind: ConsequenceKind;
  readonly t: number;
  /** The record that brought it into scope, and when that was made; absent for an output that a bad version made itself. */
  readonly parent?: string;
  readonly parentT?: number;
  readonly standing: 'affected' | 'possible';
  /** Effective state of its disposition: `open`, `compensated`, `accepted`, … */
  readonly state: string;
}

/** A moment worth a line of its own. */
export interface LineMark {
  readonly t: number;
  readonly kind: 'rollback' | 'stop' | 'incident';
  readonly text: string;
}

/** One state of the books, and how many records in scope are in it. */
export interface BookEntry {
  readonly state: string;
  readonly count: number;
}

/** What anybody needs to check the picture. */
export interface LineFooter {
  /** Full id of the incident. */
  readonly incident: string;
  /** Hex digest of the scope, recomputable from the log. */
  readonly scopeRoot: string;
  /** The witnessed log size that the picture is of, or in words a size of each of several logs. */
  readonly logSize: number | string;
  /** Operators that recomputed the scope root and found this one, of those that tried, or that closing needs. */
  readonly recomputedBy: { readonly same: number; readonly of: number };
  readonly final: boolean;
  readonly whyNotFinal: readonly string[];
  /** As of which size it was closed, in words; absent when it never was. */
  readonly closure?: string;
}

/** The picture. All times are Unix seconds, fractions allowed. */
export interface LineModel {
  /** The finding, as one or two sentences. */
  readonly title: string;
  /** What else must be said at once; empty when there is nothing. */
  readonly detail: string;
  readonly range: { readonly from: number; readonly to: number };
  readonly versions: readonly LineVersion[];
  readonly channels: readonly LineChannel[];
  readonly outputs: LineOutputs;
  readonly consequences: readonly LineConsequence[];
  /** First and last moment at which a bad version is known to have served. */
  readonly firstBad?: number;
  readonly lastServed?: number;
  readonly marks: readonly LineMark[];
  readonly books: readonly BookEntry[];
  readonly footer: LineFooter;
}

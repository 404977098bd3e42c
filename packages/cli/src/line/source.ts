/** What the picture is drawn from: the few facts about one incident that it asks of the views. */
import type { DecisionLabel } from '@assay/views';
import type { BookEntry, ConsequenceKind, LineFooter, Standing } from './model.ts';

/** One move of a channel, at the moment from which it acted. */
export interface SourceStep {
  readonly t: number;
  /** Version digest to integer weight; empty when the channel was stopped. */
  readonly to: Readonly<Record<string, number>>;
  readonly label: DecisionLabel;
}

/** One record that served or used: an output or an act. */
export interface SourceRecord {
  readonly id: string;
  readonly kind: ConsequenceKind;
  /** Unix seconds, inside the record's bracket. */
  readonly t: number;
  readonly standing: Standing;
  /** A bad version made it: nothing upstream brought it into scope. */
  readonly seed: boolean;
  /** Effective disposition; `open` for what nobody settled. Only read for records in scope. */
  readonly state: string;
  /** Its parent in scope, and that one's moment. */
  readonly parent?: string;
  readonly parentT?: number;
  /** For an output: its channel's short name, its node's name, and its maker's digest where it is known. */
  readonly channel?: string;
  readonly node?: string;
  readonly version?: string;
}

/** One incident as known at one witnessed size. */
export interface LineSource {
  /** Digests that the incident names; empty when it names nodes only. */
  readonly badVersions: readonly string[];
  /** Names of the nodes that it names. */
  readonly badNodes: readonly string[];
  readonly badFrom: number;
  readonly openedAt: number;
  /** Label of each version digest that occurs. */
  readonly labels: ReadonlyMap<string, string>;
  readonly channels: readonly { readonly name: string; readonly steps: readonly SourceStep[] }[];
  /** Every output and act known at that size, in log order. */
  readonly records: Iterable<SourceRecord>;
  readonly firstServed?: number;
  readonly lastServed?: number;
  readonly books: readonly BookEntry[];
  readonly footer: LineFooter;
}

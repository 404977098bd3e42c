/** What the lineage view is made from: one plain-data type per kind of record. */

/** A value that a predicate may compare. */
export type Scalar = string | number | boolean | null;

/** Who says which version made an output, weakest first; grades are in `EVIDENCE_GRADE`. */
export type EvidenceSource = 'self' | 'client' | 'quorum' | 'tee' | 'reexec' | 'proof';

/** Strength of evidence: the highest grade counts, equal grades that differ are contested. */
export const EVIDENCE_GRADE: Readonly<Record<EvidenceSource, number>> = {
  self: 1,
  client: 1,
  quorum: 2,
  tee: 3,
  reexec: 3,
  proof: 4,
};

/** Handling that settles a record. Any other state, known or not, leaves it unsettled. */
export const TERMINAL_STATES: ReadonlySet<string> = new Set([
  'rerun_same',
  'compensated',
  'accepted',
  'not_affected',
  'superseded',
]);

/** Valid time in integer ticks (Unix seconds of witnesses for log-derived records). */
interface Timed {
  readonly t: number;
}

/** When something certainly happened: a moment within lo ≤ t ≤ hi. Absent bounds mean the point `t`. */
export interface Bracketed extends Timed {
  readonly lo?: number;
  readonly hi?: number;
}

/** A channel's new target; the integers or fractions in `to` are compared with zero only. */
export interface DecisionRecord extends Timed {
  readonly kind: 'decision';
  readonly channel: string;
  /** Absent means `t`. As known then it acts from max(effective, t). */
  readonly effective?: number;
  readonly to: ReadonlyMap<string, number>;
  readonly authorized: boolean;
}

export interface OutputRecord extends Bracketed {
  readonly kind: 'output';
  readonly id: string;
  readonly channel: string;
  readonly node: string;
  readonly pin?: string;
  readonly copyOf?: string;
  readonly rerunOf?: string;
  readonly from: readonly string[];
  /** Further fields that an incident's `where` may name. */
  readonly fields?: ReadonlyMap<string, Scalar>;
}

export interface EvidenceRecord extends Timed {
  readonly kind: 'evidence';
  readonly output: string;
  readonly version: string;
  readonly by: EvidenceSource;
}

export interface LeaseRecord extends Timed {
  readonly kind: 'lease' | 'drain';
  readonly node: string;
  readonly version: string;
}

/** Whether what an act did can be taken back. */
export type Reversibility = 'retractable' | 'compensable' | 'irreversible';

export interface ActRecord extends Bracketed {
  readonly kind: 'act';
  readonly id: string;
  readonly type?: string;
  readonly from: readonly string[];
  /** The harm this act can have done, in its currency's smallest unit (decimal string); bounds compensation (I12). */
  readonly harmCap?: string;
  readonly reversibility?: Reversibility;
}

export interface DeriveRecord extends Timed {
  readonly kind: 'derive';
  readonly to: string;
  readonly source: string;
  readonly propagates: boolean;
  /** PROTOCOL 2.2: an edge not signed by the user of the record makes its target possible, never affected. */
  readonly possibleOnly?: boolean;
}

/** One test on an output's field. All tests present must hold; values of another type never compare. */
export interface Predicate {
  readonly field: string;
  readonly eq?: Scalar;
  readonly lt?: string | number;
  readonly gte?: string | number;
}

/** What an incident says, as it stands after amendments; `null` bounds and lists mean "not restricted". */
export interface IncidentTerms {
  readonly versions: readonly string[] | null;
  readonly nodes: readonly string[] | null;
  readonly bad_from: number;
  readonly bad_to: number | null;
  readonly where: readonly Predicate[];
  readonly status: string;
}

export interface IncidentRecord extends Timed {
  readonly kind: 'incident';
  readonly id: string;
  readonly terms: IncidentTerms;
}

export interface AmendRecord extends Timed {
  readonly kind: 'amend';
  readonly incident: string;
  readonly set: Partial<IncidentTerms>;
}

export interface DispositionRecord extends Timed {
  readonly kind: 'disposition';
  readonly incident: string;
  readonly target: string;
  readonly state: string;
  readonly basis: readonly string[];
  /** What was given back when the state is `compensated` (decimal string). */
  readonly amount?: string;
}

export interface ReverseRecord extends Timed {
  readonly kind: 'reverse';
  readonly target: string;
}

export type LineageRecord =
  | DecisionRecord
  | OutputRecord
  | EvidenceRecord
  | LeaseRecord
  | ActRecord
  | DeriveRecord
  | IncidentRecord
  | AmendRecord
  | DispositionRecord
  | ReverseRecord;

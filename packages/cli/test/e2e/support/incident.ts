/** What `assay reach --json` and `assay audit --json` print, as far as tests read it. */

/** One row of a scope. */
export interface Row {
  readonly record: string;
  readonly kind: string;
  /** Of an act. */
  readonly type: string | null;
  /** Of an output. */
  readonly verdict: string | null;
  readonly node?: string;
}

/** A scope. */
export interface Reach {
  readonly knownAt: number;
  readonly affected: number;
  readonly possible: number;
  readonly books: { readonly total: number };
  readonly clearedBySelfOnly: readonly string[];
  readonly scopeRoot: string;
  readonly closure: {
    readonly state: string;
    readonly by?: { readonly operators: readonly string[]; readonly sample?: object };
  };
  readonly rows: readonly Row[];
}

/** An audit. */
export interface Audit {
  readonly verdict: string;
  readonly verified: { readonly entries: number; readonly viewRoots: number };
  readonly findings: readonly { readonly code: string; readonly what: string }[];
}

/** The incident that a story opened, by what it told. */
export function incidentOf(told: string): string {
  const [, id] = /assay reach ([0-9a-f]{64})/.exec(told) ?? [];
  if (id === undefined) throw new Error(`no incident was told of:\n${told.slice(-1_000)}`);
  return id;
}

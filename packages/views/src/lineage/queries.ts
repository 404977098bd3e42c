/** The plain-data questions, as a case file asks them. */

/** Which prefix a question is asked of: the first `afterRecords`, and of those only the ones up to `knownAt`. */
export interface Prefix {
  readonly afterRecords?: number;
  readonly knownAt?: number;
}

export type LineageQuery = Prefix &
  (
    | { readonly op: 'announced'; readonly channel: string; readonly at: number; readonly corrected: boolean }
    | { readonly op: 'served'; readonly output: string }
    | { readonly op: 'divergence'; readonly output: string; readonly grace: number }
    | { readonly op: 'scope' | 'window' | 'balance' | 'closable'; readonly incident: string }
    | { readonly op: 'disposition' | 'effective'; readonly incident: string; readonly record: string }
  );

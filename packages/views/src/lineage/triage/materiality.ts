/** What a difference between two answers must be to matter: declared by the answer's consumer before the incident. */

/** What a re-run found. Undetermined is not same: it needs a person, or a better re-run. */
export type RerunResult = 'same' | 'different' | 'undetermined';

export interface Comparison {
  readonly result: RerunResult;
  /** The test that decided. */
  readonly by: string;
  /** Decided by a judge model, which is itself a record that can go bad. */
  readonly lowerGrade?: true;
}

/**
 * The answers to compare. `again` is a second run on the good version: where it differs from `rerun`, a difference
 * from the original is noise until shown otherwise. `undefined` says the answer could not be had (input gone).
 */
export interface Arms<A> {
  readonly original: A | undefined;
  readonly rerun: A | undefined;
  readonly again?: A | undefined;
}

/** Which runs give the same bits every time, so that one re-run is proof and no second one is needed. */
export interface Repeatability {
  readonly bitExact: boolean;
}

export const undetermined = (by: string): Comparison => ({ result: 'undetermined', by });

/**
 * Compares decisions drawn from answers: equal is same; different counts only where the good version agrees with
 * itself, by nature (bit-exact) or as shown by `again`.
 */
export function compareDecisions(arms: Arms<string>, by: string, { bitExact }: Repeatability): Comparison {
  const { original, rerun, again } = arms;
  if (original === undefined || rerun === undefined) return undetermined('answer missing');
  if (again !== undefined && again !== rerun) return undetermined('the good version differs from itself');
  if (original === rerun) return { result: 'same', by };
  if (!bitExact && again === undefined) return undetermined('no second run to measure noise by');
  return { result: 'different', by };
}
